using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>A root query or mutation with everything that it calls: one transaction, one moment, one identity, one set of limits.</summary>
/// <remarks>
/// One function of a tree runs at a time (a caller waits for what it called), so nothing here is locked.
/// Source: <c>spec/function-runtime.md</c> §8.1, 8.2.
/// </remarks>
internal sealed class InvocationTree(InvokerParts parts, FunctionCall call, FunctionKind kind, Transaction transaction)
{
    /// <summary>The deployment.</summary>
    public InvokerParts Parts => parts;

    /// <summary>What the root was asked.</summary>
    public FunctionCall Call => call;

    /// <summary>Query or mutation: what the whole tree may do.</summary>
    public FunctionKind Kind => kind;

    /// <summary>The transaction that all of it runs in.</summary>
    public Transaction Transaction => transaction;

    /// <summary>Frozen for the whole tree.</summary>
    public double StartMilliseconds { get; private init; } = parts.NowMilliseconds;

    /// <summary>The timestamp of the snapshot at that moment: what its functions are told. Of a transaction whose snapshot has moved on since it is not told any more.</summary>
    public Timestamp Begun { get; } = transaction.Snapshot.Timestamp;

    /// <summary>Draws the seeds of its functions.</summary>
    public InvocationSeeds Seeds { get; private init; } = new(parts.RandomBytes(32));

    /// <summary>What may stand in the JSON that its functions give and get: placeholders of the commit's timestamp only where there will be a commit.</summary>
    public ValueJsonOptions JsonOptions { get; private init; } = kind == FunctionKind.Mutation ? ValueJsonOptions.AllowCommitTimestamp : ValueJsonOptions.None;

    /// <summary>What its functions entered into the audit log so far.</summary>
    public AuditTrail Audits { get; private init; } = new(parts.Options.Limits);

    /// <summary>Starts false; set for good once a function asks who it runs for, or when reaching it depended on that.</summary>
    public bool ObservedIdentity { get; set; }

    /// <summary>What the root must be given when it runs again; null while it did nothing that needs it. Today: the cursor where its page ends.</summary>
    public string? Journal { get; set; }

    /// <summary>Whether its functions may go on without waiting for their writes.</summary>
    public bool MayPost { get; init; }

    /// <summary>What it scheduled so far.</summary>
    public ScheduledUsage Scheduled { get; } = new();

    /// <summary>The same moment, identity and randomness over another transaction: for queries that must not touch this one.</summary>
    public InvocationTree Beside(Transaction other) => new(parts, call, FunctionKind.Query, other)
    {
        StartMilliseconds = StartMilliseconds,
        Seeds = Seeds,
        JsonOptions = JsonOptions,
        Audits = Audits,
    };

    /// <summary>Runs the root function.</summary>
    public async ValueTask<TreeResult> RunRootAsync(CancellationToken cancellationToken)
    {
        var log = new FunctionLogBuffer(parts.Options.Limits);
        try
        {
            var code = await parts.Catalog.LoadAsync(transaction, call.Component, cancellationToken);
            ObservedIdentity |= FunctionRouting.DependsOnIdentity(code, call.Path, call.Caller);
            var function = FunctionRouting.Find(code, call.Path, call.Identity, call.Caller, kind);
            var arguments = FunctionArguments.Check(function, call.Arguments, ValueJsonOptions.None, transaction.TableNames(call.Component), parts.Options.Limits.ArgumentBytes);
            var result = await RunAsync(code, function, arguments, log, null, 0, cancellationToken);
            if (result.Error is null && !call.Path.IsSystem)
            {
                foreach (var line in UsageWarnings.Lines(transaction.Usage, Scheduled, parts.Ceilings, result.UserTime, parts.Options.Limits.UserTime, parts.NowMilliseconds)) log.Add(line);
            }

            return new TreeResult(result.Value, result.Error, function, log.ToList(), result.UserTime) { Audits = result.Error is null ? Audits.Entries : [] };
        }
        catch (DeveloperException exception)
        {
            return new TreeResult(default, FunctionRefusal.From(exception), null, log.ToList(), TimeSpan.Zero);
        }
    }

    /// <summary>Runs one function of the tree whose arguments were checked, and checks its result.</summary>
    /// <param name="code">The code of its component.</param>
    /// <param name="function">Which.</param>
    /// <param name="arguments">A canonical JSON array.</param>
    /// <param name="log">Takes its lines.</param>
    /// <param name="ceilings">What it may use of the transaction's limits, when its caller lowered them.</param>
    /// <param name="depth">Calls above it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async ValueTask<InvocationResult> RunAsync(
        ComponentCode code, FunctionDefinition function, ReadOnlyMemory<byte> arguments, FunctionLogBuffer log, UsageCeilings? ceilings, int depth, CancellationToken cancellationToken)
    {
        var scope = new TransactionScope(this, code, function, log, ceilings, depth);
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
                    StartMilliseconds = StartMilliseconds,
                    Seed = Seeds.Next(),
                    SnapshotTimestamp = Begun,
                    IsSnapshotMoving = kind == FunctionKind.Mutation && !transaction.IsSnapshotTold,
                    MayPost = MayPost && function.Kind == FunctionKind.Mutation,
                    IsRoot = depth == 0,
                    Scope = scope,
                },
                cancellationToken);
        }
        finally
        {
            // What was issued without being awaited still runs, as on Convex; what comes later finds the scope closed.
            await scope.CloseAsync();
        }

        // Code of C# is told the time without the scope: it says so at its end.
        if (function.Environment == ModuleEnvironment.Clr && result.ObservedTime && transaction.Snapshot.Timestamp != Begun)
            throw new InvocationAbandonedException(AbandonReason.SnapshotTooOld, "The time was told and the snapshot moved on.");
        if (result.Error is not null) return result;
        if (scope.Overdrawn is { } overdrawn) return result with { Value = default, Error = FunctionRefusal.From(overdrawn) };
        try
        {
            return result with { Value = FunctionResults.Check(function, result.Value, JsonOptions, transaction.TableNames(code.Component), parts.Options.Limits.ResultBytes) };
        }
        catch (DeveloperException exception)
        {
            return result with { Value = default, Error = FunctionRefusal.From(exception) };
        }
    }
}

/// <summary>How a root function ended.</summary>
/// <param name="Value">The checked result; empty when it failed.</param>
/// <param name="Error">Why it failed, or null.</param>
/// <param name="Function">What was run; null when it was refused.</param>
/// <param name="LogLines">What the tree logged.</param>
/// <param name="UserTime">Time in user code of the root.</param>
internal sealed record TreeResult(ReadOnlyMemory<byte> Value, FunctionError? Error, FunctionDefinition? Function, IReadOnlyList<LogLine> LogLines, TimeSpan UserTime)
{
    /// <summary>What the tree entered into the audit log, if it succeeded: to be told once it is certain.</summary>
    public IReadOnlyList<AuditEntry> Audits { get; init; } = [];

    /// <summary>It failed before anything could be kept of it.</summary>
    public static TreeResult Failed(FunctionError error) => new(default, error, null, [], TimeSpan.Zero);
}
