using Fresnel.Engine.Snapshots;
using Fresnel.Server.Errors;
using Fresnel.Values;
using Microsoft.Extensions.Options;

namespace Fresnel.Server.HttpApi;

/// <summary>Snapshots whose timestamps were handed out by <c>query_ts</c>: kept for 30 s, 1,024 at most, the oldest leaving first.</summary>
internal sealed class PinnedSnapshots(IOptions<FresnelOptions> options)
{
    private const int MaximumPins = 1_024;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time = options.Value.Time;
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<Timestamp, (Snapshot Snapshot, long PinnedAt)> _pins = []; // In the order of pinning.

    /// <summary>Keeps a snapshot from now on.</summary>
    public Timestamp Pin(Snapshot snapshot)
    {
        lock (_gate)
        {
            DropOld();
            _pins.Remove(snapshot.Timestamp);
            if (_pins.Count == MaximumPins) _pins.RemoveAt(0);
            _pins.Add(snapshot.Timestamp, (snapshot, _time.GetTimestamp()));
            return snapshot.Timestamp;
        }
    }

    /// <summary>The snapshot of a timestamp.</summary>
    /// <exception cref="RequestException">It was never handed out, or is kept no more.</exception>
    public Snapshot Find(Timestamp timestamp, Snapshot newest)
    {
        if (timestamp == newest.Timestamp) return newest;
        lock (_gate)
        {
            DropOld();
            if (_pins.TryGetValue(timestamp, out var pin)) return pin.Snapshot;
        }

        throw new RequestException(RequestErrorKind.Unavailable, "OutOfRetention", RequestErrors.InternalText);
    }

    private void DropOld()
    {
        while (_pins.Count > 0 && _time.GetElapsedTime(_pins.GetAt(0).Value.PinnedAt) > Lifetime) _pins.RemoveAt(0);
    }
}
