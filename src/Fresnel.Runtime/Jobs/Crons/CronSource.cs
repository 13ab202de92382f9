using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>The crons of all components.</summary>
internal sealed class CronSource(InvokerParts parts) : JobSource
{
    private const string Index = "by_state_and_time";

    /// <inheritdoc/>
    public override DocumentStream ReadPending(Transaction transaction) =>
        transaction.ReadIndex(transaction.Find(SystemTables.CronNextRun), Index, KeyInterval.Prefix(IndexKey.Encode(CronDocuments.Pending)));

    /// <inheritdoc/>
    public override ValueTask<List<Document>> ListInProgressAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.ListAsync(SystemTables.CronNextRun, Index, [CronDocuments.InProgress], cancellationToken);

    /// <inheritdoc/>
    public override double DueOf(Document document) => (CronDocuments.DueOf(document) - DateTimeOffset.UnixEpoch).TotalMilliseconds;

    /// <inheritdoc/>
    public override async ValueTask<JobRecord?> OpenAsync(Transaction transaction, Document document, CancellationToken cancellationToken) =>
        await CronDocuments.JobOfAsync(transaction, document, cancellationToken) is { } cron ? new CronOccurrence(parts, cron, document) : null;
}
