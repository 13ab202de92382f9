using Fresnel.Engine.Transactions;
using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>What a query gets, the system's own included.</summary>
internal sealed class ClrQueryContext(ClrInvocation run, TransactionScope scope, DeploymentOptions options) : SystemQueryContext
{
    /// <inheritdoc/>
    public override DatabaseReader Database { get; } = new ClrDatabaseReader(run, scope, isSystem: false);

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
    public override string Component => scope.Component;

    /// <inheritdoc/>
    public override DeploymentOptions Deployment => options;

    /// <inheritdoc/>
    public override ValueTask<Value> RunQueryAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default) =>
        ClrCalls.RunAsync(run, scope, FunctionKind.Query, function, arguments, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<T> ReadAsync<T>(Func<Transaction, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        scope.IsSystem
            ? run.OutsideAsync(token => scope.InTurnAsync(read, token), cancellationToken)
            : throw new InvalidOperationException("Only functions of _system/ modules may read through the transaction.");
}
