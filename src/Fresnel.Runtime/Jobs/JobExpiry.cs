using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>Deletes jobs that ended a week ago. Source: <c>spec/function-runtime.md</c> §8.5.</summary>
internal static class JobExpiry
{
    /// <summary>How often it is looked at: being late by as much is no harm, since the rule is a minimum.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>Jobs of one transaction, so that none grows large.</summary>
    private const int Batch = 500;

    /// <summary>Deletes all that are old enough.</summary>
    public static async Task RunAsync(InvokerParts parts, string component, CancellationToken cancellationToken)
    {
        var deleted = Batch;
        while (deleted == Batch)
            (deleted, _) = await parts.Database.CommitAsync((transaction, token) => DeleteAsync(transaction, component, parts.NowMilliseconds - Kept.TotalMilliseconds, token), cancellationToken);
    }

    private static async ValueTask<int> DeleteAsync(Transaction transaction, string component, double before, CancellationToken cancellationToken)
    {
        // Jobs that have not ended have no such field, and come before null.
        var table = JobDocuments.TableOf(transaction, component);
        var old = new KeyInterval(IndexKey.Encode(Value.Null), IndexKey.Encode(Value.Float64(before)));
        var jobs = transaction.ReadIndex(table, "by_completed_time", old);
        var deleted = 0;
        for (; deleted < Batch && await jobs.NextAsync(cancellationToken) is { } job; deleted++) await transaction.DeleteAsync(table, job.Id, cancellationToken);
        return deleted;
    }
}
