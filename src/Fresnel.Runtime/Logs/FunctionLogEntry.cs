using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Logs;

/// <summary>One entry of the log of functions. Source: <c>spec/deploy-api.md</c> §7.</summary>
public sealed record FunctionLogEntry
{
    /// <summary>Whether the invocation ended (queries and mutations bring their lines with it), an action wrote a line, or something was audited.</summary>
    public required FunctionLogEntryKind Kind { get; init; }

    /// <summary>Unix milliseconds, with a fraction; given by the log, strictly increasing. The cursor of readers.</summary>
    public double Timestamp { get; init; }

    /// <summary>What was run; as it was called when it was refused.</summary>
    public required FunctionKind FunctionKind { get; init; }

    /// <summary>The component path; empty for the app.</summary>
    public required string Component { get; init; }

    /// <summary>E.g. <c>messages:list</c>; for an HTTP action <c>GET /hello</c>.</summary>
    public required string Identifier { get; init; }

    /// <summary>The lines: all of a query or mutation; one of an action's Progress, none in its Completion; one of an Audit.</summary>
    public IReadOnlyList<LogLine> LogLines { get; init; } = [];

    /// <summary>The request at the root.</summary>
    public required string RequestId { get; init; }

    /// <summary>This invocation.</summary>
    public required string ExecutionId { get; init; }

    /// <summary>Where the call came from.</summary>
    public required FunctionCaller Caller { get; init; }

    /// <summary>Where the code ran.</summary>
    public ModuleEnvironment Environment { get; init; }

    /// <summary><c>instance_admin</c>, <c>user</c> or <c>unknown</c>.</summary>
    public string IdentityType { get; init; } = "unknown";

    /// <summary>When it began: unix milliseconds.</summary>
    public double StartedAt { get; init; }

    /// <summary>How long it took in all.</summary>
    public TimeSpan ExecutionTime { get; init; }

    /// <summary>Time in user code.</summary>
    public TimeSpan UserTime { get; init; }

    /// <summary>The whole text of its error, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Bytes of the result as JSON, or of an HTTP action's answer; null when there was none.</summary>
    public long? ReturnBytes { get; init; }

    /// <summary>What an HTTP action answered with; null when it did not come to that, and for others.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>What it read and wrote.</summary>
    public TransactionUsage Usage { get; init; }
}

/// <summary>What an entry tells of.</summary>
public enum FunctionLogEntryKind
{
    /// <summary>An invocation ended.</summary>
    Completion,

    /// <summary>An action wrote a line.</summary>
    Progress,

    /// <summary>A query or mutation that succeeded entered something into the audit log: the one line is its JSON.</summary>
    Audit,
}

/// <summary>What a reader of the log gets.</summary>
/// <param name="Entries">Those after its cursor, oldest first.</param>
/// <param name="Cursor">What to ask with next: the newest entry's time.</param>
public sealed record FunctionLogPage(IReadOnlyList<FunctionLogEntry> Entries, double Cursor);
