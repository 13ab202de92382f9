using System.Runtime.CompilerServices;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Runs mutations: a transaction from the newest sealed roots, again after a conflict, until the time is up.</summary>
/// <remarks>
/// The life of a mutation: (1) a place at the gate; (2) begin; (3) the rider may answer at once; (4) the function runs and its result is checked;
/// (5) the rider notes the end; (6) submit; (7) sealed: the place is free, the session's next mutation may begin; (8) published: the outcome may be told.
/// A conflict at (7) leads back to (2) with a new snapshot, time and seed, once it is this mutation's turn. Source: <c>spec/function-runtime.md</c> §8.1, <c>spec/data-model.md</c> §5.
/// </remarks>
internal sealed class MutationInvoker(InvokerParts parts, InvocationGate gate)
{
    /// <summary>Starts one.</summary>
    /// <param name="call">What to run.</param>
    /// <param name="rider">Notes in the same transaction what became of it, or null.</param>
    /// <param name="predecessor">The mutation that it must not overtake, or null.</param>
    /// <param name="cancellationToken">Gives up, as long as it is not submitted.</param>
    public MutationRun Start(FunctionCall call, IMutationRider? rider, MutationRun? predecessor, CancellationToken cancellationToken)
    {
        // The session goes on elsewhere: the committer's thread has other things to do.
        var isSealed = new TaskCompletionSource<Timestamp?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var submitted = new StrongBox<Commit?>();
        return new MutationRun(isSealed.Task, RunAsync(call, rider, predecessor, isSealed, submitted, cancellationToken), submitted);
    }

    private async Task<FunctionOutcome> RunAsync(
        FunctionCall call,
        IMutationRider? rider,
        MutationRun? predecessor,
        TaskCompletionSource<Timestamp?> isSealed,
        StrongBox<Commit?> submitted,
        CancellationToken cancellationToken)
    {
        try
        {
            using var place = await gate.TryEnterAsync(cancellationToken);
            if (place is null) return new FunctionOutcome { RequestId = call.RequestId, Error = gate.Overloaded };

            var report = new InvocationReport(parts, call, FunctionKind.Mutation);
            using var limit = new TimeLimit(parts, parts.Options.Limits.TotalTime, cancellationToken);
            using var contender = parts.Database.Contend();
            var lost = 0;
            var mayPost = true;
            Conflict? conflict = null;
            while (true)
            {
                Transaction? transaction = null;
                Attempt attempt;
                try
                {
                    transaction = await contender.BeginAsync(limit.Token);
                    if (predecessor is { IsLost: true })
                    {
                        // Looked at once the roots are taken: these hold the one before, or are of the same lost line, or it is known to be lost.
                        transaction.Dispose();
                        return Refused(call.RequestId);
                    }

                    attempt = await AttemptAsync(call, rider, transaction, mayPost, limit.Token);
                }
                catch (InvocationAbandonedException exception) when (exception.Reason == AbandonReason.WorkerLost && lost++ < WorkerLoss.MostRunsAgain)
                {
                    transaction?.Dispose();
                    continue;
                }
                catch (InvocationAbandonedException exception) when (exception.Reason == AbandonReason.PostRefused && mayPost)
                {
                    transaction?.Dispose();
                    mayPost = false;
                    continue;
                }
                catch (Exception exception) when (TooOld.Says(exception) && !limit.IsOver)
                {
                    transaction?.Dispose();
                    continue;
                }
                catch (Exception exception)
                {
                    transaction?.Dispose();
                    if (limit.Explains(exception, call) is not { } error) throw;
                    if (limit.IsOver && conflict is not null) error = ConflictText.Error(conflict);
                    // This may be a worker's reading thread: what the caller does next is none of its business.
                    await Task.Yield();
                    return Reported(report, new FunctionOutcome { RequestId = call.RequestId, Error = error }, null, default);
                }

                var usage = transaction.Usage;
                var commit = await parts.Database.SubmitAsync(transaction, cancellationToken);
                Volatile.Write(ref submitted.Value, commit);
                var inOrder = await commit.Sealed;
                if (inOrder.Outcome == CommitOutcome.Conflict)
                {
                    conflict = inOrder.Conflict;
                    contender.Lost(commit, inOrder);
                    if (!limit.IsOver) continue;
                    return Reported(report, new FunctionOutcome { RequestId = call.RequestId, Error = ConflictText.Error(conflict) }, attempt.Result, usage);
                }

                contender.Dispose();
                if (inOrder.Outcome == CommitOutcome.Committed && attempt.Outcome.Error is null) isSealed.TrySetResult(inOrder.Timestamp);
                else isSealed.TrySetResult(null);
                place.Dispose();
                var outcome = Told(attempt.Outcome, await commit.Published, attempt.IsRecorded);
                if (attempt.IsRecorded) return outcome;
                if (outcome.Error is null) report.Audited(attempt.Result!.Audits, attempt.Result.Function);
                return Reported(report, outcome, attempt.Result, usage);
            }
        }
        finally
        {
            isSealed.TrySetResult(null);
        }
    }

    private async ValueTask<Attempt> AttemptAsync(FunctionCall call, IMutationRider? rider, Transaction transaction, bool mayPost, CancellationToken cancellationToken)
    {
        var start = transaction.Save();
        if (rider is not null && await rider.BeginAsync(transaction, cancellationToken) is { } recorded)
        {
            transaction.RollBackTo(start);
            return new Attempt(recorded, null, IsRecorded: true);
        }

        var result = await new InvocationTree(parts, call, FunctionKind.Mutation, transaction) { MayPost = mayPost }.RunRootAsync(cancellationToken);
        var outcome = new FunctionOutcome { Value = result.Value, Error = result.Error, LogLines = result.LogLines, RequestId = call.RequestId };
        if (result.Error is null)
        {
            if (rider is not null) await rider.SucceedAsync(transaction, result.Value, result.LogLines, cancellationToken);
        }
        else
        {
            // Its reads stay: what it was told must have been true, so the error waits until that is durable.
            transaction.RollBackTo(start);
            if (rider is not null) await rider.FailAsync(transaction, result.Error, result.LogLines, cancellationToken);
        }

        return new Attempt(outcome, result, IsRecorded: false);
    }

    private static FunctionOutcome Told(FunctionOutcome outcome, CommitResult end, bool isRecorded) => end.Outcome switch
    {
        CommitOutcome.Committed when isRecorded => outcome,
        CommitOutcome.Committed => outcome with { Value = CommitTimestamps.Resolve(outcome.Value, end.Timestamp), Timestamp = end.Timestamp },
        CommitOutcome.Unknown => throw new InvocationAbandonedException(AbandonReason.Canceled, "Whether the commit is in is not known."),
        _ => Refused(outcome.RequestId),
    };

    private static FunctionOutcome Refused(string requestId) => new() { RequestId = requestId, Error = FunctionRefusal.System("CommitRefused") };

    private static FunctionOutcome Reported(InvocationReport report, FunctionOutcome outcome, TreeResult? result, TransactionUsage usage)
    {
        report.Completed(outcome, result?.Function, result?.UserTime ?? TimeSpan.Zero, usage, outcome.LogLines);
        return outcome;
    }

    /// <summary>One run of the function.</summary>
    /// <param name="Outcome">What it will be told as, once it is committed.</param>
    /// <param name="Result">How the function ended; null when it did not run.</param>
    /// <param name="IsRecorded">Whether the outcome is an earlier run's, with its timestamp.</param>
    private sealed record Attempt(FunctionOutcome Outcome, TreeResult? Result, bool IsRecorded);
}
