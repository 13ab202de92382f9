using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Snapshots;

/// <summary>The whole database as of one timestamp: a table of roots. Immutable; readers never lock.</summary>
public sealed class Snapshot
{
    internal Snapshot(Timestamp timestamp, RootTable roots, Catalog catalog, Lineage lineage)
    {
        Timestamp = timestamp;
        Roots = roots;
        Catalog = catalog;
        Lineage = lineage;
    }

    /// <summary>The last commit that is in it.</summary>
    public Timestamp Timestamp { get; }

    /// <summary>The tree of each index.</summary>
    internal RootTable Roots { get; }

    /// <summary>The tables, as their documents in <see cref="Roots"/> tell.</summary>
    internal Catalog Catalog { get; }

    /// <summary>The line of commits that it belongs to.</summary>
    internal Lineage Lineage { get; }
}

/// <summary>A line of commits. It ends when the store refuses a group: what was sealed behind the last durable commit never happened.</summary>
internal sealed class Lineage
{
    private long _lostAfter = long.MaxValue;

    /// <summary>Says that commits after this one are lost. Called once, by the committer.</summary>
    public void LoseAfter(Timestamp timestamp) => Volatile.Write(ref _lostAfter, timestamp.Nanoseconds);

    /// <summary>Whether a snapshot of this line holds commits that are lost.</summary>
    public bool HasLost(Timestamp timestamp) => timestamp.Nanoseconds > Volatile.Read(ref _lostAfter);
}
