using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Tables;

namespace Fresnel.Engine.Pages;

/// <summary>What a checkpoint must write, and what it frees: the difference between the trees of the last one and those of a newer snapshot.</summary>
/// <remarks>
/// A node that has a page is in the last checkpoint with all that is below it, so the walk of the new trees ends there (<c>kept</c>); the walk of the old trees
/// ends at the same nodes, and every other page that it meets is in use no more. A node has one parent in a tree, so no kept node lies below a freed one
/// without being met in the new trees first. The cost follows what changed; what is met of the old trees and is not in memory is read for its page numbers only.
/// </remarks>
internal sealed class PageDifference
{
    private readonly HashSet<long> _kept = [];

    private PageDifference()
    {
    }

    /// <summary>Nodes without a page, children before their parents; those of the catalog's trees first.</summary>
    public List<Node> Nodes { get; } = [];

    /// <summary>How many of them are of the catalog's trees.</summary>
    public int CatalogNodes { get; private set; }

    /// <summary>Pages that nothing refers to any more once the checkpoint is flipped to.</summary>
    public List<long> Freed { get; } = [];

    /// <summary>Pages among them that are damaged: what lies below these is not freed.</summary>
    public List<long> Damaged { get; } = [];

    /// <param name="last">The snapshot of the last checkpoint; null when there was none.</param>
    /// <param name="next">The snapshot to be written.</param>
    /// <param name="store">Where pages are read that are not in memory.</param>
    public static async Task<PageDifference> BetweenAsync(Snapshot? last, Snapshot next, ICommitStore store)
    {
        var difference = new PageDifference();
        foreach (var (index, tree) in next.Roots.All())
        {
            difference.Collect(tree.Root);
            if (CatalogTables.Contains(index)) difference.CatalogNodes = difference.Nodes.Count;
        }

        if (last is null) return difference;
        foreach (var (_, tree) in last.Roots.All()) await difference.FreeAsync(tree.Root, store);
        return difference;
    }

    private void Collect(Node node)
    {
        if (node.Page != 0)
        {
            _kept.Add(node.Page);
            return;
        }

        if (node.Required is Branch branch)
        {
            for (var i = 0; i < branch.Size; i++) Collect(branch.ChildAt(i));
        }
        else if (node.Required is Leaf leaf)
        {
            for (var i = 0; i < leaf.Count; i++)
            {
                if (leaf.DocumentAt(i) is { Page: not 0 } document) _kept.Add(document.Page);
            }
        }

        Nodes.Add(node);
    }

    private async ValueTask FreeAsync(Node node, ICommitStore store)
    {
        if (_kept.Contains(node.Page)) return;
        Freed.Add(node.Page);
        switch (node.Content ?? await ReadAsync(node.Page, store))
        {
            case Branch branch:
                for (var i = 0; i < branch.Size; i++) await FreeAsync(branch.ChildAt(i), store);
                break;
            case Leaf leaf:
                for (var i = 0; i < leaf.Count; i++)
                {
                    if (leaf.DocumentAt(i) is { Page: not 0 } document && !_kept.Contains(document.Page)) Freed.Add(document.Page);
                }

                break;
        }
    }

    /// <summary>What a page holds; null when it is damaged. Nobody needs it any more, so it is no reason for having no checkpoint ever again.</summary>
    private async ValueTask<NodeContent?> ReadAsync(long page, ICommitStore store)
    {
        try
        {
            return PageFormat.Read((await store.ReadPagesAsync([page], CancellationToken.None))[0], page);
        }
        catch (Exception damaged) when (damaged is InvalidDataException or StoreException { Failure: StoreFailure.Damaged })
        {
            Damaged.Add(page);
            return null;
        }
    }
}
