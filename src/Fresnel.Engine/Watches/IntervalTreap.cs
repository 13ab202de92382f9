using System.Buffers.Binary;
using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>Intervals in a treap, each node knowing the one that reaches furthest below it: finds those around a key without looking at the others.</summary>
/// <remarks>
/// <para>
/// Ordered by the lower bound, then by the upper, so intervals that begin at one key are found apart like any others. A node knows its parent: taking it out needs no search.
/// </para>
/// <para>
/// The nodes lie side by side in one array and refer to each other by their numbers, and the first eight bytes of each bound lie in them, as a number that compares as
/// they do: nearly every step down is decided by one cache line. As objects of their own, with their keys behind them, they cost a miss for the node, one for the page table
/// and one for each key.
/// </para>
/// </remarks>
internal sealed class IntervalTreap
{
    private Node[] _nodes = new Node[16]; // The first stands for none.
    private Bag?[] _bags = new Bag?[16]; // Of the node with the same number.
    private int _root;
    private int _count;
    private int _unused = 1; // The first node that was never used.
    private int _free; // The first of those that are used no more; each names the next one to its left.

    public bool IsEmpty => _root == 0;

    /// <summary>The bag of exactly this interval, made when it is new.</summary>
    /// <param name="interval">Not empty.</param>
    /// <param name="left">Told when the bag has left because it was empty.</param>
    public WatchBag GetOrAdd(KeyInterval interval, Action left)
    {
        var lower = HeadOf(interval.Lower.Span);
        var upper = interval.Upper is { } bound ? HeadOf(bound.Span) : ulong.MaxValue;
        int parent = 0, order = 0;
        for (var at = _root; at != 0; at = order < 0 ? _nodes[at].Left : _nodes[at].Right)
        {
            parent = at;
            order = Compare(lower, upper, interval, at);
            if (order == 0) return _bags[at]!;
        }

        var made = Take();
        var bag = _bags[made] = new Bag(this, made, interval, left);
        _nodes[made] = new() { Lower = lower, Upper = upper, Furthest = made, FurthestUpper = upper, Parent = parent };
        if (parent == 0) _root = made;
        else if (order < 0) _nodes[parent].Left = made;
        else _nodes[parent].Right = made;

        for (var above = parent; above != 0 && ReachesFurther(made, _nodes[above].Furthest); above = _nodes[above].Parent) SetFurthest(above, made);
        while (_nodes[made].Parent is var below and not 0 && PriorityOf(below) < PriorityOf(made)) RaiseAbove(below, made);
        return bag;
    }

    /// <summary>Adds the bag of every interval that the key lies in.</summary>
    public void FindContaining(ReadOnlySpan<byte> key, List<WatchBag> found) => Find(_root, key, HeadOf(key), found);

    private void Find(int at, ReadOnlySpan<byte> key, ulong head, List<WatchBag> found)
    {
        while (at != 0)
        {
            ref readonly var node = ref _nodes[at];
            if (!EndsBehind(node.FurthestUpper, node.Furthest, key, head)) return;
            if (node.Left != 0) Find(node.Left, key, head, found);
            if (node.Lower != head ? node.Lower > head : _bags[at]!.Interval.Lower.Span.SequenceCompareTo(key) > 0) return;
            if (EndsBehind(node.Upper, at, key, head)) found.Add(_bags[at]!);
            at = node.Right;
        }
    }

    private bool EndsBehind(ulong upper, int at, ReadOnlySpan<byte> key, ulong head) =>
        upper != head ? upper > head : _bags[at]!.Interval.Upper is not { } bound || key.SequenceCompareTo(bound.Span) < 0;

    private void Remove(int at)
    {
        while (_nodes[at] is { Left: var left, Right: var right } && (left | right) != 0)
            RaiseAbove(at, right == 0 || (left != 0 && PriorityOf(left) > PriorityOf(right)) ? left : right);

        Replace(at, 0);
        for (var above = _nodes[at].Parent; above != 0; above = _nodes[above].Parent)
        {
            if (_nodes[above].Furthest == at) Measure(above);
        }

        _bags[at] = null;
        _nodes[at] = new() { Left = _free };
        _free = at;
        if (--_count == 0) (_nodes, _bags, _unused, _free) = (new Node[16], new Bag?[16], 1, 0);
    }

