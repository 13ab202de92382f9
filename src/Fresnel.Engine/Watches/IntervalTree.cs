using System.Buffers.Binary;
using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>Intervals in a B-tree by their bounds, each entry knowing the one that reaches furthest below it: finds those around a key without looking at the others.</summary>
/// <remarks>
/// Ordered by the lower bound, then by the upper, so intervals that begin at one key are found apart like any others. The first eight bytes of each bound lie in the page,
/// as a number that compares as they do, one behind the other: a page is gone through in a few cache lines, and whole keys are looked at only where these numbers are equal.
/// A page that becomes empty goes; thin ones stay, for what is watched once is watched again.
/// </remarks>
internal sealed class IntervalTree
{
    private Page _root = new(isLeaf: true);

    public bool IsEmpty => _root.Count == 0;

    /// <summary>The bag of exactly this interval, made when it is new.</summary>
    /// <param name="interval">Not empty.</param>
    /// <param name="left">Told when the bag has left because it was empty.</param>
    public WatchBag GetOrAdd(KeyInterval interval, Action left)
    {
        var made = new Bag(this, interval, left);
        var page = _root;
        while (!page.IsLeaf) page = page.Children[page.EntryFor(made)];
        var at = page.CountThrough(made);
        if (at > 0 && Compare(page.Firsts[at - 1], made) == 0) return page.Firsts[at - 1];
        if (page.Count == Page.Width)
        {
            Split(page);
            return GetOrAdd(interval, left);
        }

        page.Insert(at, made, made);
        made.Page = page;
        for (; page.Parent is { } parent; page = parent)
        {
            var child = parent.EntryFor(made);
            if (ReachesFurther(made, parent.Furthest[child])) parent.SetFurthest(child, made);
            if (Compare(made, parent.Firsts[child]) < 0) parent.SetFirst(child, made);
        }

        return made;
    }

    /// <summary>Adds the bag of every interval that the key lies in.</summary>
    public void FindContaining(ReadOnlySpan<byte> key, List<WatchBag> found) => Find(_root, key, HeadOf(key), found);

    private static void Find(Page page, ReadOnlySpan<byte> key, ulong head, List<WatchBag> found)
    {
        var lower = page.Lower.AsSpan(0, page.Count);
        var reach = page.Reach.AsSpan(0, page.Count);
        for (var i = 0; i < reach.Length && lower[i] <= head; i++)
        {
            if (reach[i] < head) continue;
            if (lower[i] == head && page.Firsts[i].Interval.Lower.Span.SequenceCompareTo(key) > 0) return;
            if (reach[i] == head && !page.Furthest[i].EndsBehind(key)) continue;
            if (page.IsLeaf) found.Add(page.Firsts[i]);
            else Find(page.Children[i], key, head, found);
        }
    }

    private void Remove(Bag bag)
    {
        var page = bag.Page!;
        page.RemoveAt(page.EntryFor(bag));
        while (page.Parent is { } parent)
        {
            var child = parent.EntryFor(bag);
            if (page.Count == 0) parent.RemoveAt(child);
            else if (parent.Furthest[child] == bag) parent.SetFurthest(child, page.FindFurthest());
            page = parent;
        }

        if (_root.Count == 0) _root = new(isLeaf: true);
        while (!_root.IsLeaf && _root.Count == 1)
        {
            _root = _root.Children[0];
            _root.Parent = null;
        }
    }

    /// <summary>Makes room in a full page and, where need be, in those above it.</summary>
    private void Split(Page page)
    {
        if (page.Parent is not { } parent)
        {
            parent = _root = new(isLeaf: false);
            parent.Insert(0, page.Firsts[0], page.FindFurthest(), page);
        }
        else if (parent.Count == Page.Width)
        {
            Split(parent);
            parent = page.Parent;
        }

        var right = page.CutHalf();
        var at = Array.IndexOf(parent.Children, page);
        parent.SetFurthest(at, page.FindFurthest());
        parent.Insert(at + 1, right.Firsts[0], right.FindFurthest(), right);
    }

    private static int Compare(Bag left, Bag right)
    {
        if (left.LowerHead != right.LowerHead) return left.LowerHead < right.LowerHead ? -1 : 1;
        var order = left.Interval.Lower.Span.SequenceCompareTo(right.Interval.Lower.Span);
        return order != 0 ? order : ReachesFurther(left, right) ? 1 : ReachesFurther(right, left) ? -1 : 0;
    }

    private static bool ReachesFurther(Bag left, Bag right)
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

