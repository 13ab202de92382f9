namespace Fresnel.Engine.Snapshots;

/// <summary>A node of a <see cref="PersistentBTree"/>: immutable once its batch is sealed.</summary>
internal abstract class Node(BatchOwner? owner, KeyBlock keys)
{
    /// <summary>Most entries of a leaf and most children of a branch. Between 32 and 64 measured best for reads and path copying alike.</summary>
    public const int Width = 64;

    /// <summary>Below this, a node looks for a neighbour to merge with.</summary>
    public const int Thin = Width / 4;

    /// <summary>The batch that may edit it in place.</summary>
    public BatchOwner? Owner { get; } = owner;

    /// <summary>The keys of a leaf; the separators of a branch, one fewer than it has children.</summary>
    public KeyBlock Keys { get; } = keys;

    /// <summary>The page that holds it; zero until a checkpoint wrote it. Set by the checkpoint only; a copy starts at zero.</summary>
    public long Page { get; set; }

    /// <summary>Entries of a leaf, children of a branch.</summary>
    public abstract int Count { get; }

    /// <summary>This node if the batch owns it, else a copy that it owns.</summary>
    public abstract Node EditableBy(BatchOwner owner);
}

/// <summary>A leaf: keys and, in <c>by_id</c>, their documents. A secondary index has keys alone.</summary>
internal sealed class Leaf(BatchOwner? owner, KeyBlock keys, Document[]? documents) : Node(owner, keys)
{
    private Document[]? _documents = documents;

    public override int Count => Keys.Count;

    /// <summary>Whether this is a leaf of keys alone.</summary>
    public bool IsKeyOnly => _documents is null;

    public Document? DocumentAt(int at) => _documents?[at];

    public override Leaf EditableBy(BatchOwner owner)
    {
        if (ReferenceEquals(Owner, owner)) return this;
        return new(owner, Keys.Clone(), CopyOf(0, Count));
    }

    public void Replace(int at, Document? document)
    {
        if (_documents is not null) _documents[at] = document!;
    }

    public void Insert(int at, ReadOnlySpan<byte> key, Document? document)
    {
        if (_documents is not null)
        {
            if (_documents.Length == Count) Array.Resize(ref _documents, Math.Min(Width, Count + Count / 4 + 4));
            Array.Copy(_documents, at, _documents, at + 1, Count - at);
            _documents[at] = document!;
        }

        Keys.Insert(at, key);
    }

    public void RemoveAt(int at)
    {
        if (_documents is not null)
        {
            Array.Copy(_documents, at + 1, _documents, at, Count - at - 1);
            _documents[Count - 1] = null!;
        }

        Keys.RemoveAt(at);
    }

    public Leaf Slice(BatchOwner owner, int from, int count) => new(owner, Keys.Slice(from, count), CopyOf(from, count));

    private Document[]? CopyOf(int from, int count)
    {
        if (_documents is null) return null;
        var copy = new Document[Math.Min(Width, count + count / 4 + 4)];
        Array.Copy(_documents, from, copy, 0, count);
        return copy;
    }
}

/// <summary>A branch: children, and between each two of them a separator that is not greater than any key to its right.</summary>
internal sealed class Branch(BatchOwner? owner, KeyBlock separators, Node[] children, int count) : Node(owner, separators)
{
    private readonly Node[] _children = children;
    private int _count = count;

    public override int Count => _count;

    public ref Node ChildAt(int at) => ref _children[at];

    public override Branch EditableBy(BatchOwner owner) => ReferenceEquals(Owner, owner) ? this : new(owner, Keys.Clone(), CopyOf(0, Count), Count);

    /// <summary>Puts a child to the right of another; there is room.</summary>
    public void InsertAfter(int at, ReadOnlySpan<byte> separator, Node child)
    {
        Keys.Insert(at, separator);
        Array.Copy(_children, at + 1, _children, at + 2, _count - at - 1);
        _children[at + 1] = child;
        _count++;
    }

    /// <summary>Takes a child out, with the separator on one side of it.</summary>
    public void RemoveAt(int at)
    {
        if (Keys.Count > 0) Keys.RemoveAt(Math.Max(0, at - 1));
        Array.Copy(_children, at + 1, _children, at, _count - at - 1);
        _children[--_count] = null!;
    }

    public Branch Slice(BatchOwner owner, int from, int count) => new(owner, Keys.Slice(from, count - 1), CopyOf(from, count), count);

    private Node[] CopyOf(int from, int count)
    {
        // One place more than the width, so that a branch may overflow before it is split.
        var copy = new Node[Width + 1];
        Array.Copy(_children, from, copy, 0, count);
        return copy;
    }
}
