using Fresnel.Engine.Commits;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Turns;
using Fresnel.Engine.Watches;
using Fresnel.Values;

namespace Fresnel.Engine;

/// <summary>A reactive document database over a store: begins transactions, orders commits, says who must hear of them.</summary>
public sealed class Database : IAsyncDisposable
{
    private readonly ICommitStore _store;
    private readonly DatabaseOptions _options;
    private readonly IReadOnlyList<SystemTable> _systemTables;
    private readonly KeyAllocator _keys;
    private readonly Committer _committer;
    private readonly Publisher _publisher;
    private readonly WatchList _watches;
    private readonly Checkpointer _checkpointer;
    private readonly Upkeep _upkeep;
    private bool _disposed;

    private Database(ICommitStore store, DatabaseOptions options, IReadOnlyList<SystemTable> systemTables, KeyAllocator keys, NodeCache nodes, LoadedState loaded)
    {
        Nodes = nodes;
        _store = store;
        _options = options;
        _systemTables = systemTables;
        _keys = keys;
        Start = loaded.Report;
        _watches = new(loaded.Start.Snapshot.Timestamp);
        _publisher = new(options, _watches);
        _checkpointer = new(store, options, keys, nodes, loaded);
        _committer = new(store, options, loaded.Start, _checkpointer.Note, _publisher.PublishAsync, nodes, _checkpointer.Relief, Contention);
        _upkeep = new(this, options);
    }

    /// <summary>The newest snapshot that is durable.</summary>
    public Snapshot Published => _committer.Published;

    /// <summary>Which nodes are in memory.</summary>
    internal NodeCache Nodes { get; }

    /// <summary>How many log groups were replayed at start, and from which position: for tests and the log.</summary>
    public StartReport Start { get; }

    /// <summary>Why commits have stopped until the process is started again; null while they go on. Reads go on either way.</summary>
    public Exception? Stopped => _committer.Stopped;

