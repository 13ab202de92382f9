using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Waits until something that was read has changed.</summary>
internal static class PublishedChange
{
    /// <summary>Completes when a commit after <paramref name="asOf"/> that wrote inside <paramref name="reads"/> is published.</summary>
    public static async Task AfterAsync(Database database, ReadSet reads, Timestamp asOf, CancellationToken cancellationToken)
    {
        var listener = new Listener();
        using var subscription = database.Subscribe(listener);
        using var watch = database.Watch(reads, asOf, listener);
        if (watch.StaleSince is null) await listener.Changed.OrCanceled(cancellationToken);
    }

    private sealed class Listener : IPublicationListener
    {
        private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Changed => _changed.Task;

        public void OnPublished(Publication publication)
        {
            if (publication.Stale.Any(watch => ReferenceEquals(watch.Owner, this))) _changed.TrySetResult();
        }
    }
}
