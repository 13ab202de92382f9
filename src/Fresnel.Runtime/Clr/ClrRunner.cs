using System.Collections.Frozen;
using System.Globalization;
using Fresnel.Engine;
using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>Runs C# functions, in process, on the thread of the caller.</summary>
/// <remarks>
/// Code in process cannot be stopped against its will. A function that awaits is abandoned when its time is up, and finds every further operation refused;
/// one that computes without end keeps its thread. That is the author's to avoid, as in any .NET server.
/// Source: <c>spec/function-runtime.md</c> §6, 10.7.
/// </remarks>
internal sealed class ClrRunner : IFunctionRunner
{
    private readonly FrozenDictionary<FunctionPath, FunctionRegistration> _functions;
    private readonly DeploymentOptions _options;

    /// <summary>Takes the registered functions of the options.</summary>
    public ClrRunner(DeploymentOptions options)
    {
        _options = options;
        _functions = options.Functions.ToFrozenDictionary(function => new FunctionPath(function.Module, function.Export));
    }

    /// <inheritdoc/>
    public async ValueTask<InvocationResult> InvokeAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var isAction = invocation.Function.Kind == FunctionKind.Action;
        using var limit = isAction ? new CancellationTokenSource(_options.Limits.ActionTime, _options.Time) : null;
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit?.Token ?? default);
        var run = new ClrInvocation(invocation, _options.Time, !isAction, stopped.Token);
        try
        {
            var running = _functions[invocation.Function.Path].Invoke(ContextOf(invocation, run), ArgumentsOf(invocation), stopped.Token);
            var value = running.IsCompleted ? await running : await running.AsTask().OrCanceled(stopped.Token);
            RequireInTime(invocation, run, isAction);
            return new InvocationResult(ValueJson.Write(value), null, run.ObservedTime, run.UserTime);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new InvocationAbandonedException(AbandonReason.Canceled, "The invocation was canceled.");
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            throw TimedOut(_options.Limits.ActionTime);
        }
        catch (Exception exception) when (exception is not InvocationAbandonedException)
        {
            RequireInTime(invocation, run, isAction);
            return new InvocationResult(default, ClrFailure.From(exception), run.ObservedTime, run.UserTime);
        }
    }

    private FunctionContext ContextOf(Invocation invocation, ClrInvocation run) => invocation.Function.Kind switch
    {
        FunctionKind.Query => new ClrQueryContext(run, (TransactionScope)invocation.Scope, _options),
        FunctionKind.Mutation => new ClrMutationContext(run, (TransactionScope)invocation.Scope),
        FunctionKind.Action => new ClrActionContext(run, (ActionScope)invocation.Scope),
        var kind => throw new InvalidOperationException($"There are no C# functions of kind {kind}."),
    };

    /// <summary>The one object; the arguments of a generated function always are one.</summary>
    private static ValueObject ArgumentsOf(Invocation invocation) =>
        ValueJson.Parse(invocation.Arguments.Span, ValueJsonOptions.AllowCommitTimestamp).AsArray()[0].AsObject();

    private void RequireInTime(Invocation invocation, ClrInvocation run, bool isAction)
    {
        run.ThrowIfAbandoned();
        if (!isAction && !invocation.Function.Path.IsSystem && run.UserTime > _options.Limits.UserTime) throw TimedOut(_options.Limits.UserTime);
    }

    private static InvocationAbandonedException TimedOut(TimeSpan limit) => new(
        AbandonReason.TimedOut, string.Create(CultureInfo.InvariantCulture, $"Function execution timed out (maximum duration: {limit.TotalSeconds}s)"));
}
