using Fresnel.Engine;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Watches;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>Runs a query at a snapshot: what Live asks of those who run functions.</summary>
internal delegate ValueTask<QueryOutcome> RunQuery(FunctionCall call, Snapshot snapshot, CancellationToken cancellationToken);

/// <summary>All live queries of a deployment. Sessions that watch the same query share one execution, one read set and one result.</summary>
/// <remarks>
/// <para>A live query is (component, function path, canonical arguments, journal, identity if it was looked at). See <c>design.md</c> §4.</para>
/// <para>
/// Sessions take their snapshots from the current <b>round</b>, so that those who are touched by one commit ask for the same results. A new round begins, at the newest
/// published snapshot, as soon as nothing runs for the current one, or when that takes longer than the patience: then the slow query's sessions stay
/// where they are until it is known there, and everybody else goes on. Whoever needs a query that is still being run for an older round first waits for that run
/// and then takes the newest round: so a slow query has one run at a time, however many sessions and commits there are, and each shows something newer.
/// </para>
/// <para>Everything mutable in this room is guarded by <see cref="Gate"/>; nothing is run or awaited while it is held. Methods that rely on it end in <c>Locked</c>.</para>
/// </remarks>
public sealed class LiveQueries : IDisposable
{
    /// <summary>How long a round may hold up the next one.</summary>
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromMilliseconds(50);

    /// <summary>After how long a query that overran the overall time is run again, should nothing that it read have changed before.</summary>
    private static readonly TimeSpan AfterOverrun = TimeSpan.FromSeconds(10);

    private readonly Dictionary<LiveQueryKey, LiveQuery> _queries = [];
    private readonly HashSet<LiveSession> _due = []; // Sessions that wait for a round newer than the current one.
    private readonly CancellationTokenSource _closing = new();
    private readonly Database _database;
    private readonly RunQuery _run;
    private readonly Action<FunctionCall, FunctionOutcome>? _audit;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly IDisposable _subscription;
    private readonly ITimer _impatience;

    private Snapshot _newest; // The newest snapshot heard of; every watch that it made stale is marked.
    private Snapshot _round; // What sessions take; never newer than _newest.
    private long _roundNumber;
    private long _roundBegan;
    private int _roundRuns; // Executions begun in this round and not ended.

