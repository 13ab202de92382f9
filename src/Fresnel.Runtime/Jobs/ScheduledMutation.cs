using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>Makes a scheduled mutation run exactly once: the job's end is written in the mutation's own transaction.</summary>
/// <remarks>
/// The mutation itself sees its job in progress; others see it pending until it has ended. A cancellation that commits first is a conflict:
/// the mutation runs again, and finds that it need not.
/// </remarks>
internal sealed class ScheduledMutation(InvokerParts parts, string component, DocumentId job, string requestId) : IMutationRider
{
    /// <inheritdoc/>
    public async ValueTask<FunctionOutcome?> BeginAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var table = JobDocuments.TableOf(transaction, component);
        if (await transaction.GetAsync(table, job.InternalId, cancellationToken) is not { } found || JobDocuments.StateOf(found) != JobDocuments.Pending)
            return new FunctionOutcome { RequestId = requestId };
        await JobDocuments.MoveAsync(transaction, table, job, JobDocuments.InProgress, cancellationToken);
        return null;
    }

    /// <inheritdoc/>
    public ValueTask SucceedAsync(Transaction transaction, ReadOnlyMemory<byte> value, IReadOnlyList<LogLine> logLines, CancellationToken cancellationToken) =>
        EndAsync(transaction, JobDocuments.State(JobDocuments.Success), cancellationToken);

    /// <inheritdoc/>
    public ValueTask FailAsync(Transaction transaction, FunctionError error, CancellationToken cancellationToken) =>
        EndAsync(transaction, JobDocuments.FailedState(error.FullText.TrimEnd('\n')), cancellationToken);

    private ValueTask EndAsync(Transaction transaction, Value state, CancellationToken cancellationToken) =>
        JobDocuments.EndAsync(transaction, JobDocuments.TableOf(transaction, component), job, state, parts.NowMilliseconds, cancellationToken);
}
