using System.Numerics;

namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>Due in the minutes (UTC) whose parts are all among the wanted ones. Sets of numbers are masks: bit n stands for n.</summary>
/// <param name="minutes">0 to 59.</param>
/// <param name="hours">0 to 23.</param>
/// <param name="days">Days of the month, 1 to 31. A month without such a day is passed over.</param>
/// <param name="months">1 to 12.</param>
/// <param name="weekdays">0 (Sunday) to 6.</param>
/// <param name="eitherDay">Whether it is enough that one of the two says yes, the day of the month or that of the week.</param>
internal sealed class CalendarSchedule(ulong minutes, uint hours, uint days, uint months, uint weekdays, bool eitherDay = false) : CronSchedule
{
    /// <summary>Any hour.</summary>
    public const uint EveryHour = (1u << 24) - 1;

    /// <summary>Any day of the month.</summary>
    public const uint EveryDay = uint.MaxValue - 1;

    /// <summary>Any month.</summary>
    public const uint EveryMonth = (1u << 13) - 2;

    /// <summary>Any day of the week.</summary>
    public const uint EveryWeekday = (1u << 7) - 1;

    /// <summary>After 400 years the Gregorian calendar repeats, days of the week included: what has not come by then never comes.</summary>
    private const int DaysOfCycle = 146_097;

    /// <summary>Due every hour.</summary>
    public static CalendarSchedule Hourly(int minute) => new(1ul << minute, EveryHour, EveryDay, EveryMonth, EveryWeekday);

    /// <summary>Due every day.</summary>
    public static CalendarSchedule Daily(int hour, int minute) => new(1ul << minute, 1u << hour, EveryDay, EveryMonth, EveryWeekday);

    /// <summary>Due every week.</summary>
    public static CalendarSchedule Weekly(int weekday, int hour, int minute) => new(1ul << minute, 1u << hour, EveryDay, EveryMonth, 1u << weekday);

    /// <summary>Due in every month that has the day.</summary>
    public static CalendarSchedule Monthly(int day, int hour, int minute) => new(1ul << minute, 1u << hour, 1u << day, EveryMonth, EveryWeekday);

    /// <summary>Whether it is due at all, ever.</summary>
    public bool IsPossible => After(DateTimeOffset.UnixEpoch) is not null;

    /// <inheritdoc/>
    public override DateTimeOffset First(DateTimeOffset deployed) => After(deployed) ?? throw NeverDue();

    /// <inheritdoc/>
    public override (DateTimeOffset Due, long Skipped) Next(DateTimeOffset occurrence, DateTimeOffset earliest)
    {
        for (var skipped = 0L; ; skipped++)
        {
            occurrence = After(occurrence) ?? throw NeverDue();
            if (occurrence >= earliest) return (occurrence, skipped);
        }
    }

    /// <summary>The first minute after a moment in which it is due; null when there is none.</summary>
    public DateTimeOffset? After(DateTimeOffset moment)
    {
        var from = moment.UtcDateTime.AddMinutes(1);
        var day = DateOnly.FromDateTime(from);
        if (IsWanted(day) && FirstTime(from.Hour, from.Minute) is { } today) return At(day, today);
        if (FirstTime(0, 0) is not { } time) return null;
        for (var i = 0; i < DaysOfCycle; i++)
        {
            day = day.AddDays(1);
            if (IsWanted(day)) return At(day, time);
        }

        return null;
    }

    private static DateTimeOffset At(DateOnly day, TimeOnly time) => new(day.ToDateTime(time), TimeSpan.Zero);

    private bool IsWanted(DateOnly day)
    {
        if (!Has(months, day.Month)) return false;
        var (byDay, byWeekday) = (Has(days, day.Day), Has(weekdays, (int)day.DayOfWeek));
        return eitherDay ? byDay || byWeekday : byDay && byWeekday;
    }

    /// <summary>The first wanted time of a day that is not before an hour and minute.</summary>
    private TimeOnly? FirstTime(int hour, int minute)
    {
        if (Has(hours, hour) && (minutes >> minute) is not 0 and var rest) return new TimeOnly(hour, minute + BitOperations.TrailingZeroCount(rest));
        var later = hours & ~((2u << hour) - 1);
        return later == 0 || minutes == 0 ? null : new TimeOnly(BitOperations.TrailingZeroCount(later), BitOperations.TrailingZeroCount(minutes));
    }

    private static bool Has(uint set, int number) => (set >> number & 1) == 1;

    private static InvalidOperationException NeverDue() => new("The schedule is never due; a push should have refused it.");
}
