using Fresnel.Values;

namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>When a cron is due. Pure: a schedule knows no clock. Source: <c>spec/function-runtime.md</c> §8.6.</summary>
internal abstract class CronSchedule
{
    /// <summary>Reads the stored form of <c>spec/deploy-api.md</c> §5.6.</summary>
    /// <param name="stored">The <c>cronSchedule</c>.</param>
    /// <param name="minute">The minute of the hour where the schedule leaves it open.</param>
    /// <exception cref="FormatException">It is not a schedule; the message says why.</exception>
    public static CronSchedule Read(ValueObject stored, int minute) => Text(stored, "type") switch
    {
        "interval" => new IntervalSchedule(Number(stored, "seconds", 1, IntervalSchedule.MostSeconds)),
        "hourly" => CalendarSchedule.Hourly(MinuteOf(stored, minute)),
        "daily" => CalendarSchedule.Daily(HourOf(stored), MinuteOf(stored, minute)),
        "weekly" => CalendarSchedule.Weekly((int)Number(stored, "dayOfWeek", 0, 6), HourOf(stored), MinuteOf(stored, minute)),
        "monthly" => CalendarSchedule.Monthly((int)Number(stored, "day", 1, 31), HourOf(stored), MinuteOf(stored, minute)),
        "cron" => CronExpression.Parse(Text(stored, "cronExpr")),
        var type => throw new FormatException($"there is no schedule of the type \"{type}\""),
    };

    /// <summary>Whether the schedule leaves the minute of the hour open.</summary>
    public static bool LeavesMinuteOpen(ValueObject stored) => Text(stored, "type") is "hourly" or "daily" or "weekly" or "monthly" && stored["minuteUTC"].IsUndefined;

    /// <summary>The first time it is due when it is deployed at a moment.</summary>
    public abstract DateTimeOffset First(DateTimeOffset deployed);

    /// <summary>The first time it is due after an occurrence and not before a moment; the occurrences in between are passed over, and counted.</summary>
    public abstract (DateTimeOffset Due, long Skipped) Next(DateTimeOffset occurrence, DateTimeOffset earliest);

    private static int MinuteOf(ValueObject stored, int open) => stored["minuteUTC"].IsUndefined ? open : (int)Number(stored, "minuteUTC", 0, 59);

    private static int HourOf(ValueObject stored) => (int)Number(stored, "hourUTC", 0, 23);

    private static string Text(ValueObject stored, string name) =>
        stored[name] is { Kind: ValueKind.String } text ? text.AsString() : throw new FormatException($"{name} must be a text");

    private static long Number(ValueObject stored, string name, long least, long most) =>
        stored[name] is { Kind: ValueKind.Float64 } number && double.IsInteger(number.AsFloat64()) && number.AsFloat64() >= least && number.AsFloat64() <= most
            ? (long)number.AsFloat64()
            : throw new FormatException($"{name} must be an integer from {least} to {most}");
}