    /// <summary>Intervals in their order, or pages of them.</summary>
    private sealed class Page
    {
        public const int Width = 64;

        public Page(bool isLeaf)
        {
            IsLeaf = isLeaf;
            Furthest = isLeaf ? Firsts : new Bag[Width];
            Children = isLeaf ? [] : new Page[Width];
        }

        public bool IsLeaf { get; }

        public Page? Parent { get; set; }

        public int Count { get; private set; }

        /// <summary>The heads of the lower bounds of <see cref="Firsts"/>.</summary>
        public ulong[] Lower { get; } = new ulong[Width];

        /// <summary>The heads of the upper bounds of <see cref="Furthest"/>.</summary>
        public ulong[] Reach { get; } = new ulong[Width];

        /// <summary>In a leaf, the intervals. In a branch, none below an entry is before its first; it may have left since.</summary>
        public Bag[] Firsts { get; } = new Bag[Width];

        /// <summary>Of each entry, the interval with the greatest upper bound; in a leaf the same array as <see cref="Firsts"/>.</summary>
        public Bag[] Furthest { get; }

        public Page[] Children { get; }

        /// <summary>How many entries are not behind an interval.</summary>
        public int CountThrough(Bag bag)
        {
            int low = 0, high = Count;
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (Lower[middle] != bag.LowerHead ? Lower[middle] < bag.LowerHead : Compare(Firsts[middle], bag) <= 0) low = middle + 1;
                else high = middle;
            }

            return low;
        }

        /// <summary>The entry that an interval belongs to; what is before all belongs to the first.</summary>
        public int EntryFor(Bag bag) => Math.Max(CountThrough(bag) - 1, 0);

        public Bag FindFurthest()
        {
            var furthest = Furthest[0];
            for (var i = 1; i < Count; i++)
            {
                if (ReachesFurther(Furthest[i], furthest)) furthest = Furthest[i];
            }

            return furthest;
        }

        public void SetFirst(int at, Bag first) => (Firsts[at], Lower[at]) = (first, first.LowerHead);

        public void SetFurthest(int at, Bag furthest) => (Furthest[at], Reach[at]) = (furthest, furthest.UpperHead);

        public void Insert(int at, Bag first, Bag furthest, Page? child = null)
        {
            Move(at, at + 1, Count - at);
            Count++;
            SetFirst(at, first);
            SetFurthest(at, furthest);
            if (child is null) return;
            Children[at] = child;
            child.Parent = this;
        }

        public void RemoveAt(int at)
        {
            Move(at + 1, at, Count - at - 1);
            Count--;
            Clear(Count, 1);
        }

        /// <summary>Moves the greater half of the entries into a page of their own.</summary>
        public Page CutHalf()
        {
            var right = new Page(IsLeaf);
            for (var i = Width / 2; i < Width; i++)
            {
                right.Insert(right.Count, Firsts[i], Furthest[i], IsLeaf ? null : Children[i]);
                if (IsLeaf) Firsts[i].Page = right;
            }

            Count = Width / 2;
            Clear(Count, Width - Count);
            return right;
        }

        private void Move(int from, int to, int count)
        {
            Array.Copy(Lower, from, Lower, to, count);
            Array.Copy(Reach, from, Reach, to, count);
            Array.Copy(Firsts, from, Firsts, to, count);
            if (IsLeaf) return;
            Array.Copy(Furthest, from, Furthest, to, count);
            Array.Copy(Children, from, Children, to, count);
        }

        private void Clear(int from, int count)
        {
            Array.Clear(Firsts, from, count);
            if (IsLeaf) return;
            Array.Clear(Furthest, from, count);
            Array.Clear(Children, from, count);
        }
    }

    /// <summary>The watches of one interval.</summary>
    private sealed class Bag(IntervalTree tree, KeyInterval interval, Action left) : WatchBag
    {
        public KeyInterval Interval => interval;

        public ulong LowerHead { get; } = HeadOf(interval.Lower.Span);

        /// <summary>The greatest number when nothing bounds it.</summary>
        public ulong UpperHead { get; } = interval.Upper is { } upper ? HeadOf(upper.Span) : ulong.MaxValue;

        /// <summary>The leaf where it is.</summary>
        public Page? Page { get; set; }

        public bool EndsBehind(ReadOnlySpan<byte> key) => interval.Upper is not { } upper || key.SequenceCompareTo(upper.Span) < 0;

        protected override void Leave()
        {
            tree.Remove(this);
            left();
        }
    }
}
