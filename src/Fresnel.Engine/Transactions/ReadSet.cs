using Fresnel.Engine.Tables;
using Fresnel.Engine.Turns;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>What was read: intervals of keys, per index. Tested against commits for conflicts, and watched for live queries.</summary>
/// <remarks>Streams that are still being consumed report how far they came when the set is looked at (<see cref="Settle"/>), not at each document.</remarks>
public sealed class ReadSet
{
    /// <summary>Indexes up to which a look through all of them is quicker than a hash table.</summary>
    private const int FewIndexes = 12;

    private readonly List<(IndexKeyId Index, IntervalSet Set)> _indexes = new(8);
    private readonly List<DocumentStream> _open = [];
    private Dictionary<IndexKeyId, IntervalSet>? _many; // The same, once they are many.

    /// <summary>The intervals of each index, merged where they touch.</summary>
    public IEnumerable<(IndexKeyId Index, KeyInterval Interval)> Intervals
    {
        get
        {
            Settle();
            foreach (var (index, set) in _indexes)
            {
                for (var i = 0; i < set.Intervals.Length; i++) yield return (index, set.Intervals[i]);
            }
        }
    }

    /// <summary>Distinct intervals that count towards the limit: those of user tables.</summary>
    internal int CountedIntervals { get; private set; }

    /// <summary>The sets by index; only after <see cref="Settle"/>.</summary>
    internal IReadOnlyList<(IndexKeyId Index, IntervalSet Intervals)> ByIndex => _indexes;

    /// <summary>Adds an interval.</summary>
    public void Add(IndexKeyId index, KeyInterval interval) => Add(index, interval, counts: false);

    /// <summary>Whether a key of an index is inside.</summary>
    public bool Contains(IndexKeyId index, ReadOnlySpan<byte> key)
    {
        Settle();
        return Find(index) is { } set && set.Contains(key);
    }

    /// <summary>Whether an open stream has looked at documents that were not consumed yet.</summary>
    internal bool HasLookedAhead => _open.Exists(stream => stream.HasLookedAhead);

    /// <summary>Hears of each interval before it is read; null when nobody needs to.</summary>
    internal Protection? Protection { get; init; }

    internal void Add(IndexKeyId index, KeyInterval interval, bool counts)
    {
        Protection?.Reserve(index, interval);
        var change = (Find(index) ?? Insert(index)).Add(interval);
        if (counts) CountedIntervals += change;
    }

    /// <summary>Takes a stream on that will report what it read.</summary>
    internal void Open(DocumentStream stream) => _open.Add(stream);

    /// <summary>Nothing more is read: every open stream reports and is let go, for it holds on to its snapshot.</summary>
    internal void Close()
    {
        Settle();
        _open.Clear();
    }

    /// <summary>Lets every open stream report. From here on the set may be read by several threads, as long as nobody reads more into it.</summary>
    internal void Settle()
    {
        if (_open.Count == 0) return;
        foreach (var stream in _open) stream.Report(this);
        _open.RemoveAll(stream => stream.IsAtEnd);
    }

    private IntervalSet? Find(IndexKeyId index)
    {
        if (_many is not null) return _many.GetValueOrDefault(index);
        foreach (var (one, set) in _indexes)
        {
            if (one == index) return set;
        }

        return null;
    }

    private IntervalSet Insert(IndexKeyId index)
    {
        var set = new IntervalSet();
        _indexes.Add((index, set));
        if (_many is not null) _many.Add(index, set);
        else if (_indexes.Count > FewIndexes) _many = _indexes.ToDictionary(one => one.Index, one => one.Set);
        return set;
    }
}
