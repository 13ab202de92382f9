using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Runs actions: at most once, outside any transaction. What it calls are root calls of their own.</summary>
internal sealed class ActionInvoker(InvokerParts parts, InvocationGate gate, InvocationGate nodeGate, FunctionInvoker invoker)
{
    /// <summary>What is told of an action that the system lost while it was under way. Source: <c>spec/function-runtime.md</c> §8.5.</summary>
    public const string TransientError = "Transient error while executing action";

    /// <summary>A runner ends an action whose time is up itself, with the text for its author. This much later it is ended here, should the runner have failed to.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Runs one.</summary>
    public async ValueTask<FunctionOutcome> RunAsync(FunctionCall call, CancellationToken cancellationToken) =>
        (await RunAsync(call, static _ => ValueTask.FromResult(true), cancellationToken))!;

    /// <summary>Runs one that asks for leave as the last thing before it begins: it has been routed, its arguments are good, and it has a place.</summary>
    /// <param name="call">What to run.</param>
    /// <param name="begin">Says whether it may begin. Not asked when it is refused.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How it ended; null when it was not given leave.</returns>
    public async ValueTask<FunctionOutcome?> RunAsync(FunctionCall call, Func<CancellationToken, ValueTask<bool>> begin, CancellationToken cancellationToken)
    {
        var report = new InvocationReport(parts, call, FunctionKind.Action);
        ComponentCode code;
        FunctionDefinition function;
        ReadOnlyMemory<byte> arguments;
        try
        {
            using var transaction = parts.Database.BeginRead(limits: TransactionLimits.None);
            code = await parts.Catalog.LoadAsync(transaction, call.Component, cancellationToken);
            function = FunctionRouting.Find(code, call.Path, call.Identity, call.Caller, FunctionKind.Action);
            arguments = FunctionArguments.Check(function, call.Arguments, ValueJsonOptions.None, transaction.TableNames(call.Component), MostArgumentBytes(function));
        }
        catch (DeveloperException exception)
        {
            var refused = new FunctionOutcome { RequestId = call.RequestId, Error = FunctionRefusal.From(exception) };
            report.Completed(refused, null, TimeSpan.Zero, default, []);
            return refused;
        }

        // An action called by an action uses its caller's place: a chain of waiting callers must not wait for itself.
        if (call.Caller == FunctionCaller.Action) return await RunInPlaceAsync(call, code, function, arguments, report, cancellationToken);
        using var place = await GateOf(function).TryEnterAsync(cancellationToken);
        if (place is null) return new FunctionOutcome { RequestId = call.RequestId, Error = GateOf(function).Overloaded };
        return await begin(cancellationToken) ? await RunInPlaceAsync(call, code, function, arguments, report, cancellationToken) : null;
    }

    private async ValueTask<FunctionOutcome> RunInPlaceAsync(
        FunctionCall call, ComponentCode code, FunctionDefinition function, ReadOnlyMemory<byte> arguments, InvocationReport report, CancellationToken cancellationToken)
    {
        var log = new FunctionLogBuffer(parts.Options.Limits, line => report.Progress(line, function));
        var limits = parts.Options.Limits;
        using var limit = new TimeLimit(parts, (function.Environment == ModuleEnvironment.Node ? limits.NodeActionTime : limits.ActionTime) + Grace, cancellationToken);
        var scope = new ActionScope(parts, invoker, call, code, function, log);
        InvocationResult result;
        try
        {
            result = await parts.Runners.For(function).InvokeAsync(
                new Invocation
                {
                    Function = function,
                    Code = code,
                    Arguments = arguments,
                    InvocationId = parts.NewInvocationId(),
                    StartMilliseconds = parts.NowMilliseconds,
                    Seed = parts.RandomBytes(32),
                    Scope = scope,
                },
                limit.Token);
            if (result.Error is null) result = Checked(call, function, result);
        }
        catch (InvocationAbandonedException exception) when (exception.Reason == AbandonReason.WorkerLost)
        {
            // How far it came is not known, so it is not run again: that is for its caller to decide.
            result = new InvocationResult(default, new FunctionError(TransientError, [], null), false, TimeSpan.Zero);
        }
        catch (Exception exception) when (limit.Explains(exception, call) is { } error)
        {
            result = new InvocationResult(default, error, false, TimeSpan.Zero);
        }
        finally
        {
            scope.Close();
        }

        var outcome = new FunctionOutcome { Value = result.Value, Error = result.Error, LogLines = log.ToList(), RequestId = call.RequestId };
        report.Completed(outcome, function, result.UserTime, default, []);
        return outcome;
    }

    private InvocationResult Checked(FunctionCall call, FunctionDefinition function, InvocationResult result)
    {
        try
        {
            using var transaction = parts.Database.BeginRead(limits: TransactionLimits.None);
            return result with { Value = FunctionResults.Check(function, result.Value, ValueJsonOptions.None, transaction.TableNames(call.Component), parts.Options.Limits.ResultBytes) };
        }
        catch (DeveloperException exception)
        {
            return result with { Value = default, Error = FunctionRefusal.From(exception) };
        }
    }

    private long MostArgumentBytes(FunctionDefinition function) =>
        function.Environment == ModuleEnvironment.Node ? parts.Options.Limits.NodeArgumentBytes : parts.Options.Limits.ArgumentBytes;

    private InvocationGate GateOf(FunctionDefinition function) => function.Environment == ModuleEnvironment.Node ? nodeGate : gate;
}
