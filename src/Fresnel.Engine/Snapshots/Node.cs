namespace Fresnel.Engine.Snapshots;

/// <summary>A place in a <see cref="PersistentBTree"/>: its content while that is in memory, and the number of the page that holds it once a checkpoint wrote one.</summary>
/// <remarks>
/// The content is immutable once its batch is sealed. One that has a page may leave memory at any time; whoever holds it already keeps it, and whoever comes later
/// loads the page, which holds the same. So no reader ever waits for another, and no version can be stale.
/// </remarks>
internal sealed class Node
{
    /// <summary>Most entries of a leaf and most children of a branch. Between 32 and 64 measured best for reads and path copying alike.</summary>
    public const int Width = 64;

    /// <summary>Below this, a node looks for a neighbour to merge with.</summary>
    public const int Thin = Width / 4;

    private NodeContent? _content;

    /// <summary>A node with its content.</summary>
    public Node(BatchOwner? owner, NodeContent content)
    {
        Owner = owner;
        _content = content;
    }

    /// <summary>A node whose content is on a page.</summary>
    public Node(long page)
    {
        Page = page;
        State = NodeState.Out;
    }

    /// <summary>The batch that may edit it in place.</summary>
    public BatchOwner? Owner { get; }

    /// <summary>The page that holds it; zero until a checkpoint wrote it. Set by the checkpoint only; a copy starts at zero.</summary>
    public long Page { get; set; }

    /// <summary>What it holds; null while that is on its page only.</summary>
    public NodeContent? Content
    {
        get => Volatile.Read(ref _content);
        set => Volatile.Write(ref _content, value);
    }

    /// <summary>Whether it was read since the last look of whoever makes room. Written without a lock: a lost mark costs one load.</summary>
    public bool WasRead { get; set; }

    /// <summary>What its content was counted as. Bytes; kept by the <see cref="Pages.NodeCache"/>.</summary>
    public int CountedBytes { get; set; }

    /// <summary>How it stands with memory. Kept by the <see cref="Pages.NodeCache"/>.</summary>
    public NodeState State { get; set; }

    /// <summary>What it holds, marked as of use; null while that is on its page only.</summary>
    public NodeContent? Read()
    {
        // Only a change is written, so that readers on many cores do not take the line from each other.
        if (!WasRead) WasRead = true;
        return Content;
    }

    /// <summary>This node if the batch owns it, else a copy that it owns.</summary>
    public Node EditableBy(BatchOwner owner)
    {
        if (ReferenceEquals(Owner, owner)) return this;
        owner.Gone.Add(this);
        return owner.Make(Required.Copy());
    }

    /// <summary>What it holds, which must be in memory: nobody edits before that was made sure.</summary>
    public NodeContent Required => Content ?? throw new InvalidOperationException($"Page {Page} was about to be edited without being in memory.");
}

/// <summary>How a node stands with memory.</summary>
internal enum NodeState : byte
{
    /// <summary>Its batch is not sealed.</summary>
    New,

    /// <summary>No checkpoint holds it: it must stay.</summary>
    Dirty,

    /// <summary>A checkpoint holds it: it may go.</summary>
    Clean,

    /// <summary>A checkpoint holds it, and it stays all the same.</summary>
    Pinned,

    /// <summary>Only its page has it.</summary>
    Out,

    /// <summary>It went out of the trees before a checkpoint held it: it stays as long as old snapshots do, and is not counted, unless a checkpoint holds it after all.</summary>
    Gone,
}

/// <summary>Something that must be loaded before a read can go on.</summary>
/// <param name="Node">The node.</param>
/// <param name="Leaf">Its content, when it is a document of it that is missing.</param>
/// <param name="Document">The large document; null when it is the node's content.</param>
internal sealed record Missing(Node Node, Leaf? Leaf, Document? Document);