    internal LiveQueries(
        Database database, RunQuery run, bool redacts, TimeProvider time, TimeSpan? patience = null, long cacheBytes = 0, Action<FunctionCall, FunctionOutcome>? audit = null)
    {
        Cache = new(cacheBytes, time);
        _database = database;
        _run = run;
        _audit = audit;
        _time = time;
        _patience = patience ?? DefaultPatience;
        Redacts = redacts;
        _impatience = time.CreateTimer(_ => OnImpatience(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        lock (Gate)
        {
            _subscription = database.Subscribe(new Listener(this));
            _newest = _round = database.Published;
        }
    }

    /// <summary>Opens a session without queries, as nobody.</summary>
    public LiveSession OpenSession() => new(this);

    /// <summary>Ends what runs and stops listening. Sessions are to be disposed before.</summary>
    public void Dispose()
    {
        _subscription.Dispose();
        _closing.Cancel();
        _impatience.Dispose();
        _closing.Dispose();
    }

    /// <summary>Guards this room.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Whether clients see neither error texts nor log lines: then these do not tell results apart.</summary>
    internal bool Redacts { get; }

    /// <summary>What nobody shows and is still true.</summary>
    internal LiveCache Cache { get; }

    /// <summary>The newest snapshot there is; the round may be behind.</summary>
    internal Timestamp Newest => _database.Published.Timestamp;

    /// <summary>Canceled when the room closes.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>How many live queries there are, those of the cache included; for tests and metrics.</summary>
    internal int Count
    {
        get
        {
            lock (Gate) return _queries.Count;
        }
    }

    /// <summary>The snapshot that sessions take now.</summary>
    internal Snapshot RoundLocked => _round;

    /// <summary>Wakes the session when the round is new enough for it.</summary>
    internal void AwaitRoundLocked(LiveSession session)
    {
        if (!session.WakeIfReadyLocked(_round)) _due.Add(session);
    }

    /// <summary>Forgets a session that waits no more.</summary>
    internal void ForgetLocked(LiveSession session) => _due.Remove(session);

    /// <summary>The live query of this key, or null.</summary>
    internal LiveQuery? FindQueryLocked(LiveQueryKey key)
    {
        Cache.ExpireLocked();
        return _queries.GetValueOrDefault(key);
    }

    /// <summary>The live query of this key, made when it is new.</summary>
    internal LiveQuery GetQueryLocked(LiveQueryKey key)
    {
        if (!_queries.TryGetValue(key, out var query)) _queries.Add(key, query = new LiveQuery(key));
        return query;
    }

    /// <summary>Drops a live query that nobody uses.</summary>
    internal void RemoveQueryLocked(LiveQuery query) => _queries.Remove(query.Key);

    /// <summary>Counts an execution into the current round.</summary>
    internal long BeginRunLocked()
    {
        _roundRuns++;
        return _roundNumber;
    }

    /// <summary>Counts an execution out of its round; the last one lets the next round begin.</summary>
    internal void EndRunLocked(long roundNumber)
    {
        if (roundNumber != _roundNumber) return;
        _roundRuns--;
        AdvanceLocked();
    }

    /// <summary>Runs a query and watches what it read.</summary>
    internal async Task<LiveResult> RunAsync(LiveQuery query, FunctionCall call, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var outcome = await _run(call, snapshot, cancellationToken);
        var isOverrun = outcome.Outcome.Error is { SystemCode: "SystemTimeoutError" };
        if (!isOverrun && outcome.Outcome.Error is { SystemCode: not null } fault) throw new LiveQueryFaultException(fault);
        var result = new LiveResult(this, query, outcome, call.Identity);
        var watch = _database.Watch(outcome.Reads, snapshot.Timestamp, result);
        lock (Gate) result.WatchLocked(watch);
        if (isOverrun) _ = RunAgainLaterAsync(result);
        return result;
    }

    /// <summary>A session is given a result that another's run made: what that run entered into the audit log is told again, of this session. Not under the gate.</summary>
    internal void Audit(LiveSubscription subscription, Identity identity, LiveResult result)
    {
        if (result.Outcome.Audits.Count > 0) _audit?.Invoke(subscription.Call with { Identity = identity }, result.Outcome);
    }

    /// <summary>One that overran its time is told as failed, so that the others of its sessions go on (T11). Nothing that it read may ever change, so time makes it stale too.</summary>
    private async Task RunAgainLaterAsync(LiveResult result)
    {
        await Task.Delay(AfterOverrun, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        lock (Gate)
        {
            if (!_closing.IsCancellationRequested) result.BecomeStaleLocked(_newest.Timestamp);
        }
    }

    private void OnPublished(Publication publication)
    {
        lock (Gate)
        {
            foreach (var watch in publication.Stale)
            {
                if (watch.Owner is LiveResult result && result.Live == this) result.BecomeStaleLocked(watch.StaleSince ?? publication.Snapshot.Timestamp);
            }

            if (publication.Snapshot.Timestamp > _newest.Timestamp) _newest = publication.Snapshot;
            AdvanceLocked();
        }
    }

    private void OnImpatience()
    {
        lock (Gate) AdvanceLocked();
    }

    private void AdvanceLocked()
    {
        if (_newest.Timestamp <= _round.Timestamp) return;
        if (_roundRuns > 0)
        {
            var left = _patience - _time.GetElapsedTime(_roundBegan);
            if (left > TimeSpan.Zero)
            {
                _impatience.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        _round = _newest;
        _roundNumber++;
        _roundBegan = _time.GetTimestamp();
        _roundRuns = 0;
        _due.RemoveWhere(session => session.WakeIfReadyLocked(_round));
    }

    private sealed class Listener(LiveQueries live) : IPublicationListener
    {
        public void OnPublished(Publication publication) => live.OnPublished(publication);
    }
}
