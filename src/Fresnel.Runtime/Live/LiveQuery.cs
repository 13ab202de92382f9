using Fresnel.Engine.Snapshots;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>One live query: its latest results and what runs of it.</summary>
/// <remarks>
/// As long as no run looked at the identity, one slot serves everybody. Once one did, each identity has its own (the shared slot's last result stays good for those it serves).
/// It lives while somebody uses it: a subscription that holds one of its results, or one that waits for one.
/// </remarks>
internal sealed class LiveQuery(LiveQueryKey key)
{
    private readonly Slot _shared = new();
    private readonly Dictionary<string, Slot> _byIdentity = [];
    private bool _observesIdentity; // Starts false; true for good once a run looked.
    private int _users;

    public LiveQueryKey Key => key;

    /// <summary>The latest result if it serves, or null.</summary>
    public LiveResult? FindLocked(Identity identity, Timestamp at)
    {
        if (_shared.Latest is { } shared && shared.Serves(identity, at)) return shared;
        return _byIdentity.TryGetValue(identity.CacheKey, out var slot) && slot.Latest is { } own && own.Serves(identity, at) ? own : null;
    }

    /// <summary>The run at exactly this snapshot, or null.</summary>
    public LiveExecution? FindRunLocked(Identity identity, Timestamp at) => SlotLocked(identity).Running.GetValueOrDefault(at);

    /// <summary>The newest run at an older snapshot, which may turn out to serve this one too, or null.</summary>
    public LiveExecution? FindOlderRunLocked(Identity identity, Timestamp at) =>
        SlotLocked(identity).Running.Values.Where(run => run.Snapshot.Timestamp < at).MaxBy(run => run.Snapshot.Timestamp);

    public void AddRunLocked(LiveExecution run) => SlotLocked(run.Identity).Running.Add(run.Snapshot.Timestamp, run);

    public void RemoveRunLocked(LiveExecution run)
    {
        RemoveRun(_shared, run);
        if (_byIdentity.TryGetValue(run.Identity.CacheKey, out var slot)) RemoveRun(slot, run);
    }

    /// <summary>Keeps a result if it is the newest of its slot.</summary>
    public void KeepLocked(LiveResult result, Identity identity)
    {
        if (result.ObservedIdentity) _observesIdentity = true;
        if (_users == 0) return;
        var slot = result.ObservedIdentity ? SlotLocked(identity) : _shared;
        if (slot.Latest is { } latest && latest.Timestamp >= result.Timestamp) return;
        slot.Latest?.ReleaseLocked();
        result.RetainLocked();
        slot.Latest = result;
    }

    public void UseLocked() => _users++;

    /// <summary>Ends a use; after the last one the query is gone.</summary>
    public void LeaveLocked(LiveQueries live)
    {
        if (--_users > 0) return;
        live.RemoveQueryLocked(this);
        _shared.Latest?.ReleaseLocked();
        _shared.Latest = null;
        foreach (var slot in _byIdentity.Values) slot.Latest?.ReleaseLocked();
        _byIdentity.Clear();
    }

    private Slot SlotLocked(Identity identity)
    {
        if (!_observesIdentity) return _shared;
        if (!_byIdentity.TryGetValue(identity.CacheKey, out var slot)) _byIdentity.Add(identity.CacheKey, slot = new Slot());
        return slot;
    }

    private static void RemoveRun(Slot slot, LiveExecution run)
    {
        if (slot.Running.GetValueOrDefault(run.Snapshot.Timestamp) == run) slot.Running.Remove(run.Snapshot.Timestamp);
    }

    private sealed class Slot
    {
        public LiveResult? Latest { get; set; }

        public Dictionary<Timestamp, LiveExecution> Running { get; } = [];
    }
}
