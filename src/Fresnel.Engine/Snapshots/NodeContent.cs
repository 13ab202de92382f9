namespace Fresnel.Engine.Snapshots;

/// <summary>What a <see cref="Node"/> holds: sorted keys, and what belongs to them.</summary>
internal abstract class NodeContent : KeyBlock
{
    protected NodeContent()
    {
    }

    protected NodeContent(KeyBlock source) : base(source)
    {
    }

    protected NodeContent(KeyBlock source, int from, int count) : base(source, from, count)
    {
    }

    protected NodeContent(ReadOnlySpan<byte> prefix, IReadOnlyList<ReadOnlyMemory<byte>> rests) : base(prefix, rests)
    {
    }

    /// <summary>The entries of a leaf, the children of a branch.</summary>
    public abstract int Size { get; }

    /// <summary>The memory that it takes, with its documents and without its children. Bytes, nearly.</summary>
    public abstract int Bytes { get; }

    /// <summary>A copy with room to grow.</summary>
    public abstract NodeContent Copy();
}

/// <summary>A leaf: keys and, in <c>by_id</c>, their documents. A secondary index has keys alone.</summary>
internal sealed class Leaf : NodeContent
{
    private Document[]? _documents;

    /// <summary>What the documents take together; kept in step, because every sealed node is counted.</summary>
    private int _documentBytes;

    /// <summary>An empty leaf.</summary>
    public Leaf(bool keyOnly) => _documents = keyOnly ? null : [];

    /// <summary>A leaf as its page tells.</summary>
    public Leaf(ReadOnlySpan<byte> prefix, IReadOnlyList<ReadOnlyMemory<byte>> rests, bool keyOnly) : base(prefix, rests) =>
        _documents = keyOnly ? null : new Document[rests.Count];

    private Leaf(Leaf source) : base(source) => CopyDocuments(source, 0, source.Count);

    private Leaf(Leaf source, int from, int count) : base(source, from, count) => CopyDocuments(source, from, count);

    public override int Size => Count;

    public override int Bytes => KeyBytes + (_documents?.Length ?? 0) * 8 + _documentBytes;

    /// <summary>Whether this is a leaf of keys alone.</summary>
    public bool IsKeyOnly => _documents is null;

    public Document? DocumentAt(int at) => _documents?[at];

    public override Leaf Copy() => new(this);

    public Leaf Slice(int from, int count) => new(this, from, count);

    /// <summary>Puts the same version with its JSON in the place of one without; false when that is not there any more.</summary>
    public bool Warm(Document cold, Document warm)
    {
        var at = Array.IndexOf(_documents!, cold);
        if (at < 0) return false;
        Replace(at, warm);
        return true;
    }

    /// <summary>The same leaf with each document that has a page of its own on that page only; null when all of them are. Who reads this one keeps them.</summary>
    public Leaf? WithoutLarge()
    {
        Leaf? lean = null;
        for (var i = 0; i < Count; i++)
        {
            if (DocumentAt(i) is { Page: not 0, IsCold: false } warm) (lean ??= Copy()).Replace(i, new(warm.Id, warm.Timestamp, default) { Page = warm.Page });
        }

        return lean;
    }

    public void Replace(int at, Document? document)
    {
        if (_documents is null) return;
        _documentBytes += document!.Bytes - (_documents[at]?.Bytes ?? 0);
        _documents[at] = document;
    }

    public void Insert(int at, ReadOnlySpan<byte> key, Document? document)
    {
        if (_documents is not null)
        {
            if (_documents.Length == Count) Array.Resize(ref _documents, Math.Min(Node.Width, Count + Count / 4 + 4));
            Array.Copy(_documents, at, _documents, at + 1, Count - at);
            _documents[at] = document!;
            _documentBytes += document!.Bytes;
        }

        InsertKey(at, key);
    }

    public void RemoveAt(int at)
    {
        if (_documents is not null)
        {
            _documentBytes -= _documents[at].Bytes;
            Array.Copy(_documents, at + 1, _documents, at, Count - at - 1);
            _documents[Count - 1] = null!;
        }

        RemoveKey(at);
    }

    private void CopyDocuments(Leaf source, int from, int count)
    {
        if (source._documents is null) return;
        _documents = new Document[count];
        Array.Copy(source._documents, from, _documents, 0, count);
        if (count == source.Count) _documentBytes = source._documentBytes;
        else foreach (var document in _documents) _documentBytes += document.Bytes;
    }
}

/// <summary>A branch: children, and between each two of them a separator that is not greater than any key to its right.</summary>
internal sealed class Branch : NodeContent
{
    // One place more than the width, so that a branch may overflow before it is split.
    private readonly Node[] _children = new Node[Node.Width + 1];
    private int _size;

    /// <summary>A branch of two children.</summary>
    public Branch(Node left, ReadOnlySpan<byte> separator, Node right)
    {
        InsertKey(0, separator);
        (_children[0], _children[1], _size) = (left, right, 2);
    }

    /// <summary>A branch as its page tells.</summary>
    public Branch(ReadOnlySpan<byte> prefix, IReadOnlyList<ReadOnlyMemory<byte>> rests, ReadOnlySpan<long> pages) : base(prefix, rests)
    {
        _size = pages.Length;
        for (var i = 0; i < pages.Length; i++) _children[i] = new(pages[i]);
    }

    private Branch(Branch source) : base(source)
    {
        source._children.CopyTo(_children, 0);
        _size = source._size;
    }

    private Branch(Branch source, int from, int count) : base(source, from, count - 1)
    {
        Array.Copy(source._children, from, _children, 0, count);
        _size = count;
    }

    public override int Size => _size;

    public override int Bytes => KeyBytes + _children.Length * 8 + _size * NodeBytes;

    private static int NodeBytes => 56;

    public ref Node ChildAt(int at) => ref _children[at];

    public override Branch Copy() => new(this);

    public Branch Slice(int from, int count) => new(this, from, count);

    /// <summary>Whether a child's content is in memory.</summary>
    public bool HasChildInMemory
    {
        get
        {
            for (var i = 0; i < _size; i++)
            {
                if (_children[i].Content is not null) return true;
            }

            return false;
        }
    }

    /// <summary>Puts a child to the right of another; there is room.</summary>
    public void InsertAfter(int at, ReadOnlySpan<byte> separator, Node child)
    {
        InsertKey(at, separator);
        Array.Copy(_children, at + 1, _children, at + 2, _size - at - 1);
        _children[at + 1] = child;
        _size++;
    }

    /// <summary>Takes a child out, with the separator on one side of it: the neighbour on that side takes its place.</summary>
    public void RemoveAt(int at, int separator)
    {
        RemoveKey(separator);
        Array.Copy(_children, at + 1, _children, at, _size - at - 1);
        _children[--_size] = null!;
    }
}
