using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Invocations;

/// <summary>Runs queries: one snapshot, no writes, again when its worker was lost.</summary>
internal sealed class QueryInvoker(InvokerParts parts, InvocationGate gate)
{
    /// <summary>Runs one at a snapshot, the newest published one when none is given.</summary>
    public async ValueTask<QueryOutcome> RunAsync(FunctionCall call, Snapshot? snapshot, CancellationToken cancellationToken)
    {
        using var place = await gate.TryEnterAsync(cancellationToken);
        if (place is null)
        {
            var refused = new FunctionOutcome { RequestId = call.RequestId, Error = gate.Overloaded };
            return new QueryOutcome(refused, snapshot ?? parts.Database.Published, new ReadSet(), false, null);
        }

        var report = new InvocationReport(parts, call, FunctionKind.Query);
        using var limit = new TimeLimit(parts, parts.Options.Limits.TotalTime, cancellationToken);
        for (var lost = 0; ; lost++)
        {
            using var transaction = parts.Database.BeginRead(snapshot, call.Path.IsSystem ? TransactionLimits.None : null);
            var tree = new InvocationTree(parts, call, FunctionKind.Query, transaction);
            TreeResult result;
            try
            {
                result = await tree.RunRootAsync(limit.Token);
            }
            catch (InvocationAbandonedException exception) when (exception.Reason == AbandonReason.WorkerLost && lost < WorkerLoss.MostRunsAgain)
            {
                continue;
            }
            catch (Exception exception) when (snapshot is null && TooOld.Says(exception) && !limit.IsOver)
            {
                continue;
            }
            catch (Exception exception) when (limit.Explains(exception, call) is { } error)
            {
                result = TreeResult.Failed(error);
            }

            var outcome = new FunctionOutcome
            {
                Value = result.Value,
                Error = result.Error,
                LogLines = result.LogLines,
                RequestId = call.RequestId,
                Timestamp = transaction.Snapshot.Timestamp,
                Audits = result.Audits,
            };
            report.Audited(result.Audits, result.Function);
            report.Completed(outcome, result.Function, result.UserTime, transaction.Usage, result.LogLines);
            return new QueryOutcome(outcome, transaction.Snapshot, transaction.Reads, tree.ObservedIdentity, tree.Journal);
        }
    }
}
