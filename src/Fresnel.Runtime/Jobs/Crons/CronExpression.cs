using System.Globalization;

namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>Reads cron expressions: minute, hour, day of the month, month, day of the week, in UTC.</summary>
/// <remarks>
/// A field is a list of <c>*</c>, numbers and ranges, each with a step or without; months and days of the week have names of three letters. 7 is Sunday too.
/// When both days are restricted, that is when neither begins with <c>*</c>, either of them is enough: the rule of the traditional cron.
/// </remarks>
internal static class CronExpression
{
    private static readonly Field Minute = new("minute", 0, 59, []);
    private static readonly Field Hour = new("hour", 0, 23, []);
    private static readonly Field Day = new("day of the month", 1, 31, []);
    private static readonly Field Month = new("month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);
    private static readonly Field Weekday = new("day of the week", 0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none, or is never due; the message says why.</exception>
    public static CalendarSchedule Parse(string expression)
    {
        var fields = expression.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5) throw new FormatException($"a cron expression has five fields, \"{expression}\" has {fields.Length}");
        var weekdays = (uint)Weekday.Parse(fields[4]);
        var schedule = new CalendarSchedule(
            Minute.Parse(fields[0]),
            (uint)Hour.Parse(fields[1]),
            (uint)Day.Parse(fields[2]),
            (uint)Month.Parse(fields[3]),
            (weekdays | weekdays >> 7) & CalendarSchedule.EveryWeekday,
            eitherDay: !IsOpen(fields[2]) && !IsOpen(fields[4]));
        return schedule.IsPossible ? schedule : throw new FormatException($"the cron expression \"{expression}\" never matches");
    }

    private static bool IsOpen(string field) => field.StartsWith('*');

    private sealed record Field(string Name, int Least, int Most, string[] Names)
    {
        private bool IsWeekday => Most == 7;

        /// <summary>The end of a range that does not name it. 7 is Sunday again, and must be asked for.</summary>
        private int LastByItself => IsWeekday ? 6 : Most;

        public ulong Parse(string text)
        {
            var set = 0ul;
            foreach (var item in text.Split(',')) set |= Item(item);
            return set;
        }

        private ulong Item(string item)
        {
            var parts = item.Split('/');
            var step = parts.Length switch
            {
                1 => 1,
                2 => Number(parts[1]) is > 0 and { } given ? given : throw Invalid(item, "a step must be an integer greater than 0"),
                _ => throw Invalid(item, "it has more than one step"),
            };
            var (first, last) = Range(item, parts[0], hasStep: parts.Length == 2);
            var set = 0ul;
            for (var number = first; number <= last; number += Math.Min(step, 64)) set |= 1ul << number;
            return set;
        }

        private (int First, int Last) Range(string item, string text, bool hasStep)
        {
            if (text == "*") return (Least, LastByItself);
            var ends = text.Split('-');
            if (ends.Length > 2) throw Invalid(item, "a range has two ends");
            var first = Named(item, ends[0]);
            var last = ends.Length == 2 ? Named(item, ends[1]) : hasStep ? LastByItself : first;

            // A week that ends on Sunday, by name.
            if (ends.Length == 2 && last == 0 && first > 0 && IsWeekday) last = 7;
            return first <= last ? (first, last) : throw Invalid(item, "a range must not end before it begins");
        }

        private int Named(string item, string text)
        {
            var name = Array.FindIndex(Names, other => other.Equals(text, StringComparison.OrdinalIgnoreCase));
            if (name >= 0) return name + (Least == 1 ? 1 : 0);
            return Number(text) is { } number && number >= Least && number <= Most
                ? number
                : throw Invalid(item, $"it must be {(Names.Length > 0 ? "a name or " : "")}a number from {Least} to {Most}");
        }

        private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        private FormatException Invalid(string item, string why) => new($"\"{item}\" is no {Name}: {why}");
    }
}
