using Fresnel.Engine.Commits;
using Fresnel.Engine.Log;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Pages;

/// <summary>Start-up: the last checkpoint, and the log behind it.</summary>
internal static class Loading
{
    /// <exception cref="StoreException">The store cannot be used, or what it holds is damaged; the message tells a person why.</exception>
    public static async Task<LoadedState> LoadAsync(ICommitStore store, KeyAllocator keys, CancellationToken cancellationToken)
    {
        var head = await store.OpenAsync(cancellationToken);
        try
        {
            var (pending, checkpoint, row) = await LoadCheckpointAsync(store, head, keys, cancellationToken);
            await store.SweepPagesAsync(row.NextPage, cancellationToken);
            var (timestamp, next, groups, bytes) = (row.Timestamp, row.LogFrom, 0, 0L);
            await foreach (var logged in store.ReadLogAsync(row.LogFrom, cancellationToken))
            {
                if (logged.Position != next++) throw new InvalidDataException($"The commit log has no group at position {next - 1}.");
                timestamp = Replay.Apply(pending, keys, logged.Group);
                groups++;
                bytes += logged.Group.Length;
            }

            var snapshot = pending.Seal(timestamp, new());
            return new(new(pending, snapshot, next), checkpoint, row.NextPage, new(row.Timestamp, groups, bytes));
        }
        catch (Exception damaged) when (damaged is InvalidDataException or BrokenInvariantException)
        {
            throw new StoreException(StoreFailure.Unusable, $"The database cannot be read: {damaged.Message}", damaged);
        }
    }

    private static async Task<(PendingState Pending, Snapshot? Checkpoint, CheckpointRow Row)> LoadCheckpointAsync(
        ICommitStore store, StoreHead head, KeyAllocator keys, CancellationToken cancellationToken)
    {
        if (head.Checkpoint.IsEmpty) return (PendingState.Empty(), null, new(Timestamp.Zero, head.LogStart, NextPage: 1, keys.Last, []));
        var row = CheckpointRow.Read(head.Checkpoint);
        keys.Saw(row.LastKey);
        var (roots, catalog) = await new PageLoader(store).LoadAsync(row, cancellationToken);
        var pending = new PendingState(roots, catalog);
        return (pending, pending.Seal(row.Timestamp, new()), row);
    }
}
