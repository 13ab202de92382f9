using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Snapshots;

/// <summary>The whole database as of one timestamp: a table of roots. Immutable; readers never lock.</summary>
public sealed class Snapshot
{
    internal Snapshot(Timestamp timestamp, RootTable roots, Catalog catalog, Lineage lineage, PageEpoch epoch)
    {
        Epoch = epoch;
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

    /// <summary>The checkpoint that was in force when it was sealed: whoever reads it keeps that one's pages.</summary>
    internal PageEpoch Epoch { get; }
}

/// <summary>The time during which one checkpoint is in force. Pages that a later one frees are kept while a snapshot of this time, or an earlier one, is being read.</summary>
internal sealed class PageEpoch
{
    private int _readers;

    /// <summary>Whether somebody reads a snapshot of this time.</summary>
    public bool IsRead => Volatile.Read(ref _readers) > 0;

    public void Enter() => Interlocked.Increment(ref _readers);

    public void Leave() => Interlocked.Decrement(ref _readers);
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
