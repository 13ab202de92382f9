using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.HttpActions;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Runs functions on request: routes, checks, begins the transaction, runs, checks the result, commits, runs again after a conflict.</summary>
/// <remarks>
/// How a function ended is a value, faults of the system included (<see cref="FunctionError.SystemCode"/>). What is thrown is
/// <see cref="OperationCanceledException"/> when the caller gave up, and <see cref="InvocationAbandonedException"/> when nothing may be told.
/// Source: <c>spec/function-runtime.md</c> §1.4, 7, 8; <c>spec/client-protocol.md</c> §5.3.
/// </remarks>
public sealed class FunctionInvoker
{
    private readonly InvokerParts _parts;
    private readonly QueryInvoker _queries;
    private readonly MutationInvoker _mutations;
    private readonly ActionInvoker _actions;
    private readonly HttpActionInvoker _httpActions;

    internal FunctionInvoker(InvokerParts parts)
    {
        var limits = parts.Options.Limits;
        _parts = parts;
        var queryGate = new InvocationGate("queries", limits.ConcurrentQueries, limits.WaitingInvocations);
        var mutationGate = new InvocationGate("mutations", limits.ConcurrentMutations, limits.WaitingInvocations);
        var actionGate = new InvocationGate("actions", limits.ConcurrentActions, limits.WaitingInvocations);
        var nodeActionGate = new InvocationGate("actions in Node", limits.ConcurrentNodeActions, limits.WaitingInvocations);
        var httpActionGate = new InvocationGate("HTTP actions", limits.ConcurrentHttpActions, limits.WaitingInvocations);
        _queries = new QueryInvoker(parts, queryGate);
        _mutations = new MutationInvoker(parts, mutationGate);
        _actions = new ActionInvoker(parts, actionGate, nodeActionGate, this);
        _httpActions = new HttpActionInvoker(parts, httpActionGate, this);
    }

    /// <summary>Runs a query at a snapshot, the newest published one when none is given.</summary>
    public ValueTask<QueryOutcome> QueryAsync(FunctionCall call, Snapshot? snapshot, CancellationToken cancellationToken) => _queries.RunAsync(call, snapshot, cancellationToken);

    /// <summary>Tells what a query entered into the audit log again, of a call that is given its result without a run.</summary>
    internal void Audit(FunctionCall call, FunctionOutcome outcome) => new InvocationReport(_parts, call, FunctionKind.Query).Audited(outcome.Audits);

    /// <summary>Runs a mutation; with a request key, once.</summary>
    public MutationRun Mutate(FunctionCall call, RequestKey? request, CancellationToken cancellationToken) => Mutate(call, request, null, cancellationToken);

    /// <summary>Runs a mutation that comes after another one of its session; with a request key, once.</summary>
    /// <param name="call">What to run.</param>
    /// <param name="request">Under which it takes effect once, or null.</param>
    /// <param name="predecessor">The one before, sealed or ended; when it loses its place in the order, this one is not committed either. Null when there is none.</param>
    /// <param name="cancellationToken">Gives up, as long as it is not submitted.</param>
    public MutationRun Mutate(FunctionCall call, RequestKey? request, MutationRun? predecessor, CancellationToken cancellationToken) =>
        _mutations.Start(call, request is { } key ? new RecordedRequest(call, key) : null, predecessor, cancellationToken);

    /// <summary>Runs an action.</summary>
    public ValueTask<FunctionOutcome> ActionAsync(FunctionCall call, CancellationToken cancellationToken) => _actions.RunAsync(call, cancellationToken);

    /// <summary>Lets the app's HTTP actions answer a request. Completes when the function has ended, which may be after the client has left.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">Where the answer goes.</param>
    /// <param name="stopping">Ends it from outside.</param>
    public Task AnswerAsync(HttpActionRequest request, IHttpActionResponse response, CancellationToken stopping) => _httpActions.RunAsync(request, response, stopping);

    /// <summary>Runs whatever kind of function it is.</summary>
    public async ValueTask<FunctionOutcome> RunAsync(FunctionCall call, CancellationToken cancellationToken)
    {
        FunctionKind kind;
        try
        {
            using var transaction = _parts.Database.BeginRead(limits: TransactionLimits.None);
            var code = await _parts.Catalog.LoadAsync(transaction, call.Component, cancellationToken);
            kind = FunctionRouting.Find(code, call.Path, call.Identity, call.Caller, expected: null).Kind;
        }
        catch (DeveloperException exception)
        {
            return new FunctionOutcome { RequestId = call.RequestId, Error = FunctionRefusal.From(exception) };
        }

        return kind switch
        {
            FunctionKind.Query => (await QueryAsync(call, null, cancellationToken)).Outcome,
            FunctionKind.Mutation => await Mutate(call, null, cancellationToken).Completed,
            _ => await ActionAsync(call, cancellationToken),
        };
    }

    /// <summary>Runs an action that asks for leave right before it begins; null when it was not given: how jobs run.</summary>
    internal ValueTask<FunctionOutcome?> ActionWithLeaveAsync(FunctionCall call, Func<CancellationToken, ValueTask<bool>> begin, CancellationToken cancellationToken) =>
        _actions.RunAsync(call, begin, cancellationToken);

    /// <summary>Runs a mutation with a rider in its transaction: how jobs run.</summary>
    internal MutationRun MutateWith(IMutationRider rider, FunctionCall call, CancellationToken cancellationToken) => _mutations.Start(call, rider, null, cancellationToken);
}
