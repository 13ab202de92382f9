using Fresnel.Engine.Pages;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Commits;

/// <summary>What must be in memory for a write to be applied: the committer never reads the disk, so it is made sure of before, and looked at again by it.</summary>
internal static class Residency
{
    /// <summary>Loads what a commit will need. It is kept at hand, so that what is let go of meanwhile can be put back.</summary>
    public static async ValueTask LoadAsync(NodeCache nodes, Snapshot roots, Commit commit, CancellationToken cancellationToken)
    {
        foreach (var write in commit.Prepared!.Writes)
        {
            while (FindMissing(roots.Roots, roots.Catalog, write) is { } missing)
            {
                await nodes.LoadAsync(missing, roots.Timestamp, cancellationToken);
                if (missing is { Document: null, Node.Content: { } content }) (commit.Loaded ??= []).Add((missing.Node, content));
            }
        }
    }

    /// <summary>Whether something that a commit needs is out of memory, also when what was loaded for it is put back.</summary>
    public static bool IsMissing(NodeCache nodes, PendingState pending, Commit commit)
    {
        if (pending.FindMissing(commit.Prepared!) is null) return false;
        foreach (var (node, content) in commit.Loaded ?? []) nodes.Restore(node, content);
        return pending.FindMissing(commit.Prepared!) is not null;
    }

    /// <summary>The first thing that a write would miss in these roots; null when there is nothing.</summary>
    public static Missing? FindMissing(RootTable roots, Catalog catalog, PreparedWrite write)
    {
        // A table made by the same commit has no trees yet.
        if (Path(roots, write.Table.ById.Key, write.IdKey) is { } missing) return missing;
        foreach (var change in write.Changes)
        {
            if (!change.Moves || !IsMaintained(catalog, change.Index, write.IdKey)) continue;
            if (change.Before is not null && Path(roots, change.Index.Key, change.Before) is { } before) return before;
            if (change.After is not null && Path(roots, change.Index.Key, change.After) is { } after) return after;
        }

        return write.Table.Key == CatalogTables.Backfills.Key && write.Before is not null ? FindMissingOfStep(roots, catalog, write) : null;
    }

    /// <summary>Whether a write must keep an index up to date: one that is being filled holds the documents up to its cursor.</summary>
    public static bool IsMaintained(Catalog catalog, Tables.Index index, ReadOnlySpan<byte> idKey)
    {
        if (index.State != IndexState.Backfilling) return true;
        return catalog.Find(index.Key)?.Cursor is { } cursor && idKey.SequenceCompareTo(cursor.Span) <= 0;
    }

    /// <summary>The keys of <c>by_id</c> behind one cursor and up to another; null stands for either end.</summary>
    public static KeyInterval Between(ReadOnlyMemory<byte>? from, ReadOnlyMemory<byte>? to)
    {
        var interval = KeyInterval.All;
        if (from is { } first) interval = interval with { Lower = KeyInterval.Successor(first.Span) };
        if (to is { } last) interval = interval with { Upper = KeyInterval.Successor(last.Span) };
        return interval;
    }

    /// <summary>A step of filling an index reads documents and puts their keys.</summary>
    private static Missing? FindMissingOfStep(RootTable roots, Catalog catalog, PreparedWrite write)
    {
        if (catalog.Find(BackfillDocument.IndexOf(write.Before!)) is not { } index) return null;
        var to = write.After is null ? null : BackfillDocument.CursorOf(write.After);
        var documents = new TreeCursor(roots.Find(catalog.Find(index.Table)!.ById.Key)!, Between(BackfillDocument.CursorOf(write.Before!), to), descending: false);
        while (documents.MoveNext())
        {
            if (documents.Missing is { } cold) return cold;
            if (Path(roots, index.Key, IndexKey.Encode(documents.Document!.Fields, index.Fields)) is { } missing) return missing;
        }

        return documents.Missing;
    }

    private static Missing? Path(RootTable roots, IndexKeyId index, ReadOnlySpan<byte> key) =>
        roots.Find(index)?.FindMissing(key) is { } node ? new(node, null, null) : null;
}
