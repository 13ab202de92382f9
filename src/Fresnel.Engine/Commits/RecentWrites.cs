using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Commits;

/// <summary>The keys that were written lately, per index in the order of commits: what read sets are tested against.</summary>
/// <remarks>
/// A test looks only at what was written since its snapshot, in the indexes that were read; so its cost follows the writes that it raced with.
/// Kept for a while (<see cref="DatabaseOptions.RecentWrites"/>) and up to <see cref="MostBytes"/>; whatever is older than <see cref="Floor"/>
/// cannot be tested any more.
/// </remarks>
internal sealed class RecentWrites
{
    /// <summary>Bytes of keys that are kept at most, about a million usual ones; beyond it the older half of the time span since the last time is forgotten.</summary>
    public const long MostBytes = 128 << 20;

    /// <summary>Nanoseconds; a second.</summary>
    private const long BetweenAgeings = 1_000_000_000;

    private readonly Dictionary<IndexKeyId, KeyLog> _logs = [];
    private long _bytes;
    private Timestamp _agedThrough;

    public RecentWrites(Timestamp floor) => Floor = Newest = _agedThrough = floor;

    /// <summary>Everything that was written after this is here.</summary>
    public Timestamp Floor { get; private set; }

    /// <summary>The newest commit that is here.</summary>
    public Timestamp Newest { get; private set; }

    /// <summary>Takes the keys of a commit in, old and new, in every index.</summary>
    public void Add(Timestamp timestamp, ImmutableArray<PreparedWrite> writes)
    {
        Newest = timestamp;
        foreach (var write in writes)
        {
            Add(write.Table, write.Table.ById, timestamp, write.IdKey);
            foreach (var change in write.Changes)
            {
                if (change.Before is not null) Add(write.Table, change.Index, timestamp, change.Before);
                if (change.After is not null && change.Moves) Add(write.Table, change.Index, timestamp, change.After);
            }
        }

        if (_bytes > MostBytes) Forget(new(_agedThrough.Nanoseconds + (Newest.Nanoseconds - _agedThrough.Nanoseconds) / 2));
    }

    /// <summary>The newest write after a timestamp that lies inside a read set, or null.</summary>
    public Conflict? FindConflict(ReadSet reads, Timestamp since)
    {
        foreach (var (index, intervals) in reads.ByIndex)
        {
            if (!_logs.TryGetValue(index, out var log)) continue;
            for (var recent = log.After(since.Nanoseconds); recent.MoveNext();)
            {
                if (intervals.Contains(recent.Key)) return new(log.Table.Name, DocumentKey.ReadTail(recent.Key, log.Table.Number)) { Key = new(index, recent.Key.ToArray()) };
            }
        }

        return null;
    }

    /// <summary>The first commit after a timestamp that wrote inside a read set, or null.</summary>
    public Timestamp? FirstTouch(ReadSet reads, Timestamp since)
    {
        var first = long.MaxValue;
        foreach (var (index, intervals) in reads.ByIndex)
        {
            if (!_logs.TryGetValue(index, out var log)) continue;
            for (var recent = log.After(since.Nanoseconds); recent.MoveNext();)
            {
                if (recent.Timestamp < first && intervals.Contains(recent.Key)) first = recent.Timestamp;
            }
        }

        return first == long.MaxValue ? null : new(first);
    }

    /// <summary>Forgets what was written at or before a timestamp, once that is worth going through all indexes.</summary>
    public void Age(Timestamp through)
    {
        if (through.Nanoseconds - _agedThrough.Nanoseconds >= BetweenAgeings) Forget(through);
    }

    /// <summary>Forgets what was written at or before a timestamp. In a quiet database that is nothing, and then old snapshots can still be tested.</summary>
    private void Forget(Timestamp through)
    {
        _agedThrough = through;
        var newest = Floor.Nanoseconds;
        foreach (var (index, log) in _logs)
        {
            _bytes -= log.RemoveThrough(through.Nanoseconds, ref newest);
            if (log.IsEmpty) _logs.Remove(index);
        }

        Floor = new(newest);
    }

    /// <summary>Takes back what was written after a timestamp: those commits were lost.</summary>
    public void DropAfter(Timestamp timestamp)
    {
        Newest = timestamp;
        // What took long to be lost may be forgotten in part; it need not be tested against, and who begins now must be.
        if (Floor > timestamp) Floor = timestamp;
        foreach (var log in _logs.Values) _bytes -= log.RemoveAfter(timestamp.Nanoseconds);
    }

    private void Add(Table table, Tables.Index index, Timestamp timestamp, byte[] key)
    {
        ref var log = ref CollectionsMarshal.GetValueRefOrAddDefault(_logs, index.Key, out _);
        log ??= new(table);
        _bytes += log.Add(timestamp.Nanoseconds, key);
    }
}
