using Fresnel.Engine.Watches;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>One outcome of a live query, with the watch that says how long it stays true. Shared by all who show it.</summary>
/// <remarks>
/// It is true from <see cref="Timestamp"/> until just before <see cref="StaleSince"/>. Whoever needs to know of its end is among the holders;
/// it is kept, and watched, while anybody refers to it: a holder, or somebody who waited for the execution that made it.
/// </remarks>
internal sealed class LiveResult
{
    private readonly HashSet<LiveSubscription> _holders = [];
    private readonly LiveQuery _query;
    private Watch? _watch;
    private int _references;

    public LiveResult(LiveQueries live, LiveQuery query, QueryOutcome outcome, Identity identity)
    {
        Live = live;
        _query = query;
        // Not the outcome itself: it has the snapshot, and a result that nothing touches would keep all that was replaced since.
        Timestamp = outcome.Snapshot.Timestamp;
        Outcome = outcome.Outcome;
        Journal = outcome.Journal;
        IdentityKey = outcome.ObservedIdentity ? identity.CacheKey : null;
    }

    public LiveQueries Live { get; }

    /// <summary>The snapshot that was read.</summary>
    public Timestamp Timestamp { get; }

    public FunctionOutcome Outcome { get; }

    public string? Journal { get; }

    /// <summary>For whom it is; null when it does not matter who asks.</summary>
    public string? IdentityKey { get; }

    /// <summary>The first commit that touched what was read, as far as it was heard of. Starts as null, is set once.</summary>
    public Timestamp? StaleSince { get; private set; }

    /// <summary>Whether this is what the query returns to this identity at this snapshot.</summary>
    public bool Serves(Identity identity, Timestamp at) =>
        Timestamp <= at && (StaleSince is not { } stale || stale > at) && (IdentityKey is null || IdentityKey == identity.CacheKey);

    /// <summary>Sets the watch, which may be stale already.</summary>
    public void WatchLocked(Watch watch)
    {
        _watch = watch;
        if (watch.StaleSince is { } since) BecomeStaleLocked(since);
    }

    public void BecomeStaleLocked(Timestamp since)
    {
        if (StaleSince is not null) return;
        StaleSince = since;
        foreach (var holder in _holders) holder.BecomeDueLocked(since);
    }

    /// <summary>Lets a subscription hear of the end of this result: at once when it has come already.</summary>
    public void HoldLocked(LiveSubscription holder)
    {
        RetainLocked();
        _holders.Add(holder);
        if (StaleSince is { } since) holder.BecomeDueLocked(since);
    }

    public void LetGoLocked(LiveSubscription holder)
    {
        if (_holders.Remove(holder)) ReleaseLocked();
    }

    public void RetainLocked(int references = 1) => _references += references;

    public void ReleaseLocked()
    {
        if (--_references > 0) return;
        _watch?.Dispose();
        _query.ForgetLocked(this);
    }
}
