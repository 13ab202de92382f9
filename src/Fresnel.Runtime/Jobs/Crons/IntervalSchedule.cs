namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>Due when it is deployed, and then a fixed time after it was last due: however long its runs take, it keeps its phase.</summary>
internal sealed class IntervalSchedule(long seconds) : CronSchedule
{
    /// <summary>A hundred years: the times of a cron must stay within what a timestamp can say.</summary>
    public const long MostSeconds = 100L * 366 * 24 * 60 * 60;

    private readonly long _ticks = seconds * TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset First(DateTimeOffset deployed) => deployed;

    /// <inheritdoc/>
    public override (DateTimeOffset Due, long Skipped) Next(DateTimeOffset occurrence, DateTimeOffset earliest)
    {
        var late = (earliest - occurrence).Ticks;
        var steps = late <= _ticks ? 1 : (late + _ticks - 1) / _ticks;
        return (occurrence.AddTicks(steps * _ticks), steps - 1);
    }
}
