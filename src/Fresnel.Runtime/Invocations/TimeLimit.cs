using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Invocations;

/// <summary>The time that an invocation has in all, runs after conflicts included, and what its end means.</summary>
internal sealed partial class TimeLimit : IDisposable
{
    private readonly InvokerParts _parts;
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _caller;

    /// <summary>Starts the clock.</summary>
    /// <param name="parts">The deployment.</param>
    /// <param name="limit">How long.</param>
    /// <param name="caller">The caller's own token.</param>
    public TimeLimit(InvokerParts parts, TimeSpan limit, CancellationToken caller)
    {
        _parts = parts;
        _limit = limit;
        _caller = caller;
        _source = new CancellationTokenSource(limit, parts.Time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_source.Token, caller);
    }

    /// <summary>Cancelled when the time is up or the caller gave up.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether the time is up.</summary>
    public bool IsOver => _source.IsCancellationRequested;

    /// <summary>The error that the caller gets for an exception out of a runner or the engine; null when the exception must go on, because nobody is to be answered.</summary>
    public FunctionError? Explains(Exception exception, FunctionCall call)
    {
        if (_caller.IsCancellationRequested) return null;
        switch (exception)
        {
            case InvocationAbandonedException { Reason: AbandonReason.TimedOut or AbandonReason.OutOfMemory } abandoned:
                return FunctionRefusal.From(abandoned);
            case OperationCanceledException or InvocationAbandonedException { Reason: AbandonReason.Canceled } when IsOver:
                var seconds = _limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);
                return FunctionRefusal.System("SystemTimeoutError", $"Function execution timed out (maximum duration: {seconds}s)");
            case OperationCanceledException or InvocationAbandonedException { Reason: AbandonReason.Canceled }:
                return null;
            default:
                LogFailed(_parts.Log, exception, call.Path.ToString(), call.RequestId);
                return FunctionRefusal.System(FunctionRefusal.InternalCode) with { LostWorkers = exception is InvocationAbandonedException { Reason: AbandonReason.WorkerLost } };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _either.Dispose();
        _source.Dispose();
    }

    [LoggerMessage(1, LogLevel.Error, "{Function} (request {RequestId}) was ended by a fault of the system.")]
    private static partial void LogFailed(ILogger log, Exception exception, string function, string requestId);
}
