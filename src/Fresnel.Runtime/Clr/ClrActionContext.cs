using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>What an action gets.</summary>
internal sealed class ClrActionContext(ClrInvocation run, ActionScope scope) : ActionContext
{
    /// <inheritdoc/>
    public override FunctionScheduler Scheduler { get; } = new ClrScheduler(run, scope.ScheduleAsync, scope.CancelJobAsync);

    /// <inheritdoc/>
    public override FunctionAuth Auth { get; } = new ClrAuth(scope.UserIdentity);

    /// <inheritdoc/>
    public override FunctionLogger Log => run.Log;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Environment => run.Environment;

    /// <inheritdoc/>
    public override DateTimeOffset Now => run.Now;

    /// <inheritdoc/>
    public override Random Random => run.Random;

    /// <inheritdoc/>
    public override ValueTask<Value> RunQueryAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default) =>
        RunAsync(FunctionKind.Query, function, arguments, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Value> RunMutationAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default) =>
        RunAsync(FunctionKind.Mutation, function, arguments, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Value> RunActionAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default) =>
        RunAsync(FunctionKind.Action, function, arguments, cancellationToken);

    private async ValueTask<Value> RunAsync(FunctionKind kind, string function, ValueObject arguments, CancellationToken cancellationToken)
    {
        var path = FunctionAddress.Parse($"1.0/actions/{kind.ToString().ToLowerInvariant()}", function);
        var result = await run.OutsideAsync(token => scope.RunAsync(kind, path, ValueJson.Write(arguments), token), cancellationToken);
        return ValueJson.Parse(result.Span);
    }
}
