using Fresnel.Engine;
using Fresnel.Engine.Snapshots;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>The live queries of one sync session. It says what the session must be told so that everything it shows is of one snapshot.</summary>
/// <remarks>
/// Changes come from the session's reader, transitions are taken by its writer; both may run at once.
/// What is due is in the fields: <c>_needs</c> says that there is something to tell, and from which snapshot on; <c>_due</c> which queries to look at; <c>_removed</c> which to take away.
/// Source: <c>spec/client-protocol.md</c> §2.7 (T1 to T11).
/// </remarks>
public sealed class LiveSession : IDisposable
{
    /// <summary>Queries of one session that are looked at at once, so that no session fills the whole line of those who run them.</summary>
    private const int Lanes = 20;

    private readonly Dictionary<uint, LiveSubscription> _subscriptions = [];
    private readonly HashSet<LiveSubscription> _due = []; // Added, invalidated, or under a new identity since they were last looked at.
    private readonly HashSet<uint> _removed = []; // Taken away since the last transition.

    private uint _querySetVersion;
    private uint _identityVersion;
    private Identity _identity = Identity.Anonymous;
    private Timestamp? _needs; // The oldest snapshot that the next transition may have; null when there is nothing to tell.
    private Timestamp _under; // The snapshot of the transition that is being computed or has not been sent yet; zero when the writer waits for one.
    private bool _mustTell; // Whether the next transition is told even if it tells nothing: it was asked for.
    private bool _mustTellUnder; // Likewise the one that is being computed.
    private Timestamp _told; // The snapshot of the last transition.
    private TaskCompletionSource? _wake; // Not null while the writer waits.
    private bool _isDisposed;

    internal LiveSession(LiveQueries live) => Live = live;

    internal LiveQueries Live { get; }

    /// <summary>Adds and removes queries and moves the version of the query set. A covering transition will follow, even when nothing changed.</summary>
    /// <param name="version">The new version; greater than the one before.</param>
    /// <param name="changes">In order. An added number must be free and a removed one taken.</param>
    public void ChangeQueries(uint version, IReadOnlyList<LiveQueryChange> changes)
    {
        var calls = changes.Select(change => change.Call is { } call ? call with { Arguments = LiveQueryKey.Canonicalize(call.Arguments) } : null).ToList();
        var abandoned = new List<CancellationTokenSource>();
        lock (Live.Gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _querySetVersion = version;
            foreach (var (change, call) in changes.Zip(calls))
            {
                if (call is not null) AddLocked(change.QueryId, call);
                else if (RemoveLocked(change.QueryId) is { } wait) abandoned.Add(wait);
            }

            _mustTell = true;
            NeedLocked(Live.Newest);
        }

        Cancel(abandoned);
    }

    /// <summary>Changes on whose behalf the queries run and moves the version of the identity. Every query is looked at again.</summary>
    public void ChangeIdentity(uint version, Identity identity)
    {
        lock (Live.Gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _identityVersion = version;
            _identity = identity;
            _due.UnionWith(_subscriptions.Values);
            _mustTell = true;
            NeedLocked(Live.Newest);
        }
    }

    /// <summary>Asks for a transition whose timestamp is at least this one, even an empty one: after a mutation's or an action's response.</summary>
    /// <remarks>To be called when the response is sent. A transition at such a snapshot that has not been sent yet will do: it comes after the response.</remarks>
    public void RequireTransition(Timestamp atLeast)
    {
        lock (Live.Gate)
        {
            if (_isDisposed) return;
            if (_under > Timestamp.Zero && _under >= atLeast)
            {
                _mustTellUnder = true;
                return;
            }

            _mustTell = true;
            NeedLocked(atLeast);
        }
    }

