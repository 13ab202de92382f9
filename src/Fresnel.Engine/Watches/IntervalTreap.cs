using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>Intervals in a treap by their lower bounds, each node knowing the greatest upper bound below it: finds those around a key without looking at the others.</summary>
/// <remarks>One node per distinct lower bound. Priorities come from a counter that is mixed, so that a run can be repeated.</remarks>
internal sealed class IntervalTreap<T> where T : class
{
    private Node? _root;
    private ulong _counter;

    public bool IsEmpty => _root is null;

    public void Add(KeyInterval interval, T owner) => _root = Add(_root, interval, owner);

    public void Remove(KeyInterval interval, T owner) => _root = Remove(_root, interval, owner);

    /// <summary>Adds the owners of every interval that the key lies in.</summary>
    public void FindContaining(ReadOnlySpan<byte> key, List<T> found) => Find(_root, key, found);

    private static void Find(Node? node, ReadOnlySpan<byte> key, List<T> found)
    {
        while (node is not null && IsBelow(key, node.GreatestUpper))
        {
            Find(node.Left, key, found);
            if (node.Lower.Span.SequenceCompareTo(key) > 0) return;
            foreach (var (upper, owners) in node.Entries)
            {
                if (IsBelow(key, upper)) owners.CopyTo(found);
            }

            node = node.Right;
        }
    }

    private Node Add(Node? node, KeyInterval interval, T owner)
    {
        if (node is null) return new(interval.Lower, Mix(++_counter), interval.Upper, owner);
        var order = interval.Lower.Span.SequenceCompareTo(node.Lower.Span);
        if (order == 0) node.Add(interval.Upper, owner);
        else if (order < 0)
        {
            node.Left = Add(node.Left, interval, owner);
            if (node.Left.Priority > node.Priority) node = RotateRight(node);
        }
        else
        {
            node.Right = Add(node.Right, interval, owner);
            if (node.Right.Priority > node.Priority) node = RotateLeft(node);
        }

        node.Measure();
        return node;
    }

    private static Node? Remove(Node? node, KeyInterval interval, T owner)
    {
        if (node is null) return null;
        var order = interval.Lower.Span.SequenceCompareTo(node.Lower.Span);
        if (order < 0) node.Left = Remove(node.Left, interval, owner);
        else if (order > 0) node.Right = Remove(node.Right, interval, owner);
        else
        {
            node.Remove(interval.Upper, owner);
            if (node.Entries.Count == 0) return Join(node.Left, node.Right);
        }

        node.Measure();
        return node;
    }

    private static Node? Join(Node? left, Node? right)
    {
        if (left is null) return right;
        if (right is null) return left;
        if (left.Priority > right.Priority)
        {
            left.Right = Join(left.Right, right);
            left.Measure();
            return left;
        }

        right.Left = Join(left, right.Left);
        right.Measure();
        return right;
    }

    private static Node RotateRight(Node node)
    {
        var top = node.Left!;
        node.Left = top.Right;
        top.Right = node;
        node.Measure();
        return top;
    }

    private static Node RotateLeft(Node node)
    {
        var top = node.Right!;
        node.Right = top.Left;
        top.Left = node;
        node.Measure();
        return top;
    }

    private static bool IsBelow(ReadOnlySpan<byte> key, ReadOnlyMemory<byte>? upper) => upper is not { } bound || key.SequenceCompareTo(bound.Span) < 0;

    private static bool HasSameBytes(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right) =>
        left is { } one ? right is { } other && one.Span.SequenceEqual(other.Span) : right is null;

    private static ulong Mix(ulong value)
    {
        value *= 0x9e3779b97f4a7c15;
        value ^= value >> 32;
        value *= 0xd6e8feb86659fd93;
        return value ^ value >> 32;
    }

    private sealed class Node(ReadOnlyMemory<byte> lower, ulong priority, ReadOnlyMemory<byte>? upper, T owner)
    {
        public ReadOnlyMemory<byte> Lower => lower;

        public ulong Priority => priority;

        /// <summary>The owners by the upper bound, of which there are few.</summary>
        public List<(ReadOnlyMemory<byte>? Upper, WatchBag<T> Owners)> Entries { get; } = [(upper, BagOf(owner))];

        public Node? Left { get; set; }

        public Node? Right { get; set; }

        /// <summary>The greatest upper bound of this node and all below; null when one is unbounded.</summary>
        public ReadOnlyMemory<byte>? GreatestUpper { get; private set; } = upper;

        public void Add(ReadOnlyMemory<byte>? upper, T owner)
        {
            var at = Find(upper);
            if (at >= 0) Entries[at].Owners.Add(owner);
            else Entries.Add((upper, BagOf(owner)));
        }

        public void Remove(ReadOnlyMemory<byte>? upper, T owner)
        {
            var at = Find(upper);
            if (at >= 0 && Entries[at].Owners.Remove(owner) && Entries[at].Owners.IsEmpty) Entries.RemoveAt(at);
        }

        private int Find(ReadOnlyMemory<byte>? upper) => Entries.FindIndex(entry => HasSameBytes(entry.Upper, upper));

        private static WatchBag<T> BagOf(T owner)
        {
            var bag = new WatchBag<T>();
            bag.Add(owner);
            return bag;
        }

        public void Measure()
        {
            var greatest = Entries[0].Upper;
            for (var i = 1; i < Entries.Count; i++) greatest = Greater(greatest, Entries[i].Upper);
            if (Left is not null) greatest = Greater(greatest, Left.GreatestUpper);
            if (Right is not null) greatest = Greater(greatest, Right.GreatestUpper);
            GreatestUpper = greatest;
        }

        private static ReadOnlyMemory<byte>? Greater(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right)
        {
            // Not with a conditional expression: beside memory, its null would become empty memory.
            if (left is not { } one || right is not { } other) return null;
            return one.Span.SequenceCompareTo(other.Span) >= 0 ? left : right;
        }
    }
}
