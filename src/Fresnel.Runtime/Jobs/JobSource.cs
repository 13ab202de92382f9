using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>Where the loop finds what is to run: a table with an index by state and time.</summary>
internal abstract class JobSource
{
    /// <summary>What is pending, the soonest first.</summary>
    public abstract DocumentStream ReadPending(Transaction transaction);

    /// <summary>What had begun.</summary>
    public abstract ValueTask<List<Document>> ListInProgressAsync(Transaction transaction, CancellationToken cancellationToken);

    /// <summary>When one is due: unix milliseconds.</summary>
    public abstract double DueOf(Document document);

    /// <summary>What is to run; null when there is nothing to it any more.</summary>
    public abstract ValueTask<JobRecord?> OpenAsync(Transaction transaction, Document document, CancellationToken cancellationToken);
}

/// <summary>The scheduled functions of a component.</summary>
internal sealed class ScheduledFunctions(InvokerParts parts, string component) : JobSource
{
    private const string Index = "by_state_and_time";

    /// <inheritdoc/>
    public override DocumentStream ReadPending(Transaction transaction) =>
        transaction.ReadIndex(JobDocuments.TableOf(transaction, component), Index, KeyInterval.Prefix(IndexKey.Encode(JobDocuments.Pending)));

    /// <inheritdoc/>
    public override ValueTask<List<Document>> ListInProgressAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.ListAsync(SystemTables.ScheduledFunctions, Index, [JobDocuments.InProgress], cancellationToken);

    /// <inheritdoc/>
    public override double DueOf(Document document) => JobDocuments.DueOf(document);

    /// <inheritdoc/>
    public override ValueTask<JobRecord?> OpenAsync(Transaction transaction, Document document, CancellationToken cancellationToken) =>
        new(new ScheduledFunction(parts, component, document));
}
