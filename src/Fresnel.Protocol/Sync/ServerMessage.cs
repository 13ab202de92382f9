using Fresnel.Values;

namespace Fresnel.Protocol.Sync;

/// <summary>What the server may say. The family is closed: clients do not survive anything else. Source: <c>spec/client-protocol.md</c> §2.6.</summary>
public abstract record ServerMessage
{
    private protected ServerMessage()
    {
    }
}

/// <summary>Moves everything that a client shows from one snapshot to another.</summary>
/// <param name="Start">What the client held: exactly the end of the transition before.</param>
/// <param name="End">What it holds afterwards.</param>
/// <param name="Modifications">At most one per query.</param>
/// <param name="Clock">The clocks, when the client told its own.</param>
public sealed record Transition(StateVersion Start, StateVersion End, IReadOnlyList<StateModification> Modifications, ClockReading? Clock) : ServerMessage;

/// <summary>Both clocks, so that a client can tell how long a message took.</summary>
/// <param name="ClientClockSkewMilliseconds">How far the client's clock is ahead.</param>
/// <param name="ServerNanoseconds">The server's clock at the time of sending, in Unix nanoseconds.</param>
public readonly record struct ClockReading(double ClientClockSkewMilliseconds, long ServerNanoseconds);

/// <summary>A piece of the JSON text of a large transition.</summary>
/// <param name="Chunk">UTF-8, cut between code points.</param>
/// <param name="PartNumber">From zero.</param>
/// <param name="TotalParts">The same in all pieces.</param>
/// <param name="TransitionId">The same in all pieces.</param>
public sealed record TransitionChunk(ReadOnlyMemory<byte> Chunk, int PartNumber, int TotalParts, string TransitionId) : ServerMessage;

/// <summary>How a mutation ended.</summary>
/// <param name="RequestId">The client's number.</param>
/// <param name="Result">Value or error.</param>
/// <param name="Timestamp">Its commit, when it succeeded.</param>
public sealed record MutationResponse(uint RequestId, CallResult Result, Timestamp? Timestamp) : ServerMessage;

/// <summary>How an action ended.</summary>
/// <param name="RequestId">The client's number.</param>
/// <param name="Result">Value or error.</param>
public sealed record ActionResponse(uint RequestId, CallResult Result) : ServerMessage;

/// <summary>An identity was refused, or has expired; the socket closes after it.</summary>
/// <param name="Error">Why.</param>
/// <param name="BaseVersion">The version of the identity in the last transition that was sent.</param>
/// <param name="AuthUpdateAttempted">Whether a new token was refused, rather than the established one grown old.</param>
public sealed record AuthError(string Error, uint BaseVersion, bool AuthUpdateAttempted) : ServerMessage;

/// <summary>The client broke the protocol; the socket closes after it and the client does not come back.</summary>
/// <param name="Error">How.</param>
public sealed record FatalError(string Error) : ServerMessage;

/// <summary>The server is alive.</summary>
public sealed record Ping : ServerMessage
{
    /// <summary>The only one.</summary>
    public static Ping Instance { get; } = new();
}

/// <summary>How a function ended, as a client sees it.</summary>
/// <param name="Value">The value as encoded JSON, when it succeeded.</param>
/// <param name="ErrorMessage">The error text, when it failed; else null.</param>
/// <param name="ErrorData">The data of a ConvexError as encoded JSON, or null.</param>
/// <param name="LogLines">What it logged.</param>
public sealed record CallResult(ReadOnlyMemory<byte> Value, string? ErrorMessage, ReadOnlyMemory<byte>? ErrorData, IReadOnlyList<string> LogLines);

/// <summary>One query's part of a transition.</summary>
/// <param name="QueryId">The client's number.</param>
/// <param name="Result">Its new result, or null when it was removed.</param>
/// <param name="Journal">To be sent back when the query is added again.</param>
public readonly record struct StateModification(uint QueryId, CallResult? Result, string? Journal);
