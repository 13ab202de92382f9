namespace Fresnel.Engine.Snapshots;

/// <summary>Ownership of the nodes born in one batch: whoever holds it may edit them in place, until the batch is sealed and the token is thrown away.</summary>
/// <remarks>Compared by reference only. A sealed batch's token lies in no hand any more, so nobody can edit its nodes again.</remarks>
internal sealed class BatchOwner
{
    /// <summary>The nodes that the batch made, those that it took out again included.</summary>
    public List<Node> Born { get; } = [];

    /// <summary>The nodes that the batch copied or took out: they are in older versions only.</summary>
    public List<Node> Gone { get; } = [];

    /// <summary>Takes a whole tree out. Below a node that a checkpoint holds, all are held by it; those leave memory like any that nobody reads.</summary>
    public void TakeOut(Node node)
    {
        if (node.State is not (NodeState.New or NodeState.Dirty)) return;
        Gone.Add(node);
        for (var i = 0; node.Content is Branch branch && i < branch.Size; i++) TakeOut(branch.ChildAt(i));
    }

    /// <summary>The batch is sealed and counted: its nodes live on and know it, so it must not hold on to others.</summary>
    public void Forget()
    {
        Born.Clear();
        Gone.Clear();
        Born.TrimExcess();
        Gone.TrimExcess();
    }

    /// <summary>Makes a node of the batch.</summary>
    public Node Make(NodeContent content)
    {
        var node = new Node(this, content);
        Born.Add(node);
        return node;
    }
}
