using Fresnel.Engine.Snapshots;

namespace Fresnel.Runtime.Invocations;

/// <summary>Runs functions on request: routes, checks, begins the transaction, runs, checks the result, commits, runs again after a conflict.</summary>
/// <remarks>Source: <c>spec/function-runtime.md</c> §1.4, 7, 8; <c>spec/client-protocol.md</c> §5.3.</remarks>
public sealed class FunctionInvoker
{
    /// <summary>Runs a query at a snapshot, the newest published one when none is given.</summary>
    public ValueTask<QueryOutcome> QueryAsync(FunctionCall call, Snapshot? snapshot, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Runs a mutation; with a request key, once.</summary>
    public MutationRun Mutate(FunctionCall call, RequestKey? request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Runs an action.</summary>
    public ValueTask<FunctionOutcome> ActionAsync(FunctionCall call, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Runs whatever kind of function it is.</summary>
    public ValueTask<FunctionOutcome> RunAsync(FunctionCall call, CancellationToken cancellationToken) => throw new NotImplementedException();
}
