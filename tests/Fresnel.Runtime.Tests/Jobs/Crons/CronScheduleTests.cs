using System.Globalization;
using System.Text;
using Fresnel.Runtime.Jobs.Crons;
using Fresnel.Values;

namespace Fresnel.Runtime.Tests.Jobs.Crons;

public sealed class CronScheduleTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("* * * * *", "2026-01-02T03:04:05Z", "2026-01-02T03:05:00Z")]
    [InlineData("*/15 * * * *", "2026-01-02T03:45:00Z", "2026-01-02T04:00:00Z")]
    [InlineData("5/20 * * * *", "2026-01-02T03:26:00Z", "2026-01-02T03:45:00Z")]
    [InlineData("0 12 * * 1", "2026-01-02T03:04:05Z", "2026-01-05T12:00:00Z")]
    [InlineData("0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z")]
    [InlineData("0 0 30 * *", "2026-01-30T00:00:00Z", "2026-03-30T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z")]
    [InlineData("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z")]
    [InlineData("0 9-17/4 * jan-MAR,dec mon-fri", "2026-01-02T18:00:00Z", "2026-01-05T09:00:00Z")]
    [InlineData("0 0 * * 7", "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("0 0 * * fri-sun", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("0 0 13 * 5", "2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z")]
    [InlineData("0 0 13 * 5", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z")]
    [InlineData("0 0 */2 * 5", "2026-01-03T00:00:00Z", "2026-01-09T00:00:00Z")]
    [InlineData("0 0 1 1 */2", "2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z")]
    public void An_expression_is_due_in_the_next_minute_that_it_matches(string expression, string after, string due) =>
        Assert.Equal(Moment(due), CronExpression.Parse(expression).After(Moment(after)));

    [Theory]
    [InlineData("* * * *", "five fields")]
    [InlineData("* * * * * *", "five fields")]
    [InlineData("", "five fields")]
    [InlineData("60 * * * *", "\"60\" is no minute: it must be a number from 0 to 59")]
    [InlineData("* 24 * * *", "\"24\" is no hour")]
    [InlineData("* * 0 * *", "\"0\" is no day of the month: it must be a number from 1 to 31")]
    [InlineData("* * * 13 *", "\"13\" is no month: it must be a name or a number from 1 to 12")]
    [InlineData("* * * * 8", "\"8\" is no day of the week")]
    [InlineData("* * * * funday", "\"funday\" is no day of the week")]
    [InlineData("5-1 * * * *", "a range must not end before it begins")]
    [InlineData("1-2-3 * * * *", "a range has two ends")]
    [InlineData("*/0 * * * *", "a step must be an integer greater than 0")]
    [InlineData("*/x * * * *", "a step must be an integer greater than 0")]
    [InlineData("*/2/3 * * * *", "more than one step")]
    [InlineData("1,,2 * * * *", "\"\" is no minute")]
    [InlineData("+1 * * * *", "\"+1\" is no minute")]
    [InlineData("L * * * *", "\"L\" is no minute")]
    [InlineData("99999999999 * * * *", "is no minute")]
    [InlineData("0 0 30 2 *", "never matches")]
    [InlineData("0 0 31 4,6,9,11 *", "never matches")]
    public void What_is_no_expression_is_told_with_its_part(string expression, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => CronExpression.Parse(expression)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_large_step_leaves_the_first() => Assert.Equal(Moment("2026-01-01T01:00:00Z"), CronExpression.Parse("*/2147483647 * * * *").After(Moment("2026-01-01T00:00:00Z")));

    [Theory]
    [InlineData("""{"type":"hourly","minuteUTC":7}""", "2026-01-02T03:07:00Z", "2026-01-02T04:07:00Z")]
    [InlineData("""{"type":"hourly"}""", "2026-01-02T03:00:00Z", "2026-01-02T03:42:00Z")]
    [InlineData("""{"type":"daily","hourUTC":23,"minuteUTC":59}""", "2026-01-02T23:59:00Z", "2026-01-03T23:59:00Z")]
    [InlineData("""{"type":"daily","hourUTC":4}""", "2026-01-02T03:00:00Z", "2026-01-02T04:42:00Z")]
    [InlineData("""{"type":"weekly","dayOfWeek":0,"hourUTC":0,"minuteUTC":0}""", "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("""{"type":"weekly","dayOfWeek":5,"hourUTC":1}""", "2026-01-02T01:42:00Z", "2026-01-09T01:42:00Z")]
    [InlineData("""{"type":"monthly","day":31,"hourUTC":5,"minuteUTC":0}""", "2026-03-31T05:00:00Z", "2026-05-31T05:00:00Z")]
    [InlineData("""{"type":"monthly","day":29,"hourUTC":5,"minuteUTC":0}""", "2026-01-29T05:00:00Z", "2026-03-29T05:00:00Z")]
    [InlineData("""{"type":"monthly","day":29,"hourUTC":5,"minuteUTC":0}""", "2028-01-29T05:00:00Z", "2028-02-29T05:00:00Z")]
    public void A_schedule_is_due_in_utc_and_in_the_minute_that_was_drawn_where_it_leaves_one_open(string schedule, string after, string due) =>
        Assert.Equal(Moment(due), Read(schedule, minute: 42).First(Moment(after)));

    [Theory]
    [InlineData("""{"type":"interval","seconds":0}""")]
    [InlineData("""{"type":"interval","seconds":1.5}""")]
    [InlineData("""{"type":"interval","seconds":1e300}""")]
    [InlineData("""{"type":"interval"}""")]
    [InlineData("""{"type":"hourly","minuteUTC":60}""")]
    [InlineData("""{"type":"daily","hourUTC":24}""")]
    [InlineData("""{"type":"daily"}""")]
    [InlineData("""{"type":"weekly","dayOfWeek":7,"hourUTC":0}""")]
    [InlineData("""{"type":"monthly","day":32,"hourUTC":0}""")]
    [InlineData("""{"type":"cron","cronExpr":7}""")]
    [InlineData("""{"type":"yearly"}""")]
    [InlineData("""{}""")]
    public void What_is_no_schedule_is_refused(string schedule) => Assert.Throws<FormatException>(() => Read(schedule, minute: 0));

    [Fact]
    public void An_interval_is_due_when_it_is_deployed_and_then_keeps_its_phase()
    {
        var (schedule, deployed) = (Read("""{"type":"interval","seconds":10}""", minute: 0), Moment("2026-01-02T03:04:05Z"));
        Assert.Equal(deployed, schedule.First(deployed));
        Assert.Equal((deployed.AddSeconds(10), 0), schedule.Next(deployed, deployed.AddSeconds(1)));
        Assert.Equal((deployed.AddSeconds(10), 0), schedule.Next(deployed, deployed.AddSeconds(10)));
        Assert.Equal((deployed.AddSeconds(20), 1), schedule.Next(deployed, deployed.AddSeconds(10.001)));
        Assert.Equal((deployed.AddSeconds(30), 2), schedule.Next(deployed, deployed.AddSeconds(25)));
    }

    [Fact]
    public void Occurrences_that_are_passed_over_are_counted()
    {
        var schedule = Read("""{"type":"hourly","minuteUTC":0}""", minute: 0);
        Assert.Equal((Moment("2026-01-01T04:00:00Z"), 0), schedule.Next(Moment("2026-01-01T03:00:00Z"), Moment("2026-01-01T03:00:01Z")));
        Assert.Equal((Moment("2026-01-08T04:00:00Z"), 168), schedule.Next(Moment("2026-01-01T03:00:00Z"), Moment("2026-01-08T03:00:01Z")));
    }

    /// <summary>The fields are drawn as sets; the expression is written from them, and a walk from minute to minute looks at the sets alone.</summary>
    [Fact]
    public void The_next_time_is_the_one_that_a_walk_from_minute_to_minute_finds()
    {
        const int MostMinutes = 70 * 24 * 60;
        var seed = System.Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            var minute = Field.Draw(random, 0, 59);
            var hour = Field.Draw(random, 0, 23);
            var day = Field.Draw(random, 1, 31);
            var month = Field.Draw(random, 1, 12);
            var weekday = Field.Draw(random, 0, 6);
            var expression = $"{minute.Text} {hour.Text} {day.Text} {month.Text} {weekday.Text}";
            var from = Moment("2023-12-01T00:00:00Z").AddMinutes(random.Next(3 * 366 * 24 * 60)).AddMilliseconds(random.Next(2) * random.Next(60_000));

            var walk = Floor(from).AddMinutes(1);
            var end = walk.AddMinutes(MostMinutes);
            while (walk < end && !Matches(walk)) walk = walk.AddMinutes(1);
            DateTimeOffset? next;
            try
            {
                next = CronExpression.Parse(expression).After(from);
            }
            catch (FormatException)
            {
                next = null;
            }

            if (walk < end) Assert.True(walk == next, $"{expression} after {from:u}: {next:u}, and not {walk:u}");
            else Assert.True(next is null || (next >= end && Matches(next.Value)), $"{expression} after {from:u}: {next:u}");

            bool Matches(DateTimeOffset at)
            {
                var (byDay, byWeekday) = (day.Set.Contains(at.Day), weekday.Set.Contains((int)at.DayOfWeek));
                var isDay = day.IsOpen || weekday.IsOpen ? byDay && byWeekday : byDay || byWeekday;
                return minute.Set.Contains(at.Minute) && hour.Set.Contains(at.Hour) && month.Set.Contains(at.Month) && isDay;
            }
        }

        static DateTimeOffset Floor(DateTimeOffset at) => at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMinute));
    }

    private static CronSchedule Read(string schedule, int minute) => CronSchedule.Read(ValueJson.Parse(Encoding.UTF8.GetBytes(schedule)).AsObject(), minute);

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Field(string Text, HashSet<int> Set, bool IsOpen)
    {
        public static Field Draw(Random random, int least, int most)
        {
            if (random.Next(3) == 0) return new("*", [.. Enumerable.Range(least, most - least + 1)], true);
            var step = random.Next(1, 10);
            if (random.Next(4) == 0) return new($"*/{step}", [.. Steps(least, most, step)], true);
            var (texts, set) = (new List<string>(), new HashSet<int>());
            for (var items = random.Next(1, 4); items > 0; items--)
            {
                var first = random.Next(least, most + 1);
                var last = random.Next(first, most + 1);
                var (text, numbers) = random.Next(4) switch
                {
                    0 => ($"{first}", [first]),
                    1 => ($"{first}-{last}", Steps(first, last, 1)),
                    2 => ($"{first}-{last}/{step}", Steps(first, last, step)),
                    _ => ($"{first}/{step}", Steps(first, most, step)),
                };
                texts.Add(text);
                set.UnionWith(numbers);
            }

            return new(string.Join(',', texts), set, false);
        }

        private static IEnumerable<int> Steps(int first, int last, int step) => Enumerable.Range(first, last - first + 1).Where(number => (number - first) % step == 0);
    }
}