    /// <summary>Turns the tree so that a child is above its parent. The order stays.</summary>
    private void RaiseAbove(int parent, int child)
    {
        Replace(parent, child);
        ref var up = ref _nodes[child];
        ref var down = ref _nodes[parent];
        up.Parent = down.Parent;
        down.Parent = child;
        int moved;
        if (down.Left == child) (down.Left, up.Right) = (moved = up.Right, parent);
        else (down.Right, up.Left) = (moved = up.Left, parent);
        if (moved != 0) _nodes[moved].Parent = parent;
        (up.Furthest, up.FurthestUpper) = (down.Furthest, down.FurthestUpper); // The same nodes lie below it as lay below the other.
        Measure(parent);
    }

    private void Replace(int at, int by)
    {
        ref var parent = ref _nodes[_nodes[at].Parent];
        if (_root == at) _root = by;
        else if (parent.Left == at) parent.Left = by;
        else parent.Right = by;
    }

    /// <summary>Finds anew which interval of a node and those below reaches furthest.</summary>
    private void Measure(int at)
    {
        var furthest = at;
        if (_nodes[at].Left is var left and not 0 && ReachesFurther(_nodes[left].Furthest, furthest)) furthest = _nodes[left].Furthest;
        if (_nodes[at].Right is var right and not 0 && ReachesFurther(_nodes[right].Furthest, furthest)) furthest = _nodes[right].Furthest;
        SetFurthest(at, furthest);
    }

    private void SetFurthest(int at, int furthest) => (_nodes[at].Furthest, _nodes[at].FurthestUpper) = (furthest, _nodes[furthest].Upper);

    private int Compare(ulong lower, ulong upper, KeyInterval interval, int at)
    {
        ref readonly var node = ref _nodes[at];
        if (lower != node.Lower) return lower < node.Lower ? -1 : 1;
        var other = _bags[at]!.Interval;
        var order = interval.Lower.Span.SequenceCompareTo(other.Lower.Span);
        if (order != 0) return order;
        return upper != node.Upper ? upper < node.Upper ? -1 : 1 : CompareUpper(interval.Upper, other.Upper);
    }

    private bool ReachesFurther(int left, int right) =>
        _nodes[left].Upper != _nodes[right].Upper ? _nodes[left].Upper > _nodes[right].Upper : CompareUpper(_bags[left]!.Interval.Upper, _bags[right]!.Interval.Upper) > 0;

    private static int CompareUpper(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right)
    {
        if (left is not { } one) return right is null ? 0 : 1;
        return right is { } other ? one.Span.SequenceCompareTo(other.Span) : -1;
    }

    private int Take()
    {
        _count++;
        if (_free is var free and not 0)
        {
            _free = _nodes[free].Left;
            return free;
        }

        if (_unused == _nodes.Length)
        {
            Array.Resize(ref _nodes, _unused * 2);
            Array.Resize(ref _bags, _unused * 2);
        }

        return _unused++;
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

    /// <summary>What keeps the tree balanced: of each node another number, at random and yet the same in each run. Kept nowhere.</summary>
    private static uint PriorityOf(int at)
    {
        var value = (uint)at * 0x9e3779b1;
        value ^= value >> 16;
        value *= 0x85ebca6b;
        return value ^ value >> 13;
    }

    /// <summary>What a step down looks at. Lower and Upper are the heads of the bounds, the greatest number for no bound.</summary>
    private struct Node
    {
        public ulong Lower, Upper;

        /// <summary>The upper head of <see cref="Furthest"/>.</summary>
        public ulong FurthestUpper;

        /// <summary>Of this node and all below, the one with the greatest upper bound.</summary>
        public int Furthest;

        public int Left, Right, Parent;
    }

    /// <summary>The watches of a node's interval.</summary>
    private sealed class Bag(IntervalTreap treap, int at, KeyInterval interval, Action left) : WatchBag
    {
        public KeyInterval Interval => interval;

        protected override void Leave()
        {
            treap.Remove(at);
            left();
        }
    }
}
