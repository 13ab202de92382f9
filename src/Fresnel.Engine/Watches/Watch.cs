using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>A read set that is watched: it says when a commit wrote inside one of its intervals. Once stale it stays so.</summary>
public sealed class Watch : IDisposable
{
    private readonly WatchList _list;
    private long _staleSince = long.MinValue;

    internal Watch(WatchList list, ReadSet reads, Timestamp asOf)
    {
        _list = list;
        Reads = reads;
        AsOf = asOf;
    }

    /// <summary>Whatever its owner wants to find again; set once.</summary>
    public object? Owner { get; init; }

    /// <summary>The first commit after the watched timestamp that wrote inside; null while there is none.</summary>
    public Timestamp? StaleSince => Volatile.Read(ref _staleSince) is var stale and not long.MinValue ? new Timestamp(stale) : null;

    /// <summary>What is watched.</summary>
    internal ReadSet Reads { get; }

    /// <summary>Commits up to here were read; later ones make it stale.</summary>
    internal Timestamp AsOf { get; }

    /// <summary>Where it sits, one for each of its intervals. Starts empty, and is empty again once it is stale or disposed.</summary>
    internal WatchSeat[] Seats { get; set; } = [];

    /// <summary>Stops watching.</summary>
    public void Dispose() => _list.Remove(this);

    internal void MarkStale(Timestamp since) => Volatile.Write(ref _staleSince, since.Nanoseconds);
}

/// <summary>Where a watch sits for one of its intervals.</summary>
internal record struct WatchSeat(WatchBag Bag, int Position);

/// <summary>A group of commits has become durable and visible.</summary>
/// <param name="Snapshot">The newest published snapshot.</param>
/// <param name="Stale">The watches that one of the group's commits touched; each is named once in its life.</param>
public sealed record Publication(Snapshot Snapshot, IReadOnlyList<Watch> Stale);

/// <summary>Hears of each publication, in order, one at a time. It must return at once.</summary>
public interface IPublicationListener
{
    /// <summary>A group was published.</summary>
    void OnPublished(Publication publication);
}
