using System.Runtime.CompilerServices;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>How a function ended: with a value or an error. Never a conflict.</summary>
public sealed record FunctionOutcome
{
    /// <summary>The result as canonical JSON; empty when it failed.</summary>
    public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public FunctionError? Error { get; init; }

    /// <summary>What it and the functions it called logged, in order.</summary>
    public IReadOnlyList<LogLine> LogLines { get; init; } = [];

    /// <summary>The request id that stands in error texts.</summary>
    public required string RequestId { get; init; }

    /// <summary>What a query entered into the audit log: told again to whoever is given a result that is known already.</summary>
    internal IReadOnlyList<AuditEntry> Audits { get; init; } = [];

    /// <summary>A committed mutation's timestamp; a query's snapshot.</summary>
    public Timestamp Timestamp { get; init; }
}

/// <summary>An error of a function, before it is composed for a client (which depends on whether the deployment redacts).</summary>
/// <param name="Message">The first line, e.g. <c>Uncaught Error: boom</c>, or the text of a refusal.</param>
/// <param name="Frames">The mapped stack frames, one per element, as <c>at handler (../convex/a.ts:1:2)</c>; empty for refusals.</param>
/// <param name="Data">The data of a ConvexError as canonical JSON, or null.</param>
public sealed record FunctionError(string Message, IReadOnlyList<string> Frames, ReadOnlyMemory<byte>? Data)
{
    /// <summary>
    /// Set when it was not the function that failed but the system around it: a code of <c>spec/client-protocol.md</c> §5.1, e.g. <c>InternalServerError</c>,
    /// <c>TooManyConcurrentRequests</c>, <c>OptimisticConcurrencyControlFailure</c>. An HTTP edge answers it with a status, a socket is closed with it; the client may try again.
    /// </summary>
    public string? SystemCode { get; init; }

    /// <summary>Whether every worker that it was given was lost while it ran: perhaps its own doing.</summary>
    internal bool LostWorkers { get; init; }

    /// <summary>The message, then each frame on a line of its own with four spaces before it; ends in a newline. Source: <c>spec/function-runtime.md</c> §7.4.</summary>
    public string FullText => Message + "\n" + string.Concat(Frames.Select(frame => $"    {frame}\n"));
}

/// <summary>How a query ended, with what a live query must know to stay right.</summary>
/// <param name="Outcome">Value or error.</param>
/// <param name="Snapshot">What it read.</param>
/// <param name="Reads">Which intervals it read.</param>
/// <param name="ObservedIdentity">Whether the result depends on who asked.</param>
/// <param name="Journal">To be fed into the next run; null when empty.</param>
public sealed record QueryOutcome(FunctionOutcome Outcome, Snapshot Snapshot, ReadSet Reads, bool ObservedIdentity, string? Journal);

/// <summary>A mutation under way.</summary>
public sealed class MutationRun
{
    private readonly StrongBox<Commit?>? _submitted;

    /// <summary>Makes one.</summary>
    public MutationRun(Task<Timestamp?> isSealed, Task<FunctionOutcome> completed)
    {
        Sealed = isSealed;
        Completed = completed;
    }

    /// <summary>Makes one whose last submission can be looked at.</summary>
    internal MutationRun(Task<Timestamp?> isSealed, Task<FunctionOutcome> completed, StrongBox<Commit?> submitted) : this(isSealed, completed) => _submitted = submitted;

    /// <summary>Completes when its commit has its place in the order (the timestamp), or when it ended without one (null): the session's next mutation may begin.</summary>
    public Task<Timestamp?> Sealed { get; }

    /// <summary>Whether its commit is in a published snapshot. Right even when the continuation that completes <see cref="Sealed"/> has yet to run: a commit is sealed before it is published.</summary>
    public bool IsIn(Timestamp snapshot)
    {
        var commit = _submitted is null ? null : Volatile.Read(ref _submitted.Value);
        return commit?.Sealed is { IsCompletedSuccessfully: true, Result: { Outcome: CommitOutcome.Committed, Timestamp: var timestamp } } && timestamp <= snapshot;
    }

    /// <summary>Whether its commit had a place in the order and lost it: what was to come after it must not go before it now.</summary>
    internal bool IsLost => _submitted is not null && Volatile.Read(ref _submitted.Value) is { IsLost: true };

    /// <summary>Completes when the outcome may be told. Fails with <see cref="InvocationAbandonedException"/> when nothing may be told: whether it took effect is not known.</summary>
    public Task<FunctionOutcome> Completed { get; }
}

/// <summary>Names a mutation of a session, so that it takes effect once however often it is sent.</summary>
/// <param name="SessionId">UUID text of the client object.</param>
/// <param name="RequestId">The client's number.</param>
public readonly record struct RequestKey(string SessionId, uint RequestId);

/// <summary>One line of a function's log. Source: <c>spec/function-runtime.md</c> §7.1.</summary>
/// <param name="Level">DEBUG, INFO, LOG, WARN or ERROR.</param>
/// <param name="Messages">The arguments, each already inspected.</param>
/// <param name="IsTruncated">Whether it was cut.</param>
/// <param name="Timestamp">Unix milliseconds.</param>
/// <param name="FunctionPath">The nested function that wrote it, or null for the invocation itself.</param>
public sealed record LogLine(string Level, IReadOnlyList<string> Messages, bool IsTruncated, double Timestamp, string? FunctionPath = null)
{
    /// <summary>Set for lines that the system wrote: a short code of what it warns of.</summary>
    public string? SystemCode { get; init; }

    /// <summary>The form that clients get: <c>[LOG] 'x' 1</c>.</summary>
    public string Pretty => $"[{Level}] {string.Join(' ', Messages)}{(IsTruncated ? " (truncated due to length)" : "")}";
}
