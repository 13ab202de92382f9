using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Watches;

/// <summary>A read set that is watched: it says when a commit wrote inside one of its intervals. Once stale it stays so.</summary>
public sealed class Watch : IDisposable
{
    /// <summary>Whatever its owner wants to find again; set once.</summary>
    public object? Owner { get; init; }

    /// <summary>The first commit after the watched timestamp that wrote inside; null while there is none.</summary>
    public Timestamp? StaleSince => throw new NotImplementedException();

    /// <summary>Stops watching.</summary>
    public void Dispose() => throw new NotImplementedException();
}

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
