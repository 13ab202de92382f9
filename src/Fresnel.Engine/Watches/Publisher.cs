using System.Collections.Immutable;
using System.Threading.Channels;
using Fresnel.Engine.Commits;
using Fresnel.Values;
using Microsoft.Extensions.Logging;

namespace Fresnel.Engine.Watches;

/// <summary>Finds the watches that a published group touched and tells the listeners: a loop of its own, off the commit path.</summary>
/// <remarks>Its queue is bounded; when listeners are so slow that it fills, the committer waits.</remarks>
internal sealed partial class Publisher : IAsyncDisposable
{
    private const int QueueLength = 1_024;

    private readonly DatabaseOptions _options;
    private readonly ILogger _log;
    private readonly WatchList _watches;
    private readonly Channel<PublishedGroup> _queue = Channel.CreateBounded<PublishedGroup>(new BoundedChannelOptions(QueueLength) { SingleReader = true, SingleWriter = true });
    private ImmutableArray<IPublicationListener> _listeners = [];
    private Task _loop = Task.CompletedTask;
    private WatchReport _report = new(0, TimeSpan.Zero);

    public Publisher(DatabaseOptions options, WatchList watches)
    {
        _options = options;
        _log = options.Log.CreateLogger<Publisher>();
        _watches = watches;
    }

    /// <summary>What finding watches has cost so far.</summary>
    public WatchReport Report => Volatile.Read(ref _report);

    public void Start() => _loop = Loop.Start(_options.Scheduler, RunAsync);

    /// <summary>Hands a group over.</summary>
    public ValueTask PublishAsync(PublishedGroup group) => _queue.Writer.WriteAsync(group);

    public IDisposable Subscribe(IPublicationListener listener)
    {
        ImmutableInterlocked.Update(ref _listeners, listeners => listeners.Add(listener));
        return new Subscription(this, listener);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
    }

    private async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (_queue.Reader.TryRead(out var group)) Tell(group);
        }
    }

    private void Tell(PublishedGroup group)
    {
        var began = _options.Time.GetTimestamp();
        var stale = _watches.Evaluate(group, Timestamp.FromClock(_options.Time.GetUtcNow() - _options.RecentWrites));
        Volatile.Write(ref _report, new(_report.Commits + group.Commits.Count, _report.Spent + _options.Time.GetElapsedTime(began)));
        var publication = new Publication(group.Snapshot, stale);
        foreach (var listener in _listeners) Tell(listener, publication);
    }

    private void Tell(IPublicationListener listener, Publication publication)
    {
        try
        {
            listener.OnPublished(publication);
        }
        catch (Exception failed)
        {
            // A listener's bug is its own; the others must still hear.
            LogListenerFailed(failed);
        }
    }

    [LoggerMessage(110, LogLevel.Error, "A listener failed to take a publication.")]
    private partial void LogListenerFailed(Exception failure);

    private sealed class Subscription(Publisher publisher, IPublicationListener listener) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref publisher._listeners, listeners => listeners.Remove(listener));
    }
}

/// <summary>What finding the watches that commits touched has cost since the start. It is done off the commit path.</summary>
/// <param name="Commits">Commits that were looked at.</param>
/// <param name="Spent">The time that took.</param>
public sealed record WatchReport(long Commits, TimeSpan Spent);
