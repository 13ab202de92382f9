using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>Bounds how many scheduled functions have not ended. Source: <c>spec/function-runtime.md</c> §6.</summary>
/// <remarks>
/// A count in a document would make every two mutations that schedule conflict. So it is estimated: what is scheduled is added, also when its transaction comes to nothing;
/// what has run is taken away, and what was cancelled is not. The estimate is never too low for long, and when it meets the bound, the jobs are counted.
/// </remarks>
internal sealed class OutstandingJobs(Database database, FunctionLimits limits, TimeProvider time)
{
    /// <summary>Counting a million jobs takes a while: it is not done again for each that is refused.</summary>
    private static readonly TimeSpan BetweenCounts = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Task _counting = Task.CompletedTask;
    private long? _counted;
    private long _estimate;

    /// <summary>Makes room for one more.</summary>
    /// <exception cref="DeveloperException"><c>TooManyScheduledFunctions</c>.</exception>
    public async ValueTask AddAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _estimate) <= limits.OutstandingJobs) return;
        Interlocked.Decrement(ref _estimate);
        await CountAgainAsync().OrCanceled(cancellationToken);
        if (Interlocked.Increment(ref _estimate) <= limits.OutstandingJobs) return;
        Interlocked.Decrement(ref _estimate);
        throw new DeveloperException("TooManyScheduledFunctions", $"Too many scheduled functions have not run yet (limit: {limits.OutstandingJobs})");
    }

    /// <summary>One has ended.</summary>
    public void Remove() => Interlocked.Decrement(ref _estimate);

    /// <summary>Counts what former processes have left.</summary>
    public async Task CountAsync(CancellationToken cancellationToken)
    {
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        var table = JobDocuments.TableOf(transaction, "");
        var count = 0L;
        foreach (var state in (string[])[JobDocuments.Pending, JobDocuments.InProgress])
        {
            var jobs = transaction.ReadIndex(table, "by_state_and_time", KeyInterval.Prefix(IndexKey.Encode(state)));
            while (count <= limits.OutstandingJobs && await jobs.NextAsync(cancellationToken) is not null) count++;
        }

        Interlocked.Exchange(ref _estimate, count);
    }

    /// <summary>Counts, unless that was done just now; who comes while it is done waits for the same count.</summary>
    private Task CountAgainAsync()
    {
        lock (_lock)
        {
            if (!_counting.IsCompleted) return _counting;
            if (_counted is { } counted && time.GetElapsedTime(counted) < BetweenCounts) return Task.CompletedTask;
            _counted = time.GetTimestamp();
            return _counting = CountAsync(CancellationToken.None);
        }
    }
}
