using Fresnel.Engine.Log;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Turns;
using Fresnel.Values;
using Microsoft.Extensions.Logging;

namespace Fresnel.Engine.Commits;

/// <summary>Puts transactions in order: one loop, one bounded queue, nothing else writes.</summary>
/// <remarks>
/// <code>
///   queue ─► Step: validate ─► order ─► apply ─► stage     (synchronous, on pending roots)
///                                          │ seal: a new snapshot for transactions that write
///                                          ▼
///            forming group ─► append to the store ─► publish: a new snapshot for everyone, then the answers
/// </code>
/// While one group is being made durable, steps go on, and all that they stage makes up the next group.
/// What a step leaves behind tells what is due: a dirty batch must be sealed, a group that is not empty must be appended.
/// </remarks>
internal sealed partial class Committer : IAsyncDisposable
{
    /// <summary>Transactions of one batch at most, so that sealed roots are never far behind.</summary>
    private const int BatchLength = 1_024;

    /// <summary>Bytes of a group beyond which the queue waits until the group before is durable.</summary>
    private const int GroupBytes = 16 << 20;

    private readonly ICommitStore _store;
    private readonly DatabaseOptions _options;
    private readonly ILogger _log;
    private readonly Arrivals _arrivals;
    private readonly Admission _admission;
    private readonly Action<PublishedGroup> _note;
    private readonly Func<PublishedGroup, ValueTask> _tell;
    private readonly NodeCache _nodes;
    private readonly Func<Task?> _relief;
    private readonly List<Commit> _batch = [];

    /// <summary>Those of the batch that lost; they hear of it once the roots that hold the winner are sealed, so that the next run begins from these.</summary>
    private readonly List<(Commit Commit, CommitResult Result)> _lost = [];

    /// <summary>Guards <see cref="_waiting"/>, <see cref="_stopped"/> and the step of publishing, which callers with nothing to write look at.</summary>
    private readonly Lock _gate = new();

    /// <summary>Commits that wrote nothing and began from roots that are not durable yet.</summary>
    private readonly List<Commit> _waiting = [];

    private PendingState _pending;
    private readonly RecentWrites _recent;
    private Lineage _lineage;
    private Snapshot _sealed;
    private Snapshot _published;
    private Timestamp _lastTimestamp;
    private long _position;
    private long _logBytes;
    private CommitGroup _forming = new();
    private CommitGroup? _inFlight;
    private CommitGroup? _spare; // An empty one.
    private Exception? _stopped;
    private Task _loop = Task.CompletedTask;

    /// <param name="store">Where groups go.</param>
    /// <param name="options">How the database is run.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="note">Takes note of a published group, before anyone is answered; returns at once.</param>
    /// <param name="tell">Takes a published group over to tell others of it.</param>
    /// <param name="nodes">Which nodes are in memory.</param>
    /// <param name="relief">The checkpoint that will make dirty nodes clean; null when none is under way.</param>
    /// <param name="contention">Who waits for whom.</param>
    public Committer(
        ICommitStore store, DatabaseOptions options, StartState start, Action<PublishedGroup> note, Func<PublishedGroup, ValueTask> tell, NodeCache nodes, Func<Task?> relief, Contention contention)
    {
        _nodes = nodes;
        _relief = relief;
        _store = store;
        _options = options;
        _log = options.Log.CreateLogger<Committer>();
        _arrivals = new(options.CommitQueueLength, contention.Counters);
        _note = note;
        _tell = tell;
        _pending = start.Pending;
        _lineage = start.Snapshot.Lineage;
        _sealed = _published = start.Snapshot;
        _recent = new(start.Snapshot.Timestamp);
        _admission = new(_recent, contention.Turns);
        _lastTimestamp = start.Snapshot.Timestamp;
        _position = start.LogEnd;
    }

    /// <summary>The newest roots that are durable.</summary>
    public Snapshot Published => Volatile.Read(ref _published);

