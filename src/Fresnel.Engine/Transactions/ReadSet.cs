using Fresnel.Engine.Tables;
using Fresnel.Engine.Turns;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>What was read: intervals of keys, per index. Tested against commits for conflicts, and watched for live queries.</summary>
/// <remarks>Streams that are still being consumed report how far they came when the set is looked at (<see cref="Settle"/>), not at each document.</remarks>
public sealed class ReadSet
{
    private readonly Dictionary<IndexKeyId, IntervalSet> _indexes = [];
    private readonly List<DocumentStream> _open = [];

    /// <summary>The intervals of each index, merged where they touch.</summary>
    public IEnumerable<(IndexKeyId Index, KeyInterval Interval)> Intervals
    {
        get
        {
            Settle();
            foreach (var (index, set) in _indexes)
            {
                foreach (var interval in set.Intervals) yield return (index, interval);
            }
        }
    }

    /// <summary>Distinct intervals that count towards the limit: those of user tables.</summary>
    internal int CountedIntervals { get; private set; }

    /// <summary>The sets by index; only after <see cref="Settle"/>.</summary>
    internal Dictionary<IndexKeyId, IntervalSet> ByIndex => _indexes;

    /// <summary>Adds an interval.</summary>
    public void Add(IndexKeyId index, KeyInterval interval) => Add(index, interval, counts: false);

    /// <summary>Whether a key of an index is inside.</summary>
    public bool Contains(IndexKeyId index, ReadOnlySpan<byte> key)
    {
        Settle();
        return _indexes.TryGetValue(index, out var set) && set.Contains(key);
    }

    /// <summary>Hears of each interval before it is read; null when nobody needs to.</summary>
    internal Protection? Protection { get; init; }

    internal void Add(IndexKeyId index, KeyInterval interval, bool counts)
    {
        Protection?.Reserve(index, interval);
        if (!_indexes.TryGetValue(index, out var set)) _indexes.Add(index, set = new());
        var change = set.Add(interval);
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
}
