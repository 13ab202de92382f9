using System.Diagnostics.CodeAnalysis;
using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>Finds the watched intervals of one index that a key lies in.</summary>
/// <remarks>
/// Most intervals are single keys or equality prefixes: those are found by hashing the key and its beginnings, in time that does not grow with their number.
/// Real ranges lie in an interval treap.
/// </remarks>
internal sealed class IntervalIndex
{
    // What the upper bounds of a single key and of a prefix end in; see KeyInterval.
    private const byte BehindKey = 0x00, BehindPrefix = 0xff;

    private readonly Dictionary<byte[], WatchBag<Watch>> _points = new(ByteComparer.Instance);
    private readonly SortedDictionary<int, Dictionary<byte[], WatchBag<Watch>>> _prefixes = [];
    private readonly IntervalTreap<Watch> _ranges = new();
    private readonly List<Watch> _hits = []; // Of one look; kept so that it need not be made again.

    public bool IsEmpty => _points.Count == 0 && _prefixes.Count == 0 && _ranges.IsEmpty;

    public void Add(KeyInterval interval, Watch watch)
    {
        switch (ShapeOf(interval))
        {
            case Shape.Point:
                AddTo(_points, interval.Lower.Span, watch);
                break;
            case Shape.Prefix:
                if (!_prefixes.TryGetValue(interval.Lower.Length, out var prefixes)) _prefixes.Add(interval.Lower.Length, prefixes = new(ByteComparer.Instance));
                AddTo(prefixes, interval.Lower.Span, watch);
                break;
            default:
                _ranges.Add(interval, watch);
                break;
        }
    }

    public void Remove(KeyInterval interval, Watch watch)
    {
        switch (ShapeOf(interval))
        {
            case Shape.Point:
                RemoveFrom(_points, interval.Lower.Span, watch);
                break;
            case Shape.Prefix:
                if (!_prefixes.TryGetValue(interval.Lower.Length, out var prefixes)) break;
                RemoveFrom(prefixes, interval.Lower.Span, watch);
                if (prefixes.Count == 0) _prefixes.Remove(interval.Lower.Length);
                break;
            default:
                _ranges.Remove(interval, watch);
                break;
        }
    }

    /// <summary>Marks the watches with an interval around the key that have not read the commit, and adds those that were not stale before.</summary>
    public void Touch(ReadOnlySpan<byte> key, Timestamp timestamp, List<Watch> found)
    {
        _hits.Clear();
        if (_points.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var watches)) watches.CopyTo(_hits);
        foreach (var (length, prefixes) in _prefixes)
        {
            if (length > key.Length) break;
            if (prefixes.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key[..length], out watches)) watches.CopyTo(_hits);
        }

        if (!_ranges.IsEmpty) _ranges.FindContaining(key, _hits);
        foreach (var watch in _hits)
        {
            if (watch.StaleSince is not null || timestamp <= watch.AsOf) continue;
            watch.MarkStale(timestamp);
            found.Add(watch);
        }
    }

    private static Shape ShapeOf(KeyInterval interval)
    {
        if (interval.Upper is not { } upper || upper.Length != interval.Lower.Length + 1 || !upper.Span[..^1].SequenceEqual(interval.Lower.Span)) return Shape.Range;
        return upper.Span[^1] switch
        {
            BehindKey => Shape.Point,
            // The empty prefix, all keys, is better kept as a range.
            BehindPrefix when interval.Lower.Length > 0 => Shape.Prefix,
            _ => Shape.Range,
        };
    }

    private static void AddTo(Dictionary<byte[], WatchBag<Watch>> watches, ReadOnlySpan<byte> key, Watch watch)
    {
        var lookup = watches.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(key, out var list)) lookup[key] = list = new();
        list.Add(watch);
    }

    private static void RemoveFrom(Dictionary<byte[], WatchBag<Watch>> watches, ReadOnlySpan<byte> key, Watch watch)
    {
        var lookup = watches.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(key, out var list) && list.Remove(watch) && list.IsEmpty) lookup.Remove(key);
    }

    private enum Shape
    {
        Point,
        Prefix,
        Range,
    }

    private sealed class ByteComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static ByteComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