    /// <summary>The newest roots that a transaction which writes may begin from.</summary>
    public Snapshot Sealed => Volatile.Read(ref _sealed);

    /// <summary>Bytes of groups that were published since the start.</summary>
    public long LogBytes => Volatile.Read(ref _logBytes);

    /// <summary>Why commits have stopped for good; null while they go on.</summary>
    public Exception? Stopped => Volatile.Read(ref _stopped);

    public void Start() => _loop = Loop.Start(_options.Scheduler, RunAsync);

    /// <summary>Takes a commit in; waits at the door while the queue is full.</summary>
    public async ValueTask SubmitAsync(Commit commit, CancellationToken cancellationToken)
    {
        if (commit.Prepared is null)
        {
            EndUnwritten(commit);
            return;
        }

        if (_nodes.MayMiss) await Residency.LoadAsync(_nodes, Sealed, commit, cancellationToken);
        await _arrivals.EnqueueAsync(commit, cancellationToken);
    }

    /// <summary>Finishes what was submitted, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _arrivals.Close();
        await _loop;
    }

    /// <inheritdoc cref="Arrivals.ReserveAsync"/>
    public Task<Snapshot> ReserveAsync(Protection protection, CancellationToken cancellationToken) => _arrivals.ReserveAsync(protection, cancellationToken);

    /// <inheritdoc cref="Arrivals.Release"/>
    public void Release(Protection protection) => _arrivals.Release(protection);

    /// <summary>A commit missed something at its turn: not a conflict, it loads it and comes again.</summary>
    private async Task ReturnAsync(Commit commit)
    {
        try
        {
            await Residency.LoadAsync(_nodes, Sealed, commit, CancellationToken.None);
            await _arrivals.EnqueueAsync(commit, CancellationToken.None);
        }
        catch (Exception failed)
        {
            LogNotLoaded(failed);
            commit.End(new(failed is SnapshotTooOldException ? CommitOutcome.Conflict : CommitOutcome.Refused, Timestamp.Zero));
        }
    }

    private async Task RunAsync()
    {
        Task<bool>? arrival = null;
        Task? append = null;
        while (true)
        {
            if (append is { IsCompleted: true })
            {
                await SettleAsync(append);
                append = null;
            }

            Step();
            if (append is null && _forming.Commits.Count > 0 && _stopped is null)
            {
                append = AppendAsync();
                continue;
            }

            if (append is not null && _forming.Bytes >= GroupBytes)
            {
                await Task.WhenAny(append);
                continue;
            }

            // Once commits have stopped, what is in the lost tail stays dirty: no checkpoint would ever make room.
            if (_stopped is null && _nodes.IsFull && _relief() is { } relief)
            {
                await Task.WhenAny(relief, append ?? relief);
                continue;
            }

            if (_arrivals.HasReadmitted) continue;
            arrival ??= _arrivals.WaitAsync();
            if (!arrival.IsCompleted) await Task.WhenAny(arrival, append ?? arrival);
            if (!arrival.IsCompleted) continue;
            if (!await arrival && append is null) break;
            if (await arrival) arrival = null;
            else if (append is not null) await Task.WhenAny(append);
        }

        var unknown = new CommitResult(CommitOutcome.Unknown, Timestamp.Zero);
        _arrivals.End(unknown);
        lock (_gate) EndWaiting(unknown);
    }

    /// <summary>One batch: takes what has arrived, puts it in order, seals the roots.</summary>
    private void Step()
    {
        try
        {
            _nodes.Hold();
            while (_batch.Count < BatchLength && _forming.Bytes < GroupBytes && !MustWaitForCheckpoint() && _arrivals.TryTake(out var commit))
            {
                if (_stopped is not null) commit.End(new(CommitOutcome.Unknown, Timestamp.Zero));
                else Admit(commit);
            }

            if (_batch.Count > 0) SealBatch();
            _arrivals.Sealed(_sealed);
            foreach (var (commit, result) in _lost) commit.End(result);
            _lost.Clear();
        }
        catch (Exception broken)
        {
            // Whatever it was, the pending roots cannot be trusted; published ones are sealed and stay good.
            Stop(broken);
        }
        finally
        {
            _nodes.Release();
        }
    }

    private void Admit(Commit commit)
    {
        if (_admission.FindLoss(commit) is { } lost)
        {
            _lost.Add((commit, lost));
            return;
        }

        if (_nodes.IsFull)
        {
            // No checkpoint is under way, so none will help: the last one failed.
            _lost.Add((commit, new(CommitOutcome.Refused, Timestamp.Zero)));
            return;
        }

        // Before memory is looked at: where a document goes that names its commit's timestamp is known only now.
        var timestamp = NextTimestamp();
        commit.Prepared!.Finish(timestamp);
        if (_nodes.MayMiss && Residency.IsMissing(_nodes, _pending, commit))
        {
            _ = Loop.Start(_options.Scheduler, () => ReturnAsync(commit));
            return;
        }

        commit.Timestamp = _lastTimestamp = timestamp;
        Stage(commit);
        _arrivals.Admitted(commit);
    }

    private bool MustWaitForCheckpoint() => _stopped is null && _nodes.IsFull && _relief() is not null;

    private Timestamp NextTimestamp()
    {
        var now = Timestamp.FromClock(_options.Time.GetUtcNow());
        var next = new Timestamp(_lastTimestamp.Nanoseconds + 1);
        return now > next ? now : next;
    }

    private void Stage(Commit commit)
    {
        var prepared = commit.Prepared!;
        _forming.Commits.Add(commit);
        _batch.Add(commit);
        prepared.WriteTo(_forming.Log, commit.Timestamp);
        foreach (var write in prepared.Writes) _pending.Apply(commit.Timestamp, write);
        _recent.Add(commit.Timestamp, prepared.Writes);
    }

    private void SealBatch()
    {
        var snapshot = _pending.Seal(_lastTimestamp, _lineage);
        _forming.Snapshot = snapshot;
        Volatile.Write(ref _sealed, snapshot);
        foreach (var commit in _batch) commit.Seal();
        _batch.Clear();
        _recent.Age(Timestamp.FromClock(_options.Time.GetUtcNow() - _options.RecentWrites));
    }

    /// <summary>Asynchronous, so that whatever a store throws comes out of the task.</summary>
    private async Task AppendAsync()
    {
        _inFlight = _forming;
        _forming = _spare ?? new();
        _spare = null;
        await _store.AppendAsync(_position, _inFlight.Log.Finish(), CancellationToken.None);
    }

    private async Task SettleAsync(Task append)
    {
        try
        {
            await append;
            if (_stopped is not null) return;
            var written = _inFlight!;
            await PublishAsync();
            _spare = written.Next();
        }
        catch (StoreException refused) when (refused.Failure == StoreFailure.Refused)
        {
            LogRefused(refused.Message);
            DropTail();
        }
        catch (StoreException lost) when (lost.Failure == StoreFailure.Unknown)
        {
            LogLost(lost.Message);
            await ReopenAsync();
        }
        catch (Exception failed)
        {
            Stop(failed);
        }
    }

    private async ValueTask PublishAsync()
    {
        var group = _inFlight!;
        _inFlight = null;
        var published = new PublishedGroup(group.Snapshot!, group.Commits, ++_position, group.Log.Length);
        Volatile.Write(ref _logBytes, _logBytes + published.LogBytes);
        _note(published);
        lock (_gate)
        {
            Volatile.Write(ref _published, group.Snapshot!);
            EndWaiting(through: group.Snapshot!.Timestamp);
        }

        foreach (var commit in group.Commits) commit.Publish();
        await _tell(published);
    }

    /// <summary>The connection was lost: the log's end tells whether the group is in.</summary>
    private async Task ReopenAsync()
    {
        try
        {
            var head = await _store.OpenAsync(CancellationToken.None);
            if (head.LogEnd == _position + 1) await PublishAsync();
            else if (head.LogEnd == _position) DropTail();
            else throw new BrokenInvariantException($"The log ends at {head.LogEnd}, where {_position} or the next was expected.");
        }
        catch (Exception failed)
        {
            Stop(failed);
        }
    }

    /// <summary>Nothing behind the published roots happened: those who are in the tail hear of it, and pending begins again from published.</summary>
    private void DropTail()
    {
        var refused = new CommitResult(CommitOutcome.Refused, Timestamp.Zero);
        var durable = _published.Timestamp;
        _lineage.LoseAfter(durable);
        _lineage = new();
        var published = new Snapshot(durable, _published.Roots, _published.Catalog, _lineage, _published.Epoch);
        _pending = new(published.Roots, published.Catalog, _nodes);
        _recent.DropAfter(durable);
        lock (_gate)
        {
            // First of all, so that what comes after one of them in its session cannot begin from roots without it and take its place.
            foreach (var commit in (IEnumerable<Commit>)[.. _inFlight?.Commits ?? [], .. _forming.Commits, .. _waiting]) commit.Lose();
            Volatile.Write(ref _published, published);
            Volatile.Write(ref _sealed, published);
            _nodes.Recount(published.Roots);
            EndWaiting(refused);
        }

        EndTail(refused);
    }

    /// <summary>Commits stop for good in this process; reads go on.</summary>
    private void Stop(Exception reason)
    {
        LogStopped(reason);
        _arrivals.Close();
        var unknown = new CommitResult(CommitOutcome.Unknown, Timestamp.Zero);
        lock (_gate)
        {
            Volatile.Write(ref _stopped, reason);
            EndWaiting(unknown);
        }

        EndTail(unknown);
        _arrivals.End(unknown);
    }

    private void EndTail(CommitResult result)
    {
        foreach (var commit in _inFlight?.Commits ?? []) commit.End(result);
        foreach (var commit in _forming.Commits) commit.End(result);
        foreach (var (commit, _) in _lost) commit.End(result);
        _inFlight = null;
        _forming = new();
        _batch.Clear();
        _lost.Clear();
    }

    /// <summary>One that wrote nothing is not ordered: it ends when what it read is durable.</summary>
    private void EndUnwritten(Commit commit)
    {
        var snapshot = commit.Transaction.Snapshot;
        commit.Timestamp = snapshot.Timestamp;
        lock (_gate)
        {
            if (snapshot.Lineage.HasLost(snapshot.Timestamp)) commit.End(new(CommitOutcome.Refused, Timestamp.Zero));
            else if (snapshot.Timestamp <= _published.Timestamp) commit.Publish();
            else if (_stopped is not null) commit.End(new(CommitOutcome.Unknown, Timestamp.Zero));
            else
            {
                commit.Seal();
                _waiting.Add(commit);
            }
        }
    }

    private void EndWaiting(Timestamp through)
    {
        foreach (var commit in _waiting)
        {
            if (commit.Timestamp <= through) commit.Publish();
        }

        _waiting.RemoveAll(commit => commit.Timestamp <= through);
    }

    private void EndWaiting(CommitResult result)
    {
        foreach (var commit in _waiting) commit.End(result);
        _waiting.Clear();
    }

    [LoggerMessage(100, LogLevel.Warning, "The store refused a group of commits; nothing of it was written: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(101, LogLevel.Warning, "The store was lost while a group of commits was being written; reopening it: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(103, LogLevel.Error, "What a commit needs could not be loaded.")]
    private partial void LogNotLoaded(Exception reason);

    [LoggerMessage(102, LogLevel.Critical, "Commits have stopped until the process is started again. Reads go on.")]
    private partial void LogStopped(Exception reason);
}
