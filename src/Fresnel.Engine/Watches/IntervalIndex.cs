using System.Diagnostics.CodeAnalysis;
using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>Finds the watched intervals of one index that a key lies in.</summary>
/// <remarks>
/// Most intervals are single keys or equality prefixes: those are found by hashing the key and its beginnings, in time that does not grow with their number.
/// Real ranges lie in an interval tree.
/// </remarks>
internal sealed class IntervalIndex
{
    // What the upper bounds of a single key and of a prefix end in; see KeyInterval.
    private const byte BehindKey = 0x00, BehindPrefix = 0xff;

    /// <summary>Lengths of prefixes that are hashed: each is hashed for each key that is written. Prefixes of further lengths are kept as ranges.</summary>
    private const int MostLengths = 8;

    private readonly KeyedBags _points;
    private readonly List<KeyedBags> _prefixes = []; // One for each length that there is.
    private readonly IntervalTree _ranges = new();
    private readonly List<WatchBag> _hits = []; // Of one look; kept so that it need not be made again.
    private readonly Action _onEmpty, _onLeft;

    /// <summary>Makes an index without watches.</summary>
    /// <param name="onEmpty">Told when the last watch has left.</param>
    public IntervalIndex(Action onEmpty)
    {
        _onEmpty = onEmpty;
        _onLeft = OnLeft;
        _points = new(0, _onLeft);
    }

    /// <summary>The bag of exactly this interval, made when it is new.</summary>
    public WatchBag GetOrAdd(KeyInterval interval) => ShapeOf(interval) switch
    {
        Shape.Point => _points.GetOrAdd(interval.Lower.Span),
        Shape.Prefix when PrefixesOf(interval.Lower.Length) is { } prefixes => prefixes.GetOrAdd(interval.Lower.Span),
        _ => _ranges.GetOrAdd(interval, _onLeft),
    };

    /// <summary>Marks the watches with an interval around the key that have not read the commit, and adds those that were not stale before.</summary>
    public void Touch(ReadOnlySpan<byte> key, Timestamp timestamp, List<Watch> found)
    {
        _hits.Clear();
        if (_points.Find(key) is { } point) _hits.Add(point);
        foreach (var prefixes in _prefixes)
        {
            if (prefixes.Length <= key.Length && prefixes.Find(key[..prefixes.Length]) is { } prefix) _hits.Add(prefix);
        }

        if (!_ranges.IsEmpty) _ranges.FindContaining(key, _hits);
        foreach (var bag in _hits) bag.Touch(timestamp, found);
    }

    private KeyedBags? PrefixesOf(int length)
    {
        var prefixes = _prefixes.Find(candidate => candidate.Length == length);
        if (prefixes is null && _prefixes.Count < MostLengths) _prefixes.Add(prefixes = new(length, _onLeft));
        return prefixes;
    }

    private void OnLeft()
    {
        _prefixes.RemoveAll(prefixes => prefixes.Count == 0);
        if (_points.Count == 0 && _prefixes.Count == 0 && _ranges.IsEmpty) _onEmpty();
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

    private enum Shape
    {
        Point,
        Prefix,
        Range,
    }

    /// <summary>Bags by key.</summary>
    private sealed class KeyedBags(int length, Action left)
    {
        private readonly Dictionary<byte[], WatchBag> _bags = new(ByteComparer.Instance);

        /// <summary>Of the keys; means nothing for points.</summary>
        public int Length => length;

        public int Count => _bags.Count;

        public WatchBag? Find(ReadOnlySpan<byte> key) =>
            _bags.Count > 0 && _bags.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var bag) ? bag : null;

        public WatchBag GetOrAdd(ReadOnlySpan<byte> key)
        {
            if (Find(key) is { } found) return found;
            var made = key.ToArray();
            return _bags[made] = new Bag(this, made);
        }

        private sealed class Bag(KeyedBags owner, byte[] key) : WatchBag
        {
            protected override void Leave()
            {
                owner._bags.Remove(key);
                owner.Left();
            }
        }

        private void Left() => left();
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