    /// <summary>Opens a database: reads the last checkpoint and the log behind it, and makes the system tables at the first start.</summary>
    /// <exception cref="StoreException">The store cannot be used; the message tells a person why.</exception>
    public static async Task<Database> OpenAsync(ICommitStore store, DatabaseOptions options, CancellationToken cancellationToken)
    {
        var systemTables = EngineTables.With(options.SystemTables);
        var keys = new KeyAllocator();
        var nodes = new NodeCache(store, options.MemoryBudget);
        LoadedState loaded;
        try
        {
            loaded = await Loading.LoadAsync(store, keys, nodes, cancellationToken);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }

        var database = new Database(store, options, systemTables, keys, nodes, loaded);
        database._publisher.Start();
        database._committer.Start();
        database._checkpointer.Start();
        try
        {
            await database.CreateSystemTablesAsync(cancellationToken);
            database.Subscribe(database._upkeep);
            database._upkeep.Start();
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins a transaction that only reads, from a published snapshot (the newest when none is given).</summary>
    public Transaction BeginRead(Snapshot? snapshot = null, TransactionLimits? limits = null) =>
        new(snapshot ?? Published, readOnly: true, limits ?? _options.Limits.Transactions, _options, _keys, Nodes);

    /// <summary>Begins a transaction that may write, from the newest sealed roots.</summary>
    public Transaction BeginWrite(TransactionLimits? limits = null) => BeginWrite(limits, contender: null);

    /// <summary>Begins what may take several runs to write: it waits for its turn when it lost, and so it is never in vain.</summary>
    /// <param name="limits">Of each run.</param>
    public Contender Contend(TransactionLimits? limits = null) => new(this, limits);

    /// <summary>How often transactions were in each other's way.</summary>
    public ContentionReport Contended => Contention.Counters.Read();

    /// <summary>What finding the watches that commits touched has cost.</summary>
    public WatchReport Watched => _publisher.Report;

    /// <summary>Bytes that were appended to the log since the start.</summary>
    public long LogBytes => _committer.LogBytes;

    /// <summary>Bytes of documents and nodes of indexes in memory.</summary>
    public long ResidentBytes => Nodes.ResidentBytes;

    /// <summary>Who waits for whom.</summary>
    internal Contention Contention { get; } = new();

    /// <summary>The newest roots that a transaction which writes may begin from.</summary>
    internal Snapshot Sealed => _committer.Sealed;

    internal Transaction BeginWrite(TransactionLimits? limits, Contender? contender) =>
        new(_committer.Sealed, readOnly: false, limits ?? _options.Limits.Transactions, _options, _keys, Nodes) { SystemTables = _systemTables, Contender = contender };

    internal Transaction BeginProtected(Snapshot snapshot, TransactionLimits? limits, Contender contender, Protection protection) =>
        new(snapshot, readOnly: false, limits ?? _options.Limits.Transactions, _options, _keys, Nodes, protection) { SystemTables = _systemTables, Contender = contender };

    /// <summary>Has the committer hold up what would get in the way; returns the roots behind all that it let through before.</summary>
    internal Task<Snapshot> ReserveAsync(Protection protection, CancellationToken cancellationToken) => _committer.ReserveAsync(protection, cancellationToken);

    /// <summary>Lets go on what was held up.</summary>
    internal void Release(Protection protection) => _committer.Release(protection);

    /// <summary>Hands a transaction to the committer, which owns it from here on.</summary>
    /// <remarks>One that wrote nothing is not ordered; it is published when its begin timestamp is durable.</remarks>
    public async ValueTask<Commit> SubmitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        transaction.Reads.Settle();
        var prepared = transaction.IsUnwritten ? null : PreparedCommit.Make(transaction);
        var commit = new Commit(transaction, prepared is { Writes.Length: > 0 } ? prepared : null);
        try
        {
            await _committer.SubmitAsync(commit, cancellationToken);
        }
        catch
        {
            // It was not taken.
            transaction.Dispose();
            throw;
        }

        return commit;
    }

    /// <summary>Watches what was read. One that is stale already by a commit after <paramref name="asOf"/> says so at once and is not named in a publication.</summary>
    /// <param name="reads">What to watch; must not change afterwards.</param>
    /// <param name="asOf">The timestamp of the snapshot that was read; not older than the recent writes that are kept (else it counts as stale).</param>
    /// <param name="owner">Whatever the owner wants to find again.</param>
    public Watch Watch(ReadSet reads, Timestamp asOf, object? owner) => _watches.Add(reads, asOf, owner);

    /// <summary>Starts to tell a listener of publications; dispose to stop.</summary>
    public IDisposable Subscribe(IPublicationListener listener) => _publisher.Subscribe(listener);

    /// <summary>Writes a checkpoint now and waits for it.</summary>
    public Task CheckpointAsync(CancellationToken cancellationToken) => _checkpointer.RunAsync(cancellationToken);

    /// <summary>Finishes what was submitted, then closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _upkeep.DisposeAsync();
        await _committer.DisposeAsync();
        await _publisher.DisposeAsync();
        await _checkpointer.DisposeAsync();
        await _store.DisposeAsync();
    }

    /// <summary>At the first start makes the system tables; later, those tables and indexes that newer code brings.</summary>
    private async Task CreateSystemTablesAsync(CancellationToken cancellationToken)
    {
        await RunAtStartAsync(transaction =>
        {
            foreach (var component in transaction.Catalog.Components.ToArray()) transaction.CreateComponent(component);
        }, cancellationToken);

        var backfill = new Backfill(this);
        while (await backfill.StepAsync(IsOfSystemTable, cancellationToken))
        {
        }

        await RunAtStartAsync(transaction =>
        {
            foreach (var index in transaction.Catalog.Tables.Where(table => table.IsSystem).SelectMany(table => table.Indexes).Where(index => index.State == IndexState.Backfilled))
                transaction.EnableIndex(index);
        }, cancellationToken);
    }

    private bool IsOfSystemTable(Tables.Index index) => _committer.Sealed.Catalog.Find(index.Table) is { IsSystem: true };

    private async Task RunAtStartAsync(Action<Transaction> work, CancellationToken cancellationToken)
    {
        var transaction = BeginWrite(TransactionLimits.None);
        work(transaction);
        var commit = await SubmitAsync(transaction, cancellationToken);
        var result = await commit.Published.OrCanceled(cancellationToken);
        if (result.Outcome != CommitOutcome.Committed)
            throw new StoreException(StoreFailure.Unusable, "The system tables could not be made; the store did not take the commit.", Stopped);
    }
}

/// <summary>What start-up found.</summary>
/// <param name="CheckpointTimestamp">The timestamp of the checkpoint; zero when there was none.</param>
/// <param name="ReplayedGroups">Log groups behind it that were applied.</param>
/// <param name="ReplayedBytes">Their bytes.</param>
public sealed record StartReport(Timestamp CheckpointTimestamp, int ReplayedGroups, long ReplayedBytes);
