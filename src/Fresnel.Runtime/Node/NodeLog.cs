using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Node;

/// <summary>What the Node room writes into the log.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(1, LogLevel.Debug, "Started a worker for {Pool} (process {ProcessId})")]
    public static partial void Started(ILogger log, string pool, int processId);

    [LoggerMessage(2, LogLevel.Debug, "A worker for {Pool} ended (process {ProcessId}): {Reason}")]
    public static partial void Ended(ILogger log, string pool, int processId, string reason);

    [LoggerMessage(3, LogLevel.Error, "{Operation} of {Function} failed in the engine")]
    public static partial void SyscallFailed(ILogger log, string operation, string function, Exception failure);

    [LoggerMessage(5, LogLevel.Error, "A frame of a worker could not be handled; the worker is ended")]
    public static partial void FrameFailed(ILogger log, Exception failure);

    [LoggerMessage(6, LogLevel.Debug, "A worker for {Pool} has lived long enough or become large; another takes its place")]
    public static partial void Retired(ILogger log, string pool);

    [LoggerMessage(4, LogLevel.Warning, "A worker was brought down by one of {Functions}; from now on each runs in a worker of its own until it has shown to behave")]
    public static partial void Suspected(ILogger log, string functions);
}
