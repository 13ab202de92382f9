using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Jobs;

/// <summary>Makes the mutation of a job run exactly once: the job's end is written in the mutation's own transaction.</summary>
/// <remarks>
/// The mutation itself sees its job in progress; others see it pending until it has ended. A cancellation that commits first is a conflict:
/// the mutation runs again, and finds that it need not.
/// </remarks>
internal sealed class JobMutation(InvokerParts parts, JobRecord record, string requestId) : IMutationRider
{
    private long _begun;

    /// <inheritdoc/>
    public async ValueTask<FunctionOutcome?> BeginAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        _begun = parts.Time.GetTimestamp();
        return await record.TakeAsync(transaction, cancellationToken) ? null : new FunctionOutcome { RequestId = requestId };
    }

    /// <inheritdoc/>
    public ValueTask SucceedAsync(Transaction transaction, ReadOnlyMemory<byte> value, IReadOnlyList<LogLine> logLines, CancellationToken cancellationToken) =>
        record.EndAsync(transaction, new JobEnd(null, value, logLines, parts.Time.GetElapsedTime(_begun)), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask FailAsync(Transaction transaction, FunctionError error, IReadOnlyList<LogLine> logLines, CancellationToken cancellationToken)
    {
        // That it had begun was undone with all else.
        await record.TakeAsync(transaction, cancellationToken);
        await record.EndAsync(transaction, new JobEnd(JobEnd.TextOf(error), default, logLines, parts.Time.GetElapsedTime(_begun)), cancellationToken);
    }
}
