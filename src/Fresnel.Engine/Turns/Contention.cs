namespace Fresnel.Engine.Turns;

/// <summary>Who waits for whom, and how often that was so.</summary>
internal sealed class Contention
{
    private long _age;

    public Contention()
    {
        Counters = new();
        Turns = new(Counters);
        Protections = new(Counters);
    }

    public ContentionCounters Counters { get; }

    public TurnLines Turns { get; }

    public ProtectionLine Protections { get; }

    /// <summary>Numbers contenders by age: the lower, the older.</summary>
    public long NextAge() => Interlocked.Increment(ref _age);

    public void CountConflict() => Counters.CountConflict();

    public void CountAnew() => Counters.CountAnew();
}

/// <summary>Counts of what contention led to.</summary>
internal sealed class ContentionCounters
{
    private long _conflicts, _turns, _waits, _protections, _postponed, _exclusive, _anew;

    public void CountConflict() => Interlocked.Increment(ref _conflicts);

    public void CountTurn(bool waits)
    {
        Interlocked.Increment(ref _turns);
        if (waits) Interlocked.Increment(ref _waits);
    }

    public void CountProtection() => Interlocked.Increment(ref _protections);

    public void CountPostponed() => Interlocked.Increment(ref _postponed);

    public void CountAnew() => Interlocked.Increment(ref _anew);

    public void CountExclusive() => Interlocked.Increment(ref _exclusive);

    public ContentionReport Read() => new(
        Volatile.Read(ref _conflicts), Volatile.Read(ref _turns), Volatile.Read(ref _waits),
        Volatile.Read(ref _protections), Volatile.Read(ref _postponed), Volatile.Read(ref _exclusive), Volatile.Read(ref _anew));
}

/// <summary>How often transactions were in each other's way since the start.</summary>
/// <param name="Conflicts">Commits that lost and were run again.</param>
/// <param name="Turns">Turns that were taken.</param>
/// <param name="Waits">Turns that had to be waited for.</param>
/// <param name="Protections">Contenders that were protected.</param>
/// <param name="Postponed">Commits that waited for one that was protected.</param>
/// <param name="Exclusive">Runs for which every other commit waited.</param>
/// <param name="Anew">Runs that were begun anew in the middle, for a turn: what they had read had changed, or their turns were out of order.</param>
public sealed record ContentionReport(long Conflicts, long Turns, long Waits, long Protections, long Postponed, long Exclusive, long Anew);
