namespace Fresnel.Simulation.Worlds;

/// <summary>A clock that moves a little with every step, and to the next timer when nothing else can happen. What a timer does is a step like any other.</summary>
internal sealed class VirtualTime(Course course) : TimeProvider
{
    private readonly PriorityQueue<(VirtualTimer Timer, long Setting), (long Due, long Order)> _due = new();
    private SeededScheduler? _scheduler;
    private long _now = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).Ticks;
    private long _order;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>A life begins: the timers of the one before are gone with it.</summary>
    public void Enter(SeededScheduler scheduler)
    {
        _scheduler = scheduler;
        _due.Clear();
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        _scheduler?.RequireHere("The clock was read");
        return _now;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, _scheduler!, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Time passes; what is due by then can run.</summary>
    public void Pass(TimeSpan time)
    {
        _now += time.Ticks;
        while (_due.TryPeek(out var next, out var at) && at.Due <= _now)
        {
            _due.Dequeue();
            next.Timer.Ring(next.Setting);
        }
    }

    /// <summary>Passes to the next timer; false when there is none.</summary>
    public bool PassToNextTimer()
    {
        if (!_due.TryPeek(out _, out var at)) return false;
        course.Note(at.Due);
        Pass(TimeSpan.FromTicks(Math.Max(0, at.Due - _now)));
        return true;
    }

    private sealed class VirtualTimer(VirtualTime time, SeededScheduler scheduler, Action ring) : ITimer
    {
        private TimeSpan _period;
        private long _setting; // Grows with every change: what was set before rings no more.

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            scheduler.RequireHere("A timer was set");
            _setting++;
            _period = period;
            if (dueTime >= TimeSpan.Zero) time._due.Enqueue((this, _setting), (time._now + dueTime.Ticks, time._order++));
            return true;
        }

        public void Ring(long setting)
        {
            if (setting != _setting) return;
            if (_period > TimeSpan.Zero) time._due.Enqueue((this, _setting), (time._now + _period.Ticks, time._order++));
            new Task(() =>
            {
                if (setting == _setting) ring();
            }).Start(scheduler);
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
