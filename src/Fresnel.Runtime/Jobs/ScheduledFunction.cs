using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>A job of <c>_scheduled_functions</c>.</summary>
internal sealed class ScheduledFunction(InvokerParts parts, string component, Document job) : JobRecord
{
    /// <inheritdoc/>
    public override DocumentId Id => job.Id;

    /// <inheritdoc/>
    public override string Function => job.Fields["name"].AsString();

    /// <inheritdoc/>
    public override string Display => $"Job {job.Id} ({Function})";

    /// <inheritdoc/>
    public override FunctionCall Call(FunctionPath path, string requestId) => new()
    {
        Component = component,
        Path = path,
        Arguments = ValueJson.Write(job.Fields["args"]),
        Identity = Identity.Anonymous,
        Caller = FunctionCaller.Scheduler,
        RequestId = requestId,
        ScheduledFunctionId = job.Id.ToString(),
    };

    /// <inheritdoc/>
    public override async ValueTask<bool> TakeAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var table = JobDocuments.TableOf(transaction, component);
        if (await transaction.GetAsync(table, job.Id.InternalId, cancellationToken) is not { } found || JobDocuments.StateOf(found) != JobDocuments.Pending) return false;
        await JobDocuments.MoveAsync(transaction, table, job.Id, JobDocuments.InProgress, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask EndAsync(Transaction transaction, JobEnd end, CancellationToken cancellationToken)
    {
        var table = JobDocuments.TableOf(transaction, component);
        if (await transaction.GetAsync(table, job.Id.InternalId, cancellationToken) is not { } found || JobDocuments.StateOf(found) != JobDocuments.InProgress) return;
        var state = end.Error is { } error ? JobDocuments.FailedState(error) : JobDocuments.State(JobDocuments.Success);
        await JobDocuments.EndAsync(transaction, table, job.Id, state, parts.NowMilliseconds, cancellationToken);
    }

    /// <inheritdoc/>
    public override void Ended(FunctionKind kind) => parts.OutstandingJobs.Remove();
}
