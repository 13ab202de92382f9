using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>The run of one job. Source: <c>spec/function-runtime.md</c> §8.5.</summary>
internal sealed class JobRun(InvokerParts parts, FunctionInvoker invoker, string component, Document job)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>How often a mutation may use up the overall time before that counts as its own fault.</summary>
    private const int MostOverruns = 5;

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
            if (!FunctionPath.TryParse(job.Fields["name"].AsString(), out var path, out var detail)) return await FailAsync(detail, cancellationToken);
            return await FindKindAsync(path, cancellationToken) switch
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

    private async ValueTask<FunctionKind?> FindKindAsync(FunctionPath path, CancellationToken cancellationToken)
    {
        using var transaction = parts.Database.BeginRead(limits: TransactionLimits.None);
        var code = await parts.Catalog.LoadAsync(transaction, component, cancellationToken);
        return code.Functions.TryGetValue(path, out var function) ? function.Kind : null;
    }

    private async ValueTask<bool> RunMutationAsync(FunctionPath path, CancellationToken cancellationToken)
    {
        var outcome = await invoker.MutateWith(new ScheduledMutation(parts, component, job.Id, _requestId), Call(path), cancellationToken).Completed;
        if (outcome.Error is not { } error) return true;
        var isOverrun = error.SystemCode == "SystemTimeoutError" && ++_overruns >= MostOverruns;
        if (error.SystemCode is not null && !isOverrun) return false;

        // One that overran its time or memory was ended from outside, and what its transaction would have noted with it. Any other is noted already.
        return await FailAsync(error.FullText.TrimEnd('\n'), cancellationToken);
    }

    /// <summary>Runs it at most once: that it has begun is durable before it begins, whatever happens then. Until then it is pending, and a fault leaves it so.</summary>
    private async ValueTask<bool> RunActionAsync(FunctionPath path, CancellationToken cancellationToken)
    {
        var hasBegun = false;
        FunctionOutcome? outcome;
        try
        {
            outcome = await invoker.ActionWithLeaveAsync(
                Call(path), async token => hasBegun = await MoveAsync(JobDocuments.Pending, JobDocuments.InProgress, token), cancellationToken);
        }
        catch (InvocationAbandonedException) when (hasBegun && !cancellationToken.IsCancellationRequested)
        {
            await NoteEndAsync(JobDocuments.FailedState(ActionInvoker.TransientError), cancellationToken);
            return true;
        }

        if (outcome is null) return true;
        if (hasBegun) await NoteEndAsync(StateOf(outcome), cancellationToken);
        else if (outcome.Error is { SystemCode: null } refusal) await FailAsync(refusal.FullText.TrimEnd('\n'), cancellationToken);
        else return false;
        return true;
    }

    private static Value StateOf(FunctionOutcome outcome) => outcome.Error switch
    {
        null => JobDocuments.State(JobDocuments.Success),
        { SystemCode: not null } => JobDocuments.FailedState(ActionInvoker.TransientError),
        var error => JobDocuments.FailedState(error.FullText.TrimEnd('\n')),
    };

    /// <summary>It has run; what is left is to say so, however long that takes.</summary>
    private async ValueTask NoteEndAsync(Value state, CancellationToken cancellationToken)
    {
        for (var delay = FirstDelay; ; delay = Longer(delay))
        {
            try
            {
                await EndAsync(JobDocuments.InProgress, state, cancellationToken);
                return;
            }
            catch (CommitFailedException)
            {
                await Task.Delay(delay, parts.Time, cancellationToken);
            }
        }
    }

    private async ValueTask<bool> FailAsync(string error, CancellationToken cancellationToken)
    {
        await EndAsync(JobDocuments.Pending, JobDocuments.FailedState(error), cancellationToken);
        return true;
    }

    private async ValueTask<bool> MoveAsync(string from, string to, CancellationToken cancellationToken) => await ChangeAsync(
        from, (transaction, table, token) => JobDocuments.MoveAsync(transaction, table, job.Id, to, token), cancellationToken);

    private async ValueTask EndAsync(string from, Value state, CancellationToken cancellationToken) => await ChangeAsync(
        from, (transaction, table, token) => JobDocuments.EndAsync(transaction, table, job.Id, state, parts.NowMilliseconds, token), cancellationToken);

    /// <summary>Changes the job if it is in a state; false when it is not, because it was cancelled.</summary>
    private async ValueTask<bool> ChangeAsync(string from, Func<Transaction, Engine.Tables.Table, CancellationToken, ValueTask> change, CancellationToken cancellationToken)
    {
        var (isChanged, _) = await parts.Database.CommitAsync(
            async (transaction, token) =>
            {
                var table = JobDocuments.TableOf(transaction, component);
                if (await transaction.GetAsync(table, job.Id.InternalId, token) is not { } found || JobDocuments.StateOf(found) != from) return false;
                await change(transaction, table, token);
                return true;
            },
            cancellationToken);
        return isChanged;
    }

    private FunctionCall Call(FunctionPath path) => new()
    {
        Component = component,
        Path = path,
        Arguments = ValueJson.Write(job.Fields["args"]),
        Identity = Identity.Anonymous,
        Caller = FunctionCaller.Scheduler,
        RequestId = _requestId,
        ScheduledFunctionId = job.Id.ToString(),
    };
}
