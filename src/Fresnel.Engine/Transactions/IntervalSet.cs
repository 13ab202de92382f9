using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>Intervals of one index, sorted, none touching another.</summary>
internal sealed class IntervalSet
{
    private readonly List<KeyInterval> _intervals = [];

    public IReadOnlyList<KeyInterval> Intervals => _intervals;

    /// <summary>Adds an interval and merges it with those that it touches. Returns by how much the count of intervals changed.</summary>
    public int Add(KeyInterval interval)
    {
        if (interval.IsEmpty) return 0;
        var first = FirstEndingAtOrAfter(interval.Lower.Span);
        var end = first;
        while (end < _intervals.Count && !IsBehind(_intervals[end], interval)) end++;
        if (first == end)
        {
            _intervals.Insert(first, interval);
            return 1;
        }

        var lower = Compare(_intervals[first].Lower, interval.Lower) < 0 ? _intervals[first].Lower : interval.Lower;
        var upper = GreaterUpper(_intervals[end - 1].Upper, interval.Upper);
        _intervals[first] = new(lower, upper);
        _intervals.RemoveRange(first + 1, end - first - 1);
        return first + 1 - end;
    }

    public bool Contains(ReadOnlySpan<byte> key)
    {
        int low = 0, high = _intervals.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_intervals[middle].Lower.Span.SequenceCompareTo(key) <= 0) low = middle + 1;
            else high = middle;
        }

        return low > 0 && (_intervals[low - 1].Upper is not { } upper || key.SequenceCompareTo(upper.Span) < 0);
    }

    private int FirstEndingAtOrAfter(ReadOnlySpan<byte> lower)
    {
        int low = 0, high = _intervals.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_intervals[middle].Upper is { } upper && upper.Span.SequenceCompareTo(lower) < 0) low = middle + 1;
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
