namespace Fresnel.Engine.Snapshots;

/// <summary>A B+tree of byte keys that is copied along the path of a change, so that every sealed version stays as it was.</summary>
/// <remarks>
/// A batch edits the nodes that it made itself in place, by its <see cref="BatchOwner"/>; all others it copies first. Nobody else may see the tree
/// until the batch is sealed. A tree of <c>by_id</c> keeps a document at each key, a secondary tree has keys alone.
/// </remarks>
internal sealed class PersistentBTree
{
    private readonly BatchOwner? _owner;
    private readonly bool _keyOnly;

    public PersistentBTree(bool keyOnly) : this(null, new Leaf(null, new(), keyOnly ? null : []), 0, keyOnly)
    {
    }

    public PersistentBTree(Node root, long count, bool keyOnly) : this(null, root, count, keyOnly)
    {
    }

    private PersistentBTree(BatchOwner? owner, Node root, long count, bool keyOnly)
    {
        _owner = owner;
        _keyOnly = keyOnly;
        Root = root;
        Count = count;
    }

    /// <summary>The topmost node.</summary>
    public Node Root { get; private set; }

    /// <summary>How many keys there are.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the tree has keys alone.</summary>
    public bool IsKeyOnly => _keyOnly;

    /// <summary>This tree if the batch owns it, else a version that it owns, at the cost of one small object.</summary>
    public PersistentBTree EditableBy(BatchOwner owner) => ReferenceEquals(_owner, owner) ? this : new(owner, Root, Count, _keyOnly);

    /// <summary>Whether the key is there, and its document.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, out Document? document)
    {
        var node = Root;
        while (node is Branch branch) node = branch.ChildAt(branch.Keys.CountUpTo(key));
        var leaf = (Leaf)node;
        var at = leaf.Keys.Find(key, out var found);
        document = found ? leaf.DocumentAt(at) : null;
        return found;
    }

    /// <summary>Sets a key; returns the document that was there.</summary>
    public Document? Put(BatchOwner owner, ReadOnlySpan<byte> key, Document? document)
    {
        RequireOwner(owner);
        var root = Root;
        var split = Put(owner, ref root, key, document, out var previous, out var added);
        if (split is { } halves)
        {
            var separators = new KeyBlock();
            separators.Insert(0, halves.Separator);
            var children = new Node[Node.Width + 1];
            children[0] = root;
            children[1] = halves.Right;
            root = new Branch(owner, separators, children, 2);
        }

        Root = root;
        if (added) Count++;
        return previous;
    }

    /// <summary>Takes a key out; false when it is not there.</summary>
    public bool Remove(BatchOwner owner, ReadOnlySpan<byte> key, out Document? document)
    {
        RequireOwner(owner);
        if (!TryGet(key, out document)) return false;
        var root = Root;
        Remove(owner, ref root, key);
        while (root is Branch { Count: 1 } branch) root = branch.ChildAt(0);
        Root = root;
        Count--;
        return true;
    }

    private static Split? Put(BatchOwner owner, ref Node node, ReadOnlySpan<byte> key, Document? document, out Document? previous, out bool added)
    {
        node = node.EditableBy(owner);
        if (node is Leaf leaf)
        {
            var at = leaf.Keys.Find(key, out var found);
            added = !found;
            previous = found ? leaf.DocumentAt(at) : null;
            if (found)
            {
                leaf.Replace(at, document);
                return null;
            }

            if (leaf.Count < Node.Width)
            {
                leaf.Insert(at, key, document);
                return null;
            }

            return SplitLeaf(owner, ref node, leaf, at, key, document);
        }

        var branch = (Branch)node;
        var child = branch.Keys.CountUpTo(key);
        var split = Put(owner, ref branch.ChildAt(child), key, document, out previous, out added);
        if (split is not { } halves) return null;
        branch.InsertAfter(child, halves.Separator, halves.Right);
        return branch.Count <= Node.Width ? null : SplitBranch(owner, ref node, branch, child + 1 == branch.Count - 1);
    }

    private static Split SplitLeaf(BatchOwner owner, ref Node node, Leaf leaf, int at, ReadOnlySpan<byte> key, Document? document)
    {
        // Keys that grow (creation times, ids) always come at the end: the full leaf is left full, and the next one begins with the new key.
        var cut = at == leaf.Count ? leaf.Count : leaf.Count / 2;
        var left = cut == leaf.Count ? leaf : leaf.Slice(owner, 0, cut);
        var right = leaf.Slice(owner, cut, leaf.Count - cut);
        if (at > cut || cut == leaf.Count) right.Insert(at - cut, key, document);
        else left.Insert(at, key, document);
        node = left;

        // The shortest key that tells the two apart.
        var first = right.Keys.Copy(0);
        var last = left.Keys.Copy(left.Count - 1);
        return new(first[..(first.AsSpan().CommonPrefixLength(last) + 1)], right);
    }

    private static Split SplitBranch(BatchOwner owner, ref Node node, Branch branch, bool atEnd)
    {
        var cut = atEnd ? branch.Count - 2 : branch.Count / 2;
        var separator = branch.Keys.Copy(cut - 1);
        var right = branch.Slice(owner, cut, branch.Count - cut);
        node = branch.Slice(owner, 0, cut);
        return new(separator, right);
    }

    private static void Remove(BatchOwner owner, ref Node node, ReadOnlySpan<byte> key)
    {
        node = node.EditableBy(owner);
        if (node is Leaf leaf)
        {
            leaf.RemoveAt(leaf.Keys.Find(key, out _));
            return;
        }

        var branch = (Branch)node;
        var at = branch.Keys.CountUpTo(key);
        Remove(owner, ref branch.ChildAt(at), key);
        var child = branch.ChildAt(at);
        if (child.Count >= Node.Thin) return;
        if (IsEmpty(child) && branch.Count > 1)
        {
            branch.RemoveAt(at);
            return;
        }

        // A thin node beside a full one is left alone: merging would only be followed by a split.
        if (at > 0 && child.Count + branch.ChildAt(at - 1).Count <= Node.Width * 3 / 4) MergeRight(owner, branch, at - 1);
        else if (at + 1 < branch.Count && child.Count + branch.ChildAt(at + 1).Count <= Node.Width * 3 / 4) MergeRight(owner, branch, at);
    }

    private static bool IsEmpty(Node node) => node is Leaf { Count: 0 } || node is Branch { Count: 1 } branch && IsEmpty(branch.ChildAt(0));

    /// <summary>Moves all of the right neighbour's entries into the child at this place.</summary>
    private static void MergeRight(BatchOwner owner, Branch parent, int at)
    {
        var separator = parent.Keys.Copy(at);
        ref var left = ref parent.ChildAt(at);
        left = left.EditableBy(owner);
        var right = parent.ChildAt(at + 1);
        if (left is Leaf leaf && right is Leaf other)
        {
            for (var i = 0; i < other.Count; i++) leaf.Insert(leaf.Count, other.Keys.Copy(i), other.DocumentAt(i));
        }
        else if (left is Branch branch && right is Branch sibling)
        {
            for (var i = 0; i < sibling.Count; i++)
            {
                branch.InsertAfter(branch.Count - 1, i == 0 ? separator : sibling.Keys.Copy(i - 1), sibling.ChildAt(i));
            }
        }

        parent.RemoveAt(at + 1);
    }

    private void RequireOwner(BatchOwner owner)
    {
        if (!ReferenceEquals(_owner, owner)) throw new InvalidOperationException("A sealed tree was about to be edited.");
    }

    private readonly record struct Split(byte[] Separator, Node Right);
}
