using System.Threading.Channels;
using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Jobs.Crons;
using Fresnel.Values;
using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Jobs;

/// <summary>Runs scheduled functions when they are due.</summary>
/// <remarks>
/// It never polls. It reads the pending jobs and crons in order of time as far as they are due, watches what it read, and sleeps until one of three things:
/// a commit wrote into what it read, the next one is due, a place became free. Only the app has jobs until components are built.
/// Source: <c>spec/function-runtime.md</c> §8.5, 8.6, <c>design.md</c> §4 (Jobs).
/// </remarks>
public sealed partial class JobLoop : IPublicationListener, IAsyncDisposable
{
    /// <summary>The component whose jobs it runs.</summary>
    private const string Component = "";

    /// <summary>The longest sleep; timers do not take years.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);

    /// <summary>How long it waits when something failed that should not have.</summary>
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);

    private readonly InvokerParts _parts;
    private readonly FunctionInvoker _invoker;

    /// <summary>Crons first: they are few, and each runs once at a time.</summary>
    private readonly JobSource[] _sources;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();

    // One wake-up is as good as many: the loop looks at everything each time.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ITimer _timer;
    private readonly ITimer _expiryTimer;

    /// <summary>Jobs that run. Touched by the loop and by ending runs, under its own lock.</summary>
    private readonly Dictionary<DocumentId, Task> _running = [];

    /// <summary>Set by its timer, taken back by the loop. True at first: old jobs may have ended long before this start.</summary>
    private volatile bool _isExpiryDue = true;

    private volatile Watch? _watch;
    private IDisposable? _subscription;
    private Task _loop = Task.CompletedTask;
    private Task _count = Task.CompletedTask;

    internal JobLoop(InvokerParts parts, FunctionInvoker invoker)
    {
        _parts = parts;
        _invoker = invoker;
        _sources = [new CronSource(parts), new ScheduledFunctions(parts, Component)];
        _log = parts.Options.Log.CreateLogger("Fresnel.Runtime.Jobs");
        _timer = parts.Time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _expiryTimer = parts.Time.CreateTimer(
            _ =>
            {
                _isExpiryDue = true;
                Wake();
            },
            null,
            JobExpiry.Interval,
            JobExpiry.Interval);
    }

    /// <inheritdoc/>
    public void OnPublished(Publication publication)
    {
        ArgumentNullException.ThrowIfNull(publication);
        foreach (var stale in publication.Stale)
        {
            if (ReferenceEquals(stale.Owner, this)) Wake();
        }
    }

    /// <summary>Stops: what runs is ended. An action that was under way is marked as failed at the next start; a mutation runs then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        _stop.Cancel();
        await Task.WhenAll(_loop, _count);
        Task[] running;
        lock (_running) running = [.. _running.Values];
        await Task.WhenAll(running);
        _subscription?.Dispose();
        _watch?.Dispose();
        await _timer.DisposeAsync();
        await _expiryTimer.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>Marks the actions that a former process had begun as failed, then starts the loop.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await FailInterruptedAsync(cancellationToken);
        _subscription = _parts.Database.Subscribe(this);
        _loop = RunAsync(_stop.Token);
        _count = CountAsync(_stop.Token);
    }

    /// <summary>Counts beside the loop: what is due does not wait for it.</summary>
    private async Task CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _parts.OutstandingJobs.CountAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Stopping is how it ends.
        }
        catch (Exception exception)
        {
            // Whoever meets the bound counts again.
            LogCountFailed(_log, exception);
        }
    }

    private async Task FailInterruptedAsync(CancellationToken cancellationToken)
    {
        var (interrupted, _) = await _parts.Database.CommitAsync(
            async (transaction, token) =>
            {
                var ended = new List<JobRecord>();
                foreach (var source in _sources)
                {
                    foreach (var document in await source.ListInProgressAsync(transaction, token))
                    {
                        if (await source.OpenAsync(transaction, document, token) is not { } record) continue;
                        await record.EndAsync(transaction, JobEnd.Failed(ActionInvoker.TransientError), token);
                        ended.Add(record);
                    }
                }

                return ended;
            },
            cancellationToken);
        if (interrupted.Count > 0) LogInterrupted(_log, interrupted.Count);
        foreach (var record in interrupted) record.Ended(FunctionKind.Action);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await StartDueAsync(cancellationToken);
                    if (_isExpiryDue)
                    {
                        _isExpiryDue = false;
                        await JobExpiry.RunAsync(_parts, Component, cancellationToken);
                    }
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // The loop must not end while the deployment runs; it looks again in a while.
                    LogLoopFailed(_log, exception);
                    _timer.Change(AfterFault, Timeout.InfiniteTimeSpan);
                }

                await _wake.Reader.ReadAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping is how it ends.
        }
    }

    private async ValueTask StartDueAsync(CancellationToken cancellationToken)
    {
        _watch?.Dispose();
        _watch = null;
        using var transaction = _parts.Database.BeginRead(limits: TransactionLimits.None);
        var next = double.PositiveInfinity;
        foreach (var source in _sources) next = Math.Min(next, await StartDueAsync(transaction, source, cancellationToken));
        WakeAt(next);

        // With every place taken, the next one that becomes free wakes the loop.
        _watch = _parts.Database.Watch(transaction.Reads, transaction.Snapshot.Timestamp, this);
        if (_watch.StaleSince is not null) Wake();
    }

    /// <summary>Starts what is due and has a place; says when the next one is due that is not.</summary>
    private async ValueTask<double> StartDueAsync(Transaction transaction, JobSource source, CancellationToken cancellationToken)
    {
        var pending = source.ReadPending(transaction);
        while (HasPlace() && await pending.NextAsync(cancellationToken) is { } document)
        {
            if (source.DueOf(document) is var due && due > PreciseNow) return due;

            // One that runs is pending to others until its end is published.
            if (!IsRunning(document.Id) && await source.OpenAsync(transaction, document, cancellationToken) is { } record) Start(record, cancellationToken);
        }

        return double.PositiveInfinity;
    }

    /// <summary>Sets the timer. Time goes on meanwhile: what has fallen due by then wakes the loop here and now.</summary>
    private void WakeAt(double due)
    {
        var wait = Math.Clamp(Math.Ceiling(due - PreciseNow), 0, LongestSleep.TotalMilliseconds);
        _timer.Change(double.IsFinite(due) ? TimeSpan.FromMilliseconds(wait) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (due <= PreciseNow) Wake();
    }

    /// <summary>Unix milliseconds with their fraction: what a job is due by.</summary>
    private double PreciseNow => (_parts.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;

    private bool IsRunning(DocumentId job)
    {
        lock (_running) return _running.ContainsKey(job);
    }

    private bool HasPlace()
    {
        lock (_running) return _running.Count < _parts.Options.Limits.ConcurrentJobs;
    }

    private void Start(JobRecord job, CancellationToken cancellationToken)
    {
        lock (_running) _running.Add(job.Id, Task.CompletedTask);

        var run = RunAsync(job, cancellationToken);
        lock (_running)
        {
            if (_running.ContainsKey(job.Id)) _running[job.Id] = run;
        }
    }

    private async Task RunAsync(JobRecord job, CancellationToken cancellationToken)
    {
        try
        {
            await new JobRun(_parts, _invoker, job).RunAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvocationAbandonedException)
        {
            // The deployment stops, or commits have stopped: the next start takes it up.
        }
        catch (Exception exception)
        {
            LogJobFailed(_log, exception, job.Display);
            // It is pending still and begins again; not at once, since what failed may go on failing.
            await Task.Delay(AfterFault, _parts.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            lock (_running) _running.Remove(job.Id);
            Wake();
        }
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    [LoggerMessage(1, LogLevel.Warning, "{Count} actions of jobs and crons were under way when the process ended; they are marked as failed.")]
    private static partial void LogInterrupted(ILogger log, int count);

    [LoggerMessage(2, LogLevel.Error, "The job loop failed; it looks again in a second.")]
    private static partial void LogLoopFailed(ILogger log, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "The scheduled functions of former processes were not counted.")]
    private static partial void LogCountFailed(ILogger log, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "{Job} was ended by a fault of the system.")]
    private static partial void LogJobFailed(ILogger log, Exception exception, string job);
}
