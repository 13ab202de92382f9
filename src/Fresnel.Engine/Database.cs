using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Fresnel.Values;

namespace Fresnel.Engine;

/// <summary>A reactive document database over a store: begins transactions, orders commits, says who must hear of them.</summary>
public sealed class Database : IAsyncDisposable
{
    /// <summary>Opens a database: reads the last checkpoint and the log behind it, and makes the system tables at the first start.</summary>
    /// <exception cref="StoreException">The store cannot be used; the message tells a person why.</exception>
    public static Task<Database> OpenAsync(ICommitStore store, DatabaseOptions options, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The newest snapshot that is durable.</summary>
    public Snapshot Published => throw new NotImplementedException();

    /// <summary>How many log groups were replayed at start, and from which position: for tests and the log.</summary>
    public StartReport Start => throw new NotImplementedException();

    /// <summary>Begins a transaction that only reads, from a published snapshot (the newest when none is given).</summary>
    public Transaction BeginRead(Snapshot? snapshot = null, TransactionLimits? limits = null) => throw new NotImplementedException();

    /// <summary>Begins a transaction that may write, from the newest sealed roots.</summary>
    public Transaction BeginWrite(TransactionLimits? limits = null) => throw new NotImplementedException();

    /// <summary>Hands a transaction to the committer, which owns it from here on.</summary>
    /// <remarks>One that wrote nothing is not ordered; it is published when its begin timestamp is durable.</remarks>
    public ValueTask<Commit> SubmitAsync(Transaction transaction, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Watches what was read. One that is stale already by a commit after <paramref name="asOf"/> says so at once and is not named in a publication.</summary>
    /// <param name="reads">What to watch; must not change afterwards.</param>
    /// <param name="asOf">The timestamp of the snapshot that was read; not older than the recent writes that are kept (else it counts as stale).</param>
    /// <param name="owner">Whatever the owner wants to find again.</param>
    public Watch Watch(ReadSet reads, Timestamp asOf, object? owner) => throw new NotImplementedException();

    /// <summary>Starts to tell a listener of publications; dispose to stop.</summary>
    public IDisposable Subscribe(IPublicationListener listener) => throw new NotImplementedException();

    /// <summary>Writes a checkpoint now and waits for it.</summary>
    public Task CheckpointAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Finishes what was submitted, then closes the store.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>What start-up found.</summary>
/// <param name="CheckpointTimestamp">The timestamp of the checkpoint; zero when there was none.</param>
/// <param name="ReplayedGroups">Log groups behind it that were applied.</param>
/// <param name="ReplayedBytes">Their bytes.</param>
public sealed record StartReport(Timestamp CheckpointTimestamp, int ReplayedGroups, long ReplayedBytes);