    /// <summary>Waits until there is something to tell, and computes it at the newest snapshot. One call at a time; each says that the transition before has been sent.</summary>
    public async ValueTask<LiveTransition> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (Live.Gate) _under = Timestamp.Zero;
            var capture = await CaptureAsync(cancellationToken);
            await LookAsync(capture, cancellationToken);
            if (TellOf(capture) is { } transition) return transition;
        }
    }

    /// <summary>Ends the session's watches.</summary>
    public void Dispose()
    {
        var abandoned = new List<CancellationTokenSource>();
        lock (Live.Gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            Live.ForgetLocked(this);
            foreach (var subscription in _subscriptions.Values)
            {
                if (subscription.LeaveLocked() is { } wait) abandoned.Add(wait);
            }

            _subscriptions.Clear();
            _due.Clear();
        }

        Cancel(abandoned);
    }

    /// <summary>A subscription's result is out of date since a commit.</summary>
    internal void BecomeDueLocked(LiveSubscription subscription, Timestamp since)
    {
        if (_isDisposed) return;
        _due.Add(subscription);
        NeedLocked(since);
    }

    /// <summary>Wakes the writer if this round is new enough for what is to be told; false when it still has to wait for a newer one.</summary>
    internal bool WakeIfReadyLocked(Snapshot round)
    {
        if (_needs is not { } needs) return true;
        if (needs > round.Timestamp) return false;
        WakeLocked();
        return true;
    }

    /// <summary>Lets the writer look again, if it waits.</summary>
    internal void WakeLocked() => _wake?.TrySetResult();

    private void AddLocked(uint queryId, FunctionCall call)
    {
        var subscription = new LiveSubscription(this, queryId, call);
        _subscriptions.Add(queryId, subscription);
        _removed.Remove(queryId);
        _due.Add(subscription);
    }

    private CancellationTokenSource? RemoveLocked(uint queryId)
    {
        _subscriptions.Remove(queryId, out var subscription);
        _removed.Add(queryId);
        _due.Remove(subscription!);
        return subscription!.LeaveLocked();
    }

    private void NeedLocked(Timestamp atLeast)
    {
        if (_needs is not { } needs || atLeast > needs) _needs = atLeast;
        Live.AwaitRoundLocked(this);
    }

    /// <summary>Waits until there is something to tell and takes the round's snapshot for it.</summary>
    private async ValueTask<Capture> CaptureAsync(CancellationToken cancellationToken)
    {
        List<(LiveSubscription Subscription, LiveExecution Run)>? running = null; // Null until they are looked for: once, so that nobody waits for run after run.
        while (true)
        {
            Task wake;
            lock (Live.Gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                var round = Live.RoundLocked;
                if (_needs is { } needs && needs <= round.Timestamp && round.Timestamp >= _told)
                {
                    running ??= FindRunningLocked(round.Timestamp);
                    running.RemoveAll(awaited => awaited.Run.IsOver || awaited.Subscription.IsGone);
                    if (running.Count == 0) return TakeLocked(round);
                }

                _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wake = _wake.Task;
            }

            await wake.OrCanceled(cancellationToken);
        }
    }

    /// <summary>What is due and still being run for older rounds. It is waited for before a snapshot is taken: then it may serve, and if not, all who waited run it together.</summary>
    private List<(LiveSubscription Subscription, LiveExecution Run)> FindRunningLocked(Timestamp at)
    {
        var running = new List<(LiveSubscription, LiveExecution)>();
        foreach (var subscription in _due)
        {
            if (Live.FindQueryLocked(subscription.KeyFor(_identity)) is not { } query || query.FindLocked(_identity, at) is not null || query.FindRunLocked(_identity, at) is not null) continue;
            if (query.FindOlderRunLocked(_identity, at) is not { } run) continue;
            run.AwaitEndLocked(this);
            running.Add((subscription, run));
        }

        return running;
    }

    private Capture TakeLocked(Snapshot round)
    {
        var capture = new Capture(round, _querySetVersion, _identityVersion, _identity, [.. _due], [.. _removed]);
        _due.Clear();
        _removed.Clear();
        _needs = null;
        _under = round.Timestamp;
        (_mustTellUnder, _mustTell) = (_mustTell, false);
        return capture;
    }

    /// <summary>Finds the result of every captured query at the captured snapshot: first what is known already, then the rest, some at a time.</summary>
    private async Task LookAsync(Capture capture, CancellationToken cancellationToken)
    {
        var unknown = new List<LiveSubscription>();
        var served = new List<(LiveSubscription Subscription, LiveResult Result)>();
        lock (Live.Gate)
        {
            foreach (var subscription in capture.Due)
            {
                if (!HoldKnownLocked(subscription, capture.Identity, capture.Snapshot.Timestamp, out var known)) unknown.Add(subscription);
                else if (known is { Outcome.Audits.Count: > 0 }) served.Add((subscription, known));
            }
        }

        foreach (var (subscription, known) in served) Live.Audit(subscription, capture.Identity, known);

        if (unknown.Count == 0) return;
        var next = -1;
        var lanes = new Task[Math.Min(Lanes, unknown.Count)];
        for (var lane = 0; lane < lanes.Length; lane++) lanes[lane] = RunLaneAsync();
        await Task.WhenAll(lanes);

        async Task RunLaneAsync()
        {
            while (Interlocked.Increment(ref next) is var index && index < unknown.Count)
            {
                await LookAtAsync(unknown[index], capture.Identity, capture.Snapshot, cancellationToken);
            }
        }
    }

    /// <summary>Whether nothing has to be run: the result is known, or nobody asks for it any more.</summary>
    /// <param name="subscription">Whose result.</param>
    /// <param name="identity">For whom.</param>
    /// <param name="at">At which snapshot.</param>
    /// <param name="served">The result that it now holds and did not hold before; null when there is none.</param>
    private bool HoldKnownLocked(LiveSubscription subscription, Identity identity, Timestamp at, out LiveResult? served)
    {
        served = null;
        if (subscription.IsGone) return true;
        if (Live.FindQueryLocked(subscription.KeyFor(identity)) is not { } query || query.FindLocked(identity, at) is not { } known) return false;
        if (subscription.Held?.Result != known) served = known;
        subscription.HoldLocked(known, query);
        return true;
    }

    /// <summary>Makes a subscription hold what its query returns to this identity at this snapshot: what is known already, what is being run, or a run of its own.</summary>
    private async Task LookAtAsync(LiveSubscription subscription, Identity identity, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var at = snapshot.Timestamp;
        LiveResult? served;
        var mayJoinOlder = true; // Once: so that nobody waits for more than one run besides the one at the snapshot itself.
        while (true)
        {
            LiveQuery query;
            LiveExecution? execution;
            var isOwn = false;
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            lock (Live.Gate)
            {
                if (HoldKnownLocked(subscription, identity, at, out served)) break;
                query = Live.GetQueryLocked(subscription.KeyFor(identity));
                execution = query.FindRunLocked(identity, at);
                if (execution is null && mayJoinOlder) execution = query.FindOlderRunLocked(identity, at);
                mayJoinOlder = false;
                if (execution is null)
                {
                    isOwn = true;
                    execution = new LiveExecution(Live, query, identity, snapshot, Live.BeginRunLocked());
                    query.AddRunLocked(execution);
                }

                execution.WaitLocked();
                query.UseLocked();
                subscription.BeginWaitLocked(wait);
            }

            // Its failures reach whoever waits for its result.
            if (isOwn) _ = execution.StartAsync(subscription.Call);
            LiveResult? result = null;
            try
            {
                result = await execution.Result.OrCanceled(wait.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && !Live.Closing.IsCancellationRequested)
            {
                // The subscription is gone, or the run that it had joined was given up by the one who began it.
            }
            finally
            {
                bool isAbandoned;
                lock (Live.Gate)
                {
                    subscription.EndWaitLocked();
                    if (result?.Serves(identity, at) == true) subscription.HoldLocked(result, query);
                    else result = null;
                    isAbandoned = execution.LeaveLocked();
                    query.LeaveLocked(Live);
                }

                if (isAbandoned) execution.Cancel();
            }

            if (result is null) continue;
            served = isOwn ? null : result;
            break;
        }

        if (served is not null) Live.Audit(subscription, identity, served);
    }

    /// <summary>Compares what is held now with what the client was told, and tells the difference; null when there is none and nobody asked.</summary>
    private LiveTransition? TellOf(Capture capture)
    {
        lock (Live.Gate)
        {
            var modifications = new List<LiveModification>(capture.Due.Length + capture.Removed.Length);
            foreach (var subscription in capture.Due)
            {
                if (subscription.IsGone || subscription.Held is not { Result: var result }) continue;
                if (subscription.Sent is { } sent && OutcomeComparison.LooksTheSame(sent, result.Outcome, Live.Redacts)) continue;
                subscription.Sent = result.Outcome;
                modifications.Add(new LiveModification(subscription.QueryId, result.Outcome, subscription.Journal));
            }

            foreach (var queryId in capture.Removed) modifications.Add(new LiveModification(queryId, null, null));
            _told = capture.Snapshot.Timestamp;
            if (modifications.Count == 0 && !_mustTellUnder)
            {
                _under = Timestamp.Zero;
                return null;
            }

            return new LiveTransition(capture.QuerySetVersion, capture.IdentityVersion, _told, modifications);
        }
    }

    private static void Cancel(List<CancellationTokenSource> waits)
    {
        foreach (var wait in waits)
        {
            try
            {
                wait.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The wait ended in the meantime.
            }
        }
    }

    /// <summary>What a transition will tell of: the state of the session at one moment, at one snapshot.</summary>
    private sealed record Capture(Snapshot Snapshot, uint QuerySetVersion, uint IdentityVersion, Identity Identity, LiveSubscription[] Due, uint[] Removed);
}

/// <summary>A change of a session's query set.</summary>
/// <param name="QueryId">The client's number.</param>
/// <param name="Call">What to run (its identity is the session's), or null to remove the query.</param>
public readonly record struct LiveQueryChange(uint QueryId, FunctionCall? Call);

/// <summary>What a session must be told next.</summary>
/// <param name="QuerySetVersion">The version of the query set that it covers.</param>
/// <param name="IdentityVersion">The version of the identity that it covers.</param>
/// <param name="Timestamp">The snapshot of everything the client holds afterwards.</param>
/// <param name="Modifications">At most one per query.</param>
public sealed record LiveTransition(uint QuerySetVersion, uint IdentityVersion, Timestamp Timestamp, IReadOnlyList<LiveModification> Modifications);

/// <summary>One query's part of a transition.</summary>
/// <param name="QueryId">The client's number.</param>
/// <param name="Outcome">Its new outcome, or null when it was removed.</param>
/// <param name="Journal">The journal for its next run.</param>
public readonly record struct LiveModification(uint QueryId, FunctionOutcome? Outcome, string? Journal);
