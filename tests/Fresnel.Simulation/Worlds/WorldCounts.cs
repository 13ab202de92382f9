using Fresnel.Engine.Turns;

namespace Fresnel.Simulation.Worlds;

/// <summary>What happened in worlds, to see that enough did.</summary>
internal sealed class WorldCounts
{
    public long Transactions { get; set; }

    public long Conflicts { get; set; }

    public long Turns { get; set; }

    public long Waits { get; set; }

    public long Protections { get; set; }

    public long Postponed { get; set; }

    public long Exclusive { get; set; }

    public long Anew { get; set; }

    /// <summary>Groups that the store refused.</summary>
    public long Refused { get; set; }

    /// <summary>Groups whose answer was lost.</summary>
    public long Unknown { get; set; }

    public long Crashes { get; set; }

    public long SyncFailures { get; set; }

    public long Checkpoints { get; set; }

    public long Evictions { get; set; }

    public long Backfills { get; set; }

    /// <summary>Lives that began with an index half filled.</summary>
    public long BackfillsResumed { get; set; }

    public long TooOld { get; set; }

    public long Transitions { get; set; }

    /// <summary>Sessions of Live that were closed because a page could not be read.</summary>
    public long LiveFaults { get; set; }

    public long Jobs { get; set; }

    /// <summary>Runs of the cron.</summary>
    public long Ticks { get; set; }

    public long RequestsSentAgain { get; set; }

    public long Steps { get; set; }

    /// <summary>All of them by name.</summary>
    public IEnumerable<(string Name, long Count)> All => typeof(WorldCounts).GetProperties()
        .Where(property => property.PropertyType == typeof(long)).Select(property => (property.Name, (long)property.GetValue(this)!));

    public void Add(ContentionReport contended)
    {
        Conflicts += contended.Conflicts;
        Turns += contended.Turns;
        Waits += contended.Waits;
        Protections += contended.Protections;
        Postponed += contended.Postponed;
        Exclusive += contended.Exclusive;
        Anew += contended.Anew;
    }

    public void Add(WorldCounts other)
    {
        foreach (var property in typeof(WorldCounts).GetProperties().Where(property => property.PropertyType == typeof(long)))
            property.SetValue(this, (long)property.GetValue(this)! + (long)property.GetValue(other)!);
    }

    public override string ToString() => string.Join(", ", All.Select(one => $"{one.Name} {one.Count:N0}"));
}
