using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>The run of one job. Source: <c>spec/function-runtime.md</c> §8.5, 8.6.</summary>
internal sealed class JobRun(InvokerParts parts, FunctionInvoker invoker, JobRecord record)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>How often a mutation may use up the overall time, or lose all workers it is given, before that counts as its own fault. Any other fault of the system is waited out.</summary>
    private const int MostOverruns = 5;

    private const string LostWorkers = "The process that ran this function ended while it ran, each time that it was tried";

    private readonly string _requestId = Convert.ToHexStringLower(parts.RandomBytes(8));
    private int _overruns;

    /// <summary>Runs it to its end. Only a fault of the system makes it begin again, after a while.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var delay = FirstDelay; !await TryAsync(cancellationToken); delay = Longer(delay))
            await Task.Delay(delay, parts.Time, cancellationToken);
    }

    private static TimeSpan Longer(TimeSpan delay) => delay * 2 < LongestDelay ? delay * 2 : LongestDelay;

    private async ValueTask<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!FunctionPath.TryParse(record.Function, out var path, out var detail)) return await FailAsync(detail, cancellationToken);
            return await FindKindAsync(record.Call(path, _requestId), cancellationToken) switch
            {
                FunctionKind.Action => await RunActionAsync(path, cancellationToken),
                FunctionKind.Query => await FailAsync($"Trying to execute {path.Canonical} as Mutation, but it is defined as Query.", cancellationToken),

                // One that is missing by now fails like any call to it.
                _ => await RunMutationAsync(path, cancellationToken),
            };
        }
        catch (Exception exception) when (exception is CommitFailedException or InvocationAbandonedException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async ValueTask<FunctionKind?> FindKindAsync(FunctionCall call, CancellationToken cancellationToken)
    {
        using var transaction = parts.Database.BeginRead(limits: TransactionLimits.None);
        var code = await parts.Catalog.LoadAsync(transaction, call.Component, cancellationToken);
        return code.Functions.TryGetValue(call.Path, out var function) ? function.Kind : null;
    }

    private async ValueTask<bool> RunMutationAsync(FunctionPath path, CancellationToken cancellationToken)
    {
        var outcome = await invoker.MutateWith(new JobMutation(parts, record, _requestId), record.Call(path, _requestId), cancellationToken).Completed;
        if (outcome.Error is { } error)
        {
            var isOverrun = (error.SystemCode == "SystemTimeoutError" || error.LostWorkers) && ++_overruns >= MostOverruns;
            if (error.SystemCode is not null && !isOverrun) return false;

            // One that overran its time or memory was ended from outside, and what its transaction would have noted with it. Any other is noted already.
            return await FailAsync(error.LostWorkers ? LostWorkers : JobEnd.TextOf(error), cancellationToken);
        }

        record.Ended(FunctionKind.Mutation);
        return true;
    }

    /// <summary>Runs it at most once: that it has begun is durable before it begins, whatever happens then. Until then it is pending, and a fault leaves it so.</summary>
    private async ValueTask<bool> RunActionAsync(FunctionPath path, CancellationToken cancellationToken)
    {
        var (hasBegun, begun) = (false, parts.Time.GetTimestamp());
        FunctionOutcome? outcome;
        try
        {
            outcome = await invoker.ActionWithLeaveAsync(
                record.Call(path, _requestId),
                async token =>
                {
                    (hasBegun, _) = await parts.Database.CommitAsync(record.TakeAsync, token);
                    begun = parts.Time.GetTimestamp();
                    return hasBegun;
                },
                cancellationToken);
        }
        catch (InvocationAbandonedException) when (hasBegun && !cancellationToken.IsCancellationRequested)
        {
            await NoteEndAsync(JobEnd.Failed(ActionInvoker.TransientError), cancellationToken);
            return true;
        }

        if (outcome is null) return true;
        if (hasBegun) await NoteEndAsync(JobEnd.Of(outcome, parts.Time.GetElapsedTime(begun)), cancellationToken);
        else if (outcome.Error is { SystemCode: null } refusal) await FailAsync(JobEnd.TextOf(refusal), cancellationToken);
        else return false;
        return true;
    }

    /// <summary>It has run; what is left is to say so, however long that takes.</summary>
    private async ValueTask NoteEndAsync(JobEnd end, CancellationToken cancellationToken)
    {
        for (var delay = FirstDelay; ; delay = Longer(delay))
        {
            try
            {
                await EndAsync(isTaken: true, end, cancellationToken);
                return;
            }
            catch (CommitFailedException)
            {
                await Task.Delay(delay, parts.Time, cancellationToken);
            }
        }
    }

    /// <summary>Notes that it failed before it began.</summary>
    private async ValueTask<bool> FailAsync(string error, CancellationToken cancellationToken)
    {
        await EndAsync(isTaken: false, JobEnd.Failed(error), cancellationToken);
        return true;
    }

    private async ValueTask EndAsync(bool isTaken, JobEnd end, CancellationToken cancellationToken)
    {
        await parts.Database.CommitAsync(
            async (transaction, token) =>
            {
                if (isTaken || await record.TakeAsync(transaction, token)) await record.EndAsync(transaction, end, token);
                return true;
            },
            cancellationToken);
        record.Ended(isTaken ? FunctionKind.Action : FunctionKind.Mutation);
    }
}
