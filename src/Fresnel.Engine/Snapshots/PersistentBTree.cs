namespace Fresnel.Engine.Snapshots;

/// <summary>A B+tree of byte keys that is copied along the path of a change, so that every sealed version stays as it was.</summary>
/// <remarks>
/// A batch edits the nodes that it made itself in place, by its <see cref="BatchOwner"/>; all others it copies first. Nobody else may see the tree
/// until the batch is sealed. A tree of <c>by_id</c> keeps a document at each key, a secondary tree has keys alone.
/// Reads go as far as nodes are in memory and name what they miss; edits demand that the path of their key is (<see cref="FindMissing"/>).
/// </remarks>
internal sealed class PersistentBTree
{
    private readonly BatchOwner? _owner;

    public PersistentBTree(bool keyOnly) : this(null, new(null, new Leaf(keyOnly)), 0, keyOnly)
    {
    }

    public PersistentBTree(Node root, long count, bool keyOnly) : this(null, root, count, keyOnly)
    {
    }

    private PersistentBTree(BatchOwner? owner, Node root, long count, bool keyOnly)
    {
        _owner = owner;
        IsKeyOnly = keyOnly;
        Root = root;
        Count = count;
    }

    /// <summary>The topmost node.</summary>
    public Node Root { get; private set; }

    /// <summary>How many keys there are.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the tree has keys alone.</summary>
    public bool IsKeyOnly { get; }

    /// <summary>This tree if the batch owns it, else a version that it owns, at the cost of one small object.</summary>
    public PersistentBTree EditableBy(BatchOwner owner) => ReferenceEquals(_owner, owner) ? this : new(owner, Root, Count, IsKeyOnly);

    /// <summary>Whether the key is there, and its document.</summary>
    /// <param name="key">The key.</param>
    /// <param name="document">The document; null in a tree of keys alone.</param>
    /// <param name="missing">What must be loaded first: when the answer is no, to know it; when it is yes, to have the document's JSON.</param>
    public bool TryGet(ReadOnlySpan<byte> key, out Document? document, out Missing? missing)
    {
        document = null;
        missing = null;
        for (var node = Root; ;)
        {
            switch (node.Read())
            {
                case Branch branch:
                    node = branch.ChildAt(branch.CountUpTo(key));
                    break;
                case Leaf leaf:
                    var at = leaf.Find(key, out var found);
                    if (!found) return false;
                    document = leaf.DocumentAt(at);
                    if (document is { IsCold: true }) missing = new(node, leaf, document);
                    return true;
                default:
                    missing = new(node, null, null);
                    return false;
            }
        }
    }

    /// <summary>The first node on the way to a key that is not in memory; null when the key may be put or removed.</summary>
    public Node? FindMissing(ReadOnlySpan<byte> key)
    {
        var node = Root;
        while (true)
        {
            if (node.Read() is not { } content) return node;
            if (content is not Branch branch) return null;
            node = branch.ChildAt(branch.CountUpTo(key));
        }
    }

    /// <summary>Sets a key; returns the document that was there.</summary>
    public Document? Put(BatchOwner owner, ReadOnlySpan<byte> key, Document? document)
    {
        RequireOwner(owner);
        var root = Root;
        var split = Put(owner, ref root, key, document, out var previous, out var added);
        Root = split is { } halves ? owner.Make(new Branch(root, halves.Separator, halves.Right)) : root;
        if (added) Count++;
        return previous;
    }

    /// <summary>Takes a key out; false when it is not there.</summary>
    public bool Remove(BatchOwner owner, ReadOnlySpan<byte> key, out Document? document)
    {
        RequireOwner(owner);
        if (!TryGet(key, out document, out _)) return false;
        var root = Root;
        Remove(owner, ref root, key);
        while (root.Content is Branch { Size: 1 } branch)
        {
            owner.Gone.Add(root);
            root = branch.ChildAt(0);
        }

        Root = root;
        Count--;
        return true;
    }

    private static Split? Put(BatchOwner owner, ref Node node, ReadOnlySpan<byte> key, Document? document, out Document? previous, out bool added)
    {
        node = node.EditableBy(owner);
        if (node.Required is Leaf leaf)
        {
            var at = leaf.Find(key, out var found);
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

            return SplitLeaf(owner, node, leaf, at, key, document);
        }

        var branch = (Branch)node.Required;
        var child = branch.CountUpTo(key);
        var split = Put(owner, ref branch.ChildAt(child), key, document, out previous, out added);
        if (split is not { } halves) return null;
        branch.InsertAfter(child, halves.Separator, halves.Right);
        return branch.Size <= Node.Width ? null : SplitBranch(owner, node, branch, child + 1 == branch.Size - 1);
    }

