using System.Buffers.Binary;
using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>Intervals in a treap, each node knowing the one that reaches furthest below it: finds those around a key without looking at the others.</summary>
/// <remarks>
/// <para>
/// Ordered by the lower bound, then by the upper, so intervals that begin at one key are found apart like any others. A node knows its parent: taking it out needs no search.
/// </para>
/// <para>
/// The first eight bytes of each bound lie in the node itself, as a number that compares as they do. Nearly every step down is decided by them,
/// so it costs one cache line and not one for the node and one for each key. Priorities come from a counter that is mixed, so that a run can be repeated.
/// </para>
/// </remarks>
internal sealed class IntervalTreap
{
    private Node? _root;
    private uint _counter;

    public bool IsEmpty => _root is null;

    /// <summary>The bag of exactly this interval, made when it is new.</summary>
    /// <param name="interval">Not empty.</param>
    /// <param name="left">Told when the bag has left because it was empty.</param>
    public WatchBag GetOrAdd(KeyInterval interval, Action left)
    {
        var made = new Node(this, interval, Mix(++_counter), left);
        if (_root is null) return _root = made;
        for (var node = _root;;)
        {
            var order = Compare(made, node);
            if (order == 0) return node;
            var next = order < 0 ? node.Left : node.Right;
            if (next is null)
            {
                made.Parent = node;
                if (order < 0) node.Left = made;
                else node.Right = made;
                break;
            }

            node = next;
        }

        for (var above = made.Parent; above is not null && ReachesFurther(made, above.Furthest); above = above.Parent) above.Furthest = made;
        while (made.Parent is { } parent && parent.Priority < made.Priority) RaiseAbove(parent, made);
        return made;
    }

    /// <summary>Adds the bag of every interval that the key lies in.</summary>
    public void FindContaining(ReadOnlySpan<byte> key, List<WatchBag> found) => Find(_root, key, HeadOf(key), found);

    private static void Find(Node? node, ReadOnlySpan<byte> key, ulong head, List<WatchBag> found)
    {
        while (node is not null && node.ReachesBehind(key, head))
        {
            Find(node.Left, key, head, found);
            if (!node.BeginsAtOrBefore(key, head)) return;
            if (node.EndsBehind(key, head)) found.Add(node);
            node = node.Right;
        }
    }

    private void Remove(Node node)
    {
        while ((node.Left ?? node.Right) is not null)
        {
            var (left, right) = (node.Left, node.Right);
            RaiseAbove(node, right is null || (left is not null && left.Priority > right.Priority) ? left! : right);
        }

        Replace(node, null);
        for (var above = node.Parent; above is not null; above = above.Parent)
        {
            if (above.Furthest == node) above.Measure();
        }
    }

    /// <summary>Turns the tree so that a child is above its parent. The order stays.</summary>
    private void RaiseAbove(Node parent, Node child)
    {
        Replace(parent, child);
        child.Parent = parent.Parent;
        parent.Parent = child;
        Node? moved;
        if (parent.Left == child) (parent.Left, child.Right) = (moved = child.Right, parent);
        else (parent.Right, child.Left) = (moved = child.Left, parent);
        if (moved is not null) moved.Parent = parent;
        child.Furthest = parent.Furthest; // The same nodes lie below it as lay below the other.
        parent.Measure();
    }

    private void Replace(Node node, Node? by)
    {
        if (node.Parent is not { } parent) _root = by;
        else if (parent.Left == node) parent.Left = by;
        else parent.Right = by;
    }

    private static int Compare(Node left, Node right)
    {
        if (left.LowerHead != right.LowerHead) return left.LowerHead < right.LowerHead ? -1 : 1;
        var order = left.Interval.Lower.Span.SequenceCompareTo(right.Interval.Lower.Span);
        return order != 0 ? order : ReachesFurther(left, right) ? 1 : ReachesFurther(right, left) ? -1 : 0;
    }

    private static bool ReachesFurther(Node left, Node right)
    {
        if (left.UpperHead != right.UpperHead) return left.UpperHead > right.UpperHead;
        if (right.Interval.Upper is not { } than) return false;
        return left.Interval.Upper is not { } upper || upper.Span.SequenceCompareTo(than.Span) > 0;
    }

    /// <summary>The first eight bytes as a number; of a shorter key, with zeros. Where two differ, the keys compare as they do.</summary>
    private static ulong HeadOf(ReadOnlySpan<byte> key)
    {
        if (key.Length >= sizeof(ulong)) return BinaryPrimitives.ReadUInt64BigEndian(key);
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        key.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private static uint Mix(uint value)
    {
        value *= 0x9e3779b1;
        value ^= value >> 16;
        value *= 0x85ebca6b;
        return value ^ value >> 13;
    }

    private sealed class Node : WatchBag
    {
        private readonly IntervalTreap _treap;
        private readonly Action _left;
        private Node _furthest;
        private ulong _furthestHead; // Beside it, so that most looks need not go there.

        public Node(IntervalTreap treap, KeyInterval interval, uint priority, Action left)
        {
            _treap = treap;
            _left = left;
            Interval = interval;
            Priority = priority;
            LowerHead = HeadOf(interval.Lower.Span);
            UpperHead = interval.Upper is { } upper ? HeadOf(upper.Span) : ulong.MaxValue;
            (_furthest, _furthestHead) = (this, UpperHead);
        }

        public KeyInterval Interval { get; }

        public ulong LowerHead { get; }

        public ulong UpperHead { get; }

        public uint Priority { get; }

        public Node? Parent { get; set; }

        public Node? Left { get; set; }

        public Node? Right { get; set; }

        /// <summary>Of this node and all below, the one with the greatest upper bound.</summary>
        public Node Furthest
        {
            get => _furthest;
            set => (_furthest, _furthestHead) = (value, value.UpperHead);
        }

        /// <summary>Whether an interval of this node or below ends behind the key.</summary>
        public bool ReachesBehind(ReadOnlySpan<byte> key, ulong head) => _furthestHead != head ? _furthestHead > head : _furthest.EndsBehind(key, head);

        public bool BeginsAtOrBefore(ReadOnlySpan<byte> key, ulong head) =>
            LowerHead != head ? LowerHead < head : Interval.Lower.Span.SequenceCompareTo(key) <= 0;

        public bool EndsBehind(ReadOnlySpan<byte> key, ulong head) =>
            UpperHead != head ? UpperHead > head : Interval.Upper is not { } upper || key.SequenceCompareTo(upper.Span) < 0;

        public void Measure()
        {
            Furthest = this;
            if (Left is not null && ReachesFurther(Left.Furthest, Furthest)) Furthest = Left.Furthest;
            if (Right is not null && ReachesFurther(Right.Furthest, Furthest)) Furthest = Right.Furthest;
        }

        protected override void Leave()
        {
            _treap.Remove(this);
            _left();
        }
    }
}
