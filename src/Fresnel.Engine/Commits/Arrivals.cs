using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Turns;
using Fresnel.Values;

namespace Fresnel.Engine.Commits;

/// <summary>What comes to the committer, in the order in which it is let through: a bounded queue, and a room for those who wait for one that is protected.</summary>
/// <remarks>Others come in by <see cref="EnqueueAsync"/>, <see cref="ReserveAsync"/> and <see cref="Release"/>; all else is the committer's.</remarks>
internal sealed class Arrivals(int length, ContentionCounters counters)
{
    private readonly Channel<Arrival> _queue = Channel.CreateBounded<Arrival>(new BoundedChannelOptions(length) { SingleReader = true });

    /// <summary>Commits that wait until the one that is protected is through; then they come before what has arrived. Bounded by the invocations that may run at once.</summary>
    private readonly Queue<Commit> _postponed = [];
    private readonly Queue<Commit> _readmitted = [];

    /// <summary>Whose reservation is in force; null when nobody's.</summary>
    private Protection? _protection;

    /// <summary>The one whose reservation is new, and that waits for the roots behind what was let through before it.</summary>
    private Protection? _beginning;

    /// <summary>Whether something can be taken without waiting for an arrival.</summary>
    public bool HasReadmitted => _readmitted.Count > 0;

    /// <summary>Completes when something has arrived: true; or when nothing will any more: false.</summary>
    public async Task<bool> WaitAsync() => await _queue.Reader.WaitToReadAsync();

    /// <summary>Takes a commit in; waits at the door while the queue is full.</summary>
    public async ValueTask EnqueueAsync(Commit commit, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(new(commit, null, IsEnd: false), cancellationToken);
        }
        catch (ChannelClosedException)
        {
            commit.End(new(CommitOutcome.Unknown, Timestamp.Zero));
        }
    }

    /// <summary>Holds up commits that would get in the way of one that is protected; returns the roots behind all that was let through before.</summary>
    /// <exception cref="OperationCanceledException">Gave up waiting, or nothing is taken any more.</exception>
    public async Task<Snapshot> ReserveAsync(Protection protection, CancellationToken cancellationToken)
    {
        protection.Begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (protection.IsAll) counters.CountExclusive();
        try
        {
            await _queue.Writer.WriteAsync(new(null, protection, IsEnd: false), cancellationToken);
        }
        catch (ChannelClosedException closed)
        {
            throw new OperationCanceledException("The engine is shutting down, or commits have stopped.", closed);
        }

        return await protection.Begin.Task.OrCanceled(cancellationToken);
    }

    /// <summary>Lets go on what was held up.</summary>
    public void Release(Protection protection)
    {
        // One is protected at a time, so what waits at the door here is bounded; where the queue is closed, there is nothing to let go on.
        var end = new Arrival(null, protection, IsEnd: true);
        if (!_queue.Writer.TryWrite(end)) _ = EnqueueEndAsync(end);
    }

    /// <summary>The next commit to be put in order; false when there is none, or a batch must be sealed first.</summary>
    public bool TryTake([NotNullWhen(true)] out Commit? commit)
    {
        while (TryTakeAny(out commit))
        {
            if (_protection is not { } protection || ReferenceEquals(commit.Transaction.Protection, protection) || !protection.Postpones(commit.Prepared!)) return true;
            counters.CountPostponed();
            _postponed.Enqueue(commit);
        }

        return false;
    }

    /// <summary>A commit has its place: was it the one that is protected, those who waited come next, in their order.</summary>
    public void Admitted(Commit commit)
    {
        if (commit.Transaction.Protection is { } protection && ReferenceEquals(protection, _protection)) EndProtection();
    }

    /// <summary>The roots behind all that was let through are sealed.</summary>
    public void Sealed(Snapshot snapshot)
    {
        _beginning?.Begin.TrySetResult(snapshot);
        _beginning = null;
    }

    /// <summary>Nothing more is taken in.</summary>
    public void Close() => _queue.Writer.TryComplete();

    /// <summary>Ends all that is waiting.</summary>
    public void End(CommitResult result)
    {
        EndProtection();
        _beginning?.Begin.TrySetCanceled();
        _beginning = null;
        while (_readmitted.TryDequeue(out var commit)) commit.End(result);
        while (_queue.Reader.TryRead(out var arrival))
        {
            arrival.Commit?.End(result);
            if (!arrival.IsEnd) arrival.Protection?.Begin.TrySetCanceled();
        }
    }

    private bool TryTakeAny([NotNullWhen(true)] out Commit? commit)
    {
        if (_readmitted.TryDequeue(out commit)) return true;
        while (_beginning is null && _queue.Reader.TryRead(out var arrival))
        {
            commit = arrival.Commit;
            if (commit is not null) return true;
            if (!arrival.IsEnd) _protection = _beginning = arrival.Protection;
            else if (ReferenceEquals(_protection, arrival.Protection)) EndProtection();
            if (_readmitted.TryDequeue(out commit)) return true;
        }

        return false;
    }

    private void EndProtection()
    {
        _protection = null;
        while (_postponed.TryDequeue(out var commit)) _readmitted.Enqueue(commit);
    }

    private async Task EnqueueEndAsync(Arrival end)
    {
        try
        {
            await _queue.Writer.WriteAsync(end);
        }
        catch (ChannelClosedException)
        {
            // All that waited has been ended.
        }
    }

    /// <summary>A commit, or the beginning or end of a reservation.</summary>
    private readonly record struct Arrival(Commit? Commit, Protection? Protection, bool IsEnd);
}
