using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Logs;

namespace Fresnel.Runtime.Invocations;

/// <summary>Writes root invocations into the function log. The system's own functions are not logged.</summary>
/// <param name="parts">The deployment.</param>
/// <param name="call">What was called.</param>
/// <param name="kind">What it is called as.</param>
/// <param name="identify">Names it in the log; the function's path when null.</param>
internal sealed class InvocationReport(InvokerParts parts, FunctionCall call, FunctionKind kind, Func<string>? identify = null)
{
    private readonly long _start = parts.Time.GetTimestamp();
    private readonly double _startedAt = parts.NowMilliseconds;
    private readonly string _executionId = parts.NewInvocationId();

    /// <summary>An action wrote a line.</summary>
    public void Progress(LogLine line, FunctionDefinition function)
    {
        if (!call.Path.IsSystem) parts.FunctionLog.Add(Entry(FunctionLogEntryKind.Progress, function) with { LogLines = [line] });
    }

    /// <summary>It ended.</summary>
    public void Completed(
        FunctionOutcome outcome, FunctionDefinition? function, TimeSpan userTime, TransactionUsage usage, IReadOnlyList<LogLine> lines, int? httpStatus = null, long? returnBytes = null)
    {
        if (call.Path.IsSystem) return;
        parts.FunctionLog.Add(Entry(FunctionLogEntryKind.Completion, function) with
        {
            LogLines = lines,
            StartedAt = _startedAt,
            ExecutionTime = parts.Time.GetElapsedTime(_start),
            UserTime = userTime,
            Error = outcome.Error?.FullText,
            ReturnBytes = returnBytes ?? (outcome.Error is null ? outcome.Value.Length : null),
            HttpStatus = httpStatus,
            Usage = usage,
        });
    }

    /// <summary>It succeeded, and what it entered into the audit log is told.</summary>
    public void Audited(IReadOnlyList<AuditEntry> audits, FunctionDefinition? function = null)
    {
        if (call.Path.IsSystem) return;
        foreach (var audit in audits)
        {
            var now = parts.NowMilliseconds;
            parts.FunctionLog.Add(Entry(FunctionLogEntryKind.Audit, function) with { LogLines = [new LogLine("INFO", [audit.Resolve(call, now)], false, now) { SystemCode = "audit" }] });
        }
    }

    private FunctionLogEntry Entry(FunctionLogEntryKind entryKind, FunctionDefinition? function) => new()
    {
        Kind = entryKind,
        FunctionKind = function?.Kind ?? kind,
        Component = call.Component,
        Identifier = identify?.Invoke() ?? call.Path.ToString(),
        RequestId = call.RequestId,
        ExecutionId = _executionId,
        Caller = call.Caller,
        Environment = function?.Environment ?? ModuleEnvironment.Isolate,
        IdentityType = call.Identity.IsAdmin ? "instance_admin" : call.Identity.Attributes is null ? "unknown" : "user",
    };
}
