using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Jobs;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>What an action can do: run functions, each a root call of its own, and schedule them. Syscalls run side by side.</summary>
/// <remarks>All errors may reach user code; faults of the system carry the generic text. Source: <c>spec/function-runtime.md</c> §3, 8.3.</remarks>
internal sealed class ActionScope(InvokerParts parts, FunctionInvoker invoker, FunctionCall call, ComponentCode code, FunctionDefinition function, FunctionLogBuffer log) : InvocationScope
{
    /// <summary>Actions that wait for each other, one for the next: they share one place at the gate, so nothing else bounds them.</summary>
    private const int MostNestedActions = 64;

    private int _running;
    private volatile bool _closed;

    /// <summary>Syscalls that only actions have: elsewhere they are known and refused.</summary>
    public static FrozenSet<string> Operations { get; } =
        new[] { "1.0/actions/query", "1.0/actions/mutation", "1.0/actions/action", "1.0/actions/schedule", "1.0/actions/cancel_job", "1.0/createServiceToken", "1.0/getServiceUrl" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> TransactionOperations = new[]
    {
        "1.0/get", "1.0/insert", "1.0/shallowMerge", "1.0/replace", "1.0/remove", "1.0/queryStream", "1.0/queryStreamNext", "1.0/queryCleanup", "1.0/queryPage", "1.0/count",
        "1.0/db/normalizeId", "1.0/runUdf", "1.0/schedule", "1.0/cancel_job", "1.0/getTransactionMetrics", "1.0/getSnapshotTs", "1.0/signJwt",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The component whose functions it reaches.</summary>
    public string Component => code.Component;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, uint> TableNumbers => FrozenDictionary<string, uint>.Empty;

    /// <inheritdoc/>
    public override void Log(LogLine line)
    {
        if (!_closed) log.Add(line);
    }

    /// <inheritdoc/>
    public override void OpenQuery(int queryId, ReadOnlyMemory<byte> query)
    {
        // An action has no database; what it asks of the query is refused.
    }

    /// <inheritdoc/>
    public override ValueTask<StreamRows> NextAsync(int queryId, CancellationToken cancellationToken) => throw SyscallErrors.NotAvailable("`1.0/queryStreamNext`", function.Kind);

    /// <inheritdoc/>
    public override void Consume(int queryId, int count)
    {
        // As above.
    }

    /// <inheritdoc/>
    public override void CloseQuery(int queryId)
    {
        // As above.
    }

    /// <summary>The attributes of the user it runs for, or null.</summary>
    public ValueObject? UserIdentity() => Component.Length == 0 ? call.Identity.ReadAttributes() : null;

    /// <summary>Runs a function of this component as a root call, on behalf of the same identity; internal ones are within reach.</summary>
    /// <param name="kind">Query, mutation or action.</param>
    /// <param name="path">Which.</param>
    /// <param name="arguments">JSON: one object, or an array of positional arguments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The result as canonical JSON.</returns>
    /// <exception cref="DeveloperException">It cannot be reached or failed.</exception>
    public ValueTask<ReadOnlyMemory<byte>> RunAsync(FunctionKind kind, FunctionPath path, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken) => CountedAsync(
        async () =>
        {
            if (call.ActionDepth >= MostNestedActions) throw SyscallErrors.TooDeep();
            var inner = call with
            {
                Component = Component,
                Path = path,
                Arguments = FunctionArguments.Positional(arguments),
                Caller = FunctionCaller.Action,
                Journal = null,
                ActionDepth = call.ActionDepth + 1,
            };
            var outcome = kind switch
            {
                FunctionKind.Query => (await invoker.QueryAsync(inner, null, cancellationToken)).Outcome,
                FunctionKind.Mutation => await invoker.Mutate(inner, null, cancellationToken).Completed,
                _ => await invoker.ActionAsync(inner, cancellationToken),
            };
            return outcome.Error is null ? outcome.Value : throw FunctionRefusal.ToException(outcome.Error);
        });

    /// <summary>Schedules a function of this component; stands at once, whatever becomes of the action. Returns the id of its job.</summary>
    /// <inheritdoc cref="TransactionScope.ScheduleAsync" path="/param"/>
    public ValueTask<string> ScheduleAsync(FunctionPath path, double unixMilliseconds, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken) => CountedAsync(async () =>
    {
        var request = JobRequest.Check(code, path, unixMilliseconds, arguments, parts.NowMilliseconds);
        await parts.OutstandingJobs.AddAsync(cancellationToken);
        var (id, _) = await parts.Database.CommitAsync(
            (transaction, token) => JobDocuments.InsertAsync(transaction, Component, request, call.ScheduledFunctionId, parts.NowMilliseconds, token), cancellationToken);
        return id;
    });

    /// <summary>Cancels a job of this component. One that has ended stays as it is.</summary>
    public ValueTask<bool> CancelJobAsync(string id, CancellationToken cancellationToken) => CountedAsync(async () =>
    {
        var (isCanceled, _) = await parts.Database.CommitAsync(
            (transaction, token) => JobDocuments.CancelAsync(transaction, Component, id, runningMutation: null, parts.NowMilliseconds, token), cancellationToken);
        return isCanceled;
    });

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> SyscallAsync(string operation, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
    {
        if (operation == "1.0/auditLog") throw new DeveloperException("OperationNotAvailable", "Audit logging is not yet supported in actions");
        if (NotBuiltYet.Operations.TryGetValue(operation, out var what)) throw NotBuiltYet.Error(what);
        using var json = SyscallArguments.Parse(operation, arguments);
        var given = json.RootElement;
        switch (operation)
        {
            case "1.0/actions/query":
                return await RunAsync(FunctionKind.Query, Address(operation, given), given.RequiredJson("args", operation), cancellationToken);
            case "1.0/actions/mutation":
                return await RunAsync(FunctionKind.Mutation, Address(operation, given), given.RequiredJson("args", operation), cancellationToken);
            case "1.0/actions/action":
                return await RunAsync(FunctionKind.Action, Address(operation, given), given.RequiredJson("args", operation), cancellationToken);
            case "1.0/actions/schedule":
                var job = await ScheduleAsync(Address(operation, given), given.Seconds("ts", "scheduler.runAt") * 1000, given.RequiredJson("args", operation), cancellationToken);
                return Encoding.UTF8.GetBytes($"\"{job}\"");
            case "1.0/actions/cancel_job":
                await CancelJobAsync(given.RequiredText("id", "scheduler.cancel"), cancellationToken);
                return FunctionMetadata.Null;
            case "1.0/createFunctionHandle":
                return FunctionMetadata.Text(FunctionAddress.CreateHandle(given, parts.Handles, code));
            case "1.0/createServiceToken" or "1.0/getServiceUrl":
                throw SyscallErrors.NoService(given.RequiredText("service", operation == "1.0/getServiceUrl" ? "getServiceUrl" : "getServiceToken"));
            case "1.0/getUserIdentity":
                return FunctionMetadata.UserIdentity(UserIdentity());
            case "1.0/getFunctionMetadata":
                return FunctionMetadata.Function(function.Path, Component);
            case "1.0/getDeploymentMetadata":
                return FunctionMetadata.Deployment(parts.Options.Name);
            case "1.0/getRequestMetadata":
                return FunctionMetadata.Request(call);
            default:
                throw TransactionOperations.Contains(operation) ? SyscallErrors.NotAvailable($"`{operation}`", FunctionKind.Action) : SyscallErrors.UnknownOperation(operation);
        }
    }

    private FunctionPath Address(string operation, JsonElement given) => FunctionAddress.Read(operation, given, parts.Handles, Component);

    /// <summary>The action has ended: what it issued completes, what it issues now is refused.</summary>
    public void Close() => _closed = true;

    private async ValueTask<T> CountedAsync<T>(Func<Task<T>> work)
    {
        if (_closed) throw new InvocationAbandonedException(AbandonReason.Canceled, "The invocation has ended.");
        if (Interlocked.Increment(ref _running) > parts.Options.Limits.ConcurrentOperations)
        {
            Interlocked.Decrement(ref _running);
            throw SyscallErrors.TooManyConcurrent();
        }

        try
        {
            return await work();
        }
        catch (Exception exception) when (exception is CommitFailedException or InvocationAbandonedException)
        {
            // Whoever is to be answered elsewhere is not; an action goes on, and may catch this.
            throw new DeveloperException(FunctionRefusal.InternalCode, FunctionRefusal.GenericText);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
