using Fresnel.Protocol.Sync;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Server.Errors;

/// <summary>Composes what clients see of a function's outcome. Source: <c>spec/client-protocol.md</c> §5.2 and 5.6.</summary>
internal static class FunctionErrors
{
    /// <summary>The outcome as a client sees it. Redacted, there is neither a message nor a log line; the data of a ConvexError travels always, for it was meant to.</summary>
    public static CallResult ResultOf(FunctionOutcome outcome, bool redacts) => new(
        outcome.Value,
        outcome.Error is { } error ? TextOf(error, outcome.RequestId, redacts) : null,
        outcome.Error?.Data,
        redacts ? [] : [.. outcome.LogLines.Select(line => line.Pretty)]);

    /// <summary>The text of an error. With the request id a developer finds the rest in the log.</summary>
    public static string TextOf(FunctionError error, string requestId, bool redacts) =>
        redacts ? $"[Request ID: {requestId}] Server Error" : $"[Request ID: {requestId}] Server Error\n{error.FullText}";
}
