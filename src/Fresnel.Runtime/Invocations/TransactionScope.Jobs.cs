using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Jobs;

namespace Fresnel.Runtime.Invocations;

/// <content>Functions that run later. Source: <c>spec/function-runtime.md</c> §3.6, 8.5.</content>
internal sealed partial class TransactionScope
{
    /// <summary>Schedules a function of this component; part of the transaction. Returns the id of its job.</summary>
    /// <param name="path">Which; internal ones are within reach.</param>
    /// <param name="unixMilliseconds">When; may be past.</param>
    /// <param name="arguments">JSON: one object, or an array of positional arguments.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<string> ScheduleAsync(FunctionPath path, double unixMilliseconds, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
    {
        RequireMutation("scheduler.runAt");
        return InTurnAsync(
            async (transaction, token) =>
            {
                var request = JobRequest.Check(_code, path, unixMilliseconds, arguments, _tree.StartMilliseconds);
                _tree.Scheduled.Functions++;
                _tree.Scheduled.ArgumentBytes += request.ArgumentBytes;
                (_ceilings ?? _tree.Parts.Ceilings).Check(transaction.Usage, _tree.Scheduled);
                await _tree.Parts.OutstandingJobs.AddAsync(token);
                return await JobDocuments.InsertAsync(transaction, Component, request, _tree.Call.ScheduledFunctionId, _tree.StartMilliseconds, token);
            },
            cancellationToken);
    }

    /// <summary>Cancels a job of this component. One that has ended stays as it is.</summary>
    public ValueTask<bool> CancelJobAsync(string id, CancellationToken cancellationToken)
    {
        RequireMutation("scheduler.cancel");
        return InTurnAsync(
            (transaction, token) => JobDocuments.CancelAsync(transaction, Component, id, RunningJob, _tree.StartMilliseconds, token), cancellationToken);
    }

    /// <summary>The job that this transaction is the run of, or null. A mutation that a scheduled action calls is not.</summary>
    private string? RunningJob => _tree.Call.Caller == FunctionCaller.Scheduler ? _tree.Call.ScheduledFunctionId : null;
}
