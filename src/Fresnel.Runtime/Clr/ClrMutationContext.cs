using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>What a mutation gets.</summary>
internal sealed class ClrMutationContext(ClrInvocation run, TransactionScope scope) : MutationContext
{
    /// <inheritdoc/>
    public override DatabaseWriter Database { get; } = new ClrDatabaseWriter(run, scope);

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
        ClrCalls.RunAsync(run, scope, FunctionKind.Query, function, arguments, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Value> RunMutationAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default) =>
        ClrCalls.RunAsync(run, scope, FunctionKind.Mutation, function, arguments, cancellationToken);
}
