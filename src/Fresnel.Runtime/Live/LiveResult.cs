using Fresnel.Engine.Watches;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>One outcome of a live query, with the watch that says how long it stays true. Shared by all who show it.</summary>
/// <remarks>
/// It is true from <see cref="Timestamp"/> until just before <see cref="StaleSince"/>. Whoever needs to know of its end is among the holders;
/// it is there, and watched, while anybody refers to it: a holder, or somebody who waited for the execution that made it; then, while it is still true, in the cache.
/// </remarks>
internal sealed class LiveResult
{
    /// <summary>Bytes, about: a result with its query and its watch; and each interval that is watched.</summary>
    private const int Weight = 1_024, IntervalWeight = 256;

    private readonly HashSet<LiveSubscription> _holders = [];
    private readonly LiveQuery _query;
    private Watch? _watch;
    private int _references;
    private LinkedListNode<(LiveResult Result, long Since)>? _kept; // Not null while it is in the cache: still true, and nobody refers to it.

    public LiveResult(LiveQueries live, LiveQuery query, QueryOutcome outcome, Identity identity)
    {
        Live = live;
        _query = query;
        // Not the outcome itself: it has the snapshot, and a result that nothing touches would keep all that was replaced since.
        Timestamp = outcome.Snapshot.Timestamp;
        Outcome = outcome.Outcome;
        Journal = outcome.Journal;
        IdentityKey = outcome.ObservedIdentity ? identity.CacheKey : null;
        Bytes = Weight + query.Key.Arguments.Length + Outcome.Value.Length + (IntervalWeight * outcome.Reads.Intervals.Count()) + (2L * Outcome.LogLines.Sum(line => line.Pretty.Length));
    }

    public LiveQueries Live { get; }

    /// <summary>The snapshot that was read.</summary>
    public Timestamp Timestamp { get; }

    public FunctionOutcome Outcome { get; }

    public string? Journal { get; }

    /// <summary>For whom it is; null when it does not matter who asks.</summary>
    public string? IdentityKey { get; }

    /// <summary>About what it takes while it is kept.</summary>
    public long Bytes { get; }

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
        if (_kept is not null) DropLocked();
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

    public void RetainLocked(int references = 1)
    {
        _references += references;
        if (_kept is { } kept) LeaveCacheLocked(kept);
    }

    /// <summary>Ends a reference. After the last one it is kept if it is still true, and forgotten otherwise.</summary>
    public void ReleaseLocked()
    {
        if (--_references > 0) return;
        if (StaleSince is null && _query.IsUsed && Outcome.Error is not { SystemCode: not null }) _kept = Live.Cache.KeepLocked(this);
        if (_kept is not null) _query.UseLocked();
        else ForgetLocked();
    }

    /// <summary>Takes it out of the cache for good.</summary>
    public void DropLocked()
    {
        ForgetLocked();
        LeaveCacheLocked(_kept!);
    }

    private void LeaveCacheLocked(LinkedListNode<(LiveResult Result, long Since)> kept)
    {
        _kept = null;
        Live.Cache.RemoveLocked(kept);
        _query.LeaveLocked(Live);
    }

    private void ForgetLocked()
    {
        _watch?.Dispose();
        _query.ForgetLocked(this);
    }
}
