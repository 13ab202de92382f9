using Fresnel.Engine.Commits;
using Fresnel.Engine.Log;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Pages;

/// <summary>Start-up: the last checkpoint's row, the catalog's trees, and the log behind it. Nothing else is read before somebody asks for it.</summary>
internal static class Loading
{
    /// <exception cref="StoreException">The store cannot be used, or what it holds is damaged; the message tells a person why.</exception>
    public static async Task<LoadedState> LoadAsync(ICommitStore store, KeyAllocator keys, NodeCache nodes, CancellationToken cancellationToken)
    {
        var head = await store.OpenAsync(cancellationToken);
        try
        {
            var (pending, checkpoint, row) = await LoadCheckpointAsync(head, keys, nodes, cancellationToken);
            await store.SweepPagesAsync(row.NextPage, cancellationToken);
            var replay = new Replay(pending, keys, nodes);
            var (timestamp, next, groups, bytes) = (row.Timestamp, row.LogFrom, 0, 0L);
            await foreach (var logged in store.ReadLogAsync(row.LogFrom, cancellationToken))
            {
                if (logged.Position != next++) throw new InvalidDataException($"The commit log has no group at position {next - 1}.");
                timestamp = await ApplyAsync(replay, logged, cancellationToken);
                groups++;
                bytes += logged.Group.Length;
            }

            if (next < head.LogEnd) throw new InvalidDataException($"The commit log ends at position {next}, where {head.LogEnd} was expected.");
            var snapshot = pending.Seal(timestamp, new());
            return new(new(pending, snapshot, next), checkpoint, row.NextPage, row.Freed, new(row.Timestamp, groups, bytes));
        }
        catch (Exception damaged) when (damaged is InvalidDataException or BrokenInvariantException)
        {
            throw new StoreException(StoreFailure.Unusable, $"The database cannot be read: {damaged.Message} Restore the data folder from a backup.", damaged);
        }
    }

    private static async ValueTask<Timestamp> ApplyAsync(Replay replay, LogRow row, CancellationToken cancellationToken)
    {
        try
        {
            return await replay.ApplyAsync(row.Group, cancellationToken);
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException($"Row {row.Position} of the commit log cannot be applied. {damaged.Message}", damaged);
        }
    }

    private static async Task<(PendingState Pending, Snapshot? Checkpoint, CheckpointRow Row)> LoadCheckpointAsync(
        StoreHead head, KeyAllocator keys, NodeCache nodes, CancellationToken cancellationToken)
    {
        if (head.Checkpoint.IsEmpty)
        {
            if (head.LogStart > 0) throw new InvalidDataException($"The commit log begins at position {head.LogStart}, and the checkpoint before it is gone.");
            return (PendingState.Empty(nodes), null, new(Timestamp.Zero, LogFrom: 0, NextPage: 1, keys.Last, [], []));
        }

        nodes.ExpectMisses();
        var row = CheckpointRow.Read(head.Checkpoint);
        keys.Saw(row.LastKey);
        var owner = new BatchOwner();
        var roots = new RootTable().EditableBy(owner);
        foreach (var root in row.Roots)
        {
            var node = new Node(root.Page);
            if (CatalogTables.Contains(root.Index)) await nodes.PinAsync(node, cancellationToken);
            roots.Set(owner, root.Index, new(node, root.Count, root.KeyOnly));
        }

        var pending = new PendingState(roots, ReadCatalog(roots), nodes);
        return (pending, pending.Seal(row.Timestamp, new()), row);
    }

    private static Catalog ReadCatalog(RootTable roots)
    {
        var catalog = Catalog.Initial;
        foreach (var table in CatalogTables.All)
        {
            var documents = new TreeCursor(roots.Find(table.ById.Key)!, KeyInterval.All, descending: false);
            while (documents.MoveNext()) catalog = catalog.With(table.Key, null, documents.Document!.WithFields());
        }

        return catalog;
    }
}
