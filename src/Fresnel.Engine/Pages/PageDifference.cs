using Fresnel.Engine.Snapshots;

namespace Fresnel.Engine.Pages;

/// <summary>What a checkpoint must write, and what it frees: the difference between the trees of the last one and those of a newer snapshot.</summary>
/// <remarks>
/// A node that has a page is in the last checkpoint with all that is below it, so the walk of the new trees ends there (<c>kept</c>); the walk of the old trees
/// ends at the same nodes, and every other page that it meets is in use no more. A node has one parent in a tree, so no kept node lies below a freed one
/// without being met in the new trees first. The cost follows what changed.
/// </remarks>
internal sealed class PageDifference
{
    private readonly HashSet<long> _kept = [];

    private PageDifference()
    {
    }

    /// <summary>Nodes without a page, children before their parents.</summary>
    public List<Node> Nodes { get; } = [];

    /// <summary>Pages that nothing refers to any more once the checkpoint is flipped to.</summary>
    public List<long> Freed { get; } = [];

    /// <param name="last">The snapshot of the last checkpoint; null when there was none.</param>
    /// <param name="next">The snapshot to be written.</param>
    public static PageDifference Between(Snapshot? last, Snapshot next)
    {
        var difference = new PageDifference();
        foreach (var (_, tree) in next.Roots.All()) difference.Collect(tree.Root);
        if (last is null) return difference;
        foreach (var (_, tree) in last.Roots.All()) difference.Free(tree.Root);
        return difference;
    }

    private void Collect(Node node)
    {
        if (node.Page != 0)
        {
            _kept.Add(node.Page);
            return;
        }

        for (var i = 0; i < node.Count; i++)
        {
            if (node is Branch branch) Collect(branch.ChildAt(i));
            else if (((Leaf)node).DocumentAt(i) is { Page: not 0 } document) _kept.Add(document.Page);
        }

        Nodes.Add(node);
    }

    private void Free(Node node)
    {
        if (_kept.Contains(node.Page)) return;
        Freed.Add(node.Page);
        for (var i = 0; i < node.Count; i++)
        {
            if (node is Branch branch) Free(branch.ChildAt(i));
            else if (((Leaf)node).DocumentAt(i) is { Page: not 0 } document && !_kept.Contains(document.Page)) Freed.Add(document.Page);
        }
    }
}
