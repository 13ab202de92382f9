using System.Runtime.InteropServices;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>Intervals of one index, sorted, none touching another.</summary>
internal sealed class IntervalSet
{
    /// <summary>The only interval, as long as there is one: most indexes are read once.</summary>
    private KeyInterval _only;
    private bool _hasOnly;

    /// <summary>All of them, once there were two.</summary>
    private List<KeyInterval>? _intervals;

    /// <summary>The intervals in order.</summary>
    public ReadOnlySpan<KeyInterval> Intervals => _intervals is not null ? CollectionsMarshal.AsSpan(_intervals) : _hasOnly ? new ReadOnlySpan<KeyInterval>(in _only) : [];

    /// <summary>Adds an interval and merges it with those that it touches. Returns by how much the count of intervals changed.</summary>
    public int Add(KeyInterval interval)
    {
        if (interval.IsEmpty) return 0;
        var intervals = Intervals;
        var first = FirstEndingAtOrAfter(intervals, interval.Lower.Span);
        var end = first;
        while (end < intervals.Length && !IsBehind(intervals[end], interval)) end++;
        if (first == end)
        {
            Insert(first, interval);
            return 1;
        }

        var lower = Compare(intervals[first].Lower, interval.Lower) < 0 ? intervals[first].Lower : interval.Lower;
        var upper = GreaterUpper(intervals[end - 1].Upper, interval.Upper);
        if (_intervals is null) _only = new(lower, upper);
        else
        {
            _intervals[first] = new(lower, upper);
            _intervals.RemoveRange(first + 1, end - first - 1);
        }

        return first + 1 - end;
    }

    public bool Contains(ReadOnlySpan<byte> key)
    {
        var intervals = Intervals;
        int low = 0, high = intervals.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (intervals[middle].Lower.Span.SequenceCompareTo(key) <= 0) low = middle + 1;
            else high = middle;
        }

        return low > 0 && (intervals[low - 1].Upper is not { } upper || key.SequenceCompareTo(upper.Span) < 0);
    }

    private void Insert(int at, KeyInterval interval)
    {
        if (_intervals is not null) _intervals.Insert(at, interval);
        else if (_hasOnly) _intervals = at == 0 ? [interval, _only] : [_only, interval];
        else (_only, _hasOnly) = (interval, true);
    }

    private static int FirstEndingAtOrAfter(ReadOnlySpan<KeyInterval> intervals, ReadOnlySpan<byte> lower)
    {
        int low = 0, high = intervals.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (intervals[middle].Upper is { } upper && upper.Span.SequenceCompareTo(lower) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static bool IsBehind(KeyInterval candidate, KeyInterval interval) => interval.Upper is { } upper && Compare(candidate.Lower, upper) > 0;

    private static ReadOnlyMemory<byte>? GreaterUpper(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right)
    {
        // Not with a conditional expression: beside memory, its null would become empty memory.
        if (left is not { } one || right is not { } other) return null;
        return Compare(one, other) >= 0 ? left : right;
    }

    private static int Compare(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => left.Span.SequenceCompareTo(right.Span);
}