    private static Split SplitLeaf(BatchOwner owner, Node node, Leaf leaf, int at, ReadOnlySpan<byte> key, Document? document)
    {
        // Keys that grow (creation times, ids) always come at the end: the full leaf is left full, and the next one begins with the new key.
        var cut = at == leaf.Count ? leaf.Count : leaf.Count / 2;
        var left = cut == leaf.Count ? leaf : leaf.Slice(0, cut);
        var right = leaf.Slice(cut, leaf.Count - cut);
        if (at > cut || cut == leaf.Count) right.Insert(at - cut, key, document);
        else left.Insert(at, key, document);
        node.Content = left;

        // The shortest key that tells the two apart.
        var first = right.CopyKey(0);
        var last = left.CopyKey(left.Count - 1);
        return new(first[..(first.AsSpan().CommonPrefixLength(last) + 1)], owner.Make(right));
    }

    private static Split SplitBranch(BatchOwner owner, Node node, Branch branch, bool atEnd)
    {
        var cut = atEnd ? branch.Size - 2 : branch.Size / 2;
        var separator = branch.CopyKey(cut - 1);
        var right = owner.Make(branch.Slice(cut, branch.Size - cut));
        node.Content = branch.Slice(0, cut);
        return new(separator, right);
    }

    private static void Remove(BatchOwner owner, ref Node node, ReadOnlySpan<byte> key)
    {
        node = node.EditableBy(owner);
        if (node.Required is Leaf leaf)
        {
            leaf.RemoveAt(leaf.Find(key, out _));
            return;
        }

        var branch = (Branch)node.Required;
        var at = branch.CountUpTo(key);
        Remove(owner, ref branch.ChildAt(at), key);
        var child = branch.ChildAt(at);
        if (child.Required.Size >= Node.Thin) return;
        if (IsEmpty(child) && TakeOutEmpty(owner, branch, at)) return;

        // A thin node beside a full one is left alone: merging would only be followed by a split. So is one whose neighbour is not in memory.
        if (at > 0 && Fit(child, branch.ChildAt(at - 1))) MergeRight(owner, branch, at - 1);
        else if (at + 1 < branch.Size && Fit(child, branch.ChildAt(at + 1))) MergeRight(owner, branch, at);
    }

    /// <summary>Takes an empty child out; false where it must stay, because neither neighbour is in memory.</summary>
    /// <remarks>Its keys' place falls to a neighbour, and the next key of the same commit may be put there: that its path is in memory was made sure of before.</remarks>
    private static bool TakeOutEmpty(BatchOwner owner, Branch branch, int at)
    {
        int separator;
        if (at > 0 && IsInMemory(branch.ChildAt(at - 1), last: true)) separator = at - 1;
        else if (at + 1 < branch.Size && IsInMemory(branch.ChildAt(at + 1), last: false)) separator = at;
        else return false;
        owner.TakeOut(branch.ChildAt(at));
        branch.RemoveAt(at, separator);
        return true;
    }

    /// <summary>Whether a node is in memory, and all that is below it at one edge.</summary>
    private static bool IsInMemory(Node node, bool last)
    {
        while (node.Content is Branch branch) node = branch.ChildAt(last ? branch.Size - 1 : 0);
        return node.Content is not null;
    }

    private static bool Fit(Node child, Node neighbour) => neighbour.Content is { } content && child.Required.Size + content.Size <= Node.Width * 3 / 4;

    private static bool IsEmpty(Node node) => node.Content is Leaf { Count: 0 } || node.Content is Branch { Size: 1 } branch && IsEmpty(branch.ChildAt(0));

    /// <summary>Moves all of the right neighbour's entries into the child at this place.</summary>
    private static void MergeRight(BatchOwner owner, Branch parent, int at)
    {
        var separator = parent.CopyKey(at);
        var right = parent.ChildAt(at + 1);
        var content = right.Required;
        ref var left = ref parent.ChildAt(at);
        left = left.EditableBy(owner);
        if (left.Required is Leaf leaf && content is Leaf other)
        {
            for (var i = 0; i < other.Count; i++) leaf.Insert(leaf.Count, other.CopyKey(i), other.DocumentAt(i));
        }
        else if (left.Required is Branch branch && content is Branch sibling)
        {
            for (var i = 0; i < sibling.Size; i++) branch.InsertAfter(branch.Size - 1, i == 0 ? separator : sibling.CopyKey(i - 1), sibling.ChildAt(i));
        }

        owner.Gone.Add(right);
        parent.RemoveAt(at + 1, at);
    }

    private void RequireOwner(BatchOwner owner)
    {
        if (!ReferenceEquals(_owner, owner)) throw new InvalidOperationException("A sealed tree was about to be edited.");
    }

    private readonly record struct Split(byte[] Separator, Node Right);
}
