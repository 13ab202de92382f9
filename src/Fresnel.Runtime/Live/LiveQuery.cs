using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>One live query: the results that somebody holds, and what runs of it.</summary>
/// <remarks>
/// As long as no run looked at the identity, one slot serves everybody. Once one did, each identity has its own (what the shared one holds stays good for those it serves).
/// A result is here as long as somebody refers to it, so others at its snapshot, or at a later one where it is still true, share it.
/// The live query itself lives while somebody uses it: a subscription that holds one of its results, one that waits for one, or the cache.
/// </remarks>
internal sealed class LiveQuery(LiveQueryKey key)
{
    private readonly Slot _shared = new();
    private readonly Dictionary<string, Slot> _byIdentity = [];
    private bool _observesIdentity; // Starts false; true for good once a run looked.
    private int _users;

    public LiveQueryKey Key => key;

    /// <summary>A result that serves, or null.</summary>
    public LiveResult? FindLocked(Identity identity, Timestamp at) =>
        _shared.Find(identity, at) ?? _byIdentity.GetValueOrDefault(identity.CacheKey)?.Find(identity, at);

    /// <summary>The run at exactly this snapshot, or null.</summary>
    public LiveExecution? FindRunLocked(Identity identity, Timestamp at) => SlotForRuns(identity)?.Running.GetValueOrDefault(at);

    /// <summary>The newest run at an older snapshot, which may turn out to serve this one too, or null.</summary>
    public LiveExecution? FindOlderRunLocked(Identity identity, Timestamp at) =>
        SlotForRuns(identity)?.Running.Values.Where(run => run.Snapshot.Timestamp < at).MaxBy(run => run.Snapshot.Timestamp);

    public void AddRunLocked(LiveExecution run) => GetSlot(_observesIdentity ? run.Identity.CacheKey : null).Running.Add(run.Snapshot.Timestamp, run);

    public void RemoveRunLocked(LiveExecution run)
    {
        _shared.Remove(run);
        if (!_byIdentity.TryGetValue(run.Identity.CacheKey, out var slot)) return;
        slot.Remove(run);
        RemoveIfEmpty(run.Identity.CacheKey, slot);
    }

    /// <summary>Takes a result in, until it is forgotten.</summary>
    public void AddLocked(LiveResult result)
    {
        if (result.IdentityKey is not null) _observesIdentity = true;
        GetSlot(result.IdentityKey).Results.Add(result);
    }

    /// <summary>Nobody refers to a result any more.</summary>
    public void ForgetLocked(LiveResult result)
    {
        var slot = GetSlot(result.IdentityKey);
        slot.Results.Remove(result);
        if (result.IdentityKey is { } identity) RemoveIfEmpty(identity, slot);
    }

    /// <summary>Whether it lives.</summary>
    public bool IsUsed => _users > 0;

    public void UseLocked() => _users++;

    /// <summary>Ends a use; after the last one the query is gone.</summary>
    public void LeaveLocked(LiveQueries live)
    {
        if (--_users == 0) live.RemoveQueryLocked(this);
    }

    private Slot? SlotForRuns(Identity identity) => _observesIdentity ? _byIdentity.GetValueOrDefault(identity.CacheKey) : _shared;

    private Slot GetSlot(string? identity)
    {
        if (identity is null) return _shared;
        if (!_byIdentity.TryGetValue(identity, out var slot)) _byIdentity.Add(identity, slot = new Slot());
        return slot;
    }

    private void RemoveIfEmpty(string identity, Slot slot)
    {
        if (slot.Results.Count == 0 && slot.Running.Count == 0) _byIdentity.Remove(identity);
    }

    private sealed class Slot
    {
        /// <summary>Rarely more than two: what the slow still hold, and what the others do.</summary>
        public List<LiveResult> Results { get; } = [];

        public Dictionary<Timestamp, LiveExecution> Running { get; } = [];

        public LiveResult? Find(Identity identity, Timestamp at) => Results.Find(result => result.Serves(identity, at));

        public void Remove(LiveExecution run)
        {
            if (Running.GetValueOrDefault(run.Snapshot.Timestamp) == run) Running.Remove(run.Snapshot.Timestamp);
        }
    }
}
