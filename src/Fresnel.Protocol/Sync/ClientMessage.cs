using Fresnel.Values;

namespace Fresnel.Protocol.Sync;

/// <summary>What a client may say. The family is closed. Source: <c>spec/client-protocol.md</c> §2.5.</summary>
public abstract record ClientMessage
{
    private protected ClientMessage()
    {
    }
}

/// <summary>The first message on a socket.</summary>
/// <param name="SessionId">UUID text; the same across the reconnects of one client object.</param>
/// <param name="ConnectionCount">Successful opens before this one.</param>
/// <param name="LastCloseReason">Why the last socket ended, or null.</param>
/// <param name="MaxObservedTimestamp">The newest timestamp that the client has seen, or null.</param>
/// <param name="ClientMilliseconds">The client's clock in Unix milliseconds, or null.</param>
public sealed record Connect(string SessionId, uint ConnectionCount, string? LastCloseReason, Timestamp? MaxObservedTimestamp, double? ClientMilliseconds) : ClientMessage;

/// <summary>Queries come and go.</summary>
/// <param name="BaseVersion">The version of the query set that the changes are made to.</param>
/// <param name="NewVersion">The version afterwards.</param>
/// <param name="Modifications">The changes, in order.</param>
public sealed record ModifyQuerySet(uint BaseVersion, uint NewVersion, IReadOnlyList<QuerySetModification> Modifications) : ClientMessage;

/// <summary>Run a mutation.</summary>
/// <param name="Call">Which, with what.</param>
public sealed record MutationMessage(RequestedCall Call) : ClientMessage;

/// <summary>Run an action.</summary>
/// <param name="Call">Which, with what.</param>
public sealed record ActionMessage(RequestedCall Call) : ClientMessage;

/// <summary>Become somebody.</summary>
/// <param name="BaseVersion">The version of the identity that is replaced.</param>
/// <param name="TokenType">What <paramref name="Token"/> is.</param>
/// <param name="Token">A JWT or an admin key; null for nobody.</param>
/// <param name="Impersonating">The attributes of the user that an admin acts as, as JSON, or null.</param>
public sealed record Authenticate(uint BaseVersion, TokenType TokenType, string? Token, ReadOnlyMemory<byte>? Impersonating) : ClientMessage;

/// <summary>Telemetry; never answered.</summary>
/// <param name="EventType">What happened.</param>
public sealed record ClientEvent(string EventType) : ClientMessage;

/// <summary>What a token is.</summary>
public enum TokenType
{
    /// <summary>No token: nobody.</summary>
    None,

    /// <summary>A JWT.</summary>
    User,

    /// <summary>An admin key.</summary>
    Admin,
}

/// <summary>A function that a client wants to be run.</summary>
/// <param name="RequestId">The client's number; mutations and actions share the counter.</param>
/// <param name="Path">The function path as sent.</param>
/// <param name="Arguments">A JSON array, as sent.</param>
/// <param name="ComponentPath">The component, or null for the app.</param>
public sealed record RequestedCall(uint RequestId, string Path, ReadOnlyMemory<byte> Arguments, string? ComponentPath);

/// <summary>A change of the query set.</summary>
public abstract record QuerySetModification
{
    private protected QuerySetModification(uint queryId) => QueryId = queryId;

    /// <summary>The client's number.</summary>
    public uint QueryId { get; }
}

/// <summary>A query comes.</summary>
public sealed record AddQuery : QuerySetModification
{
    /// <summary>Makes one.</summary>
    public AddQuery(uint queryId, string path, ReadOnlyMemory<byte> arguments, string? journal, string? componentPath) : base(queryId)
    {
        Path = path;
        Arguments = arguments;
        Journal = journal;
        ComponentPath = componentPath;
    }

    /// <summary>The function path as sent.</summary>
    public string Path { get; }

    /// <summary>A JSON array, as sent.</summary>
    public ReadOnlyMemory<byte> Arguments { get; }

    /// <summary>What the server sent with the last result, or null.</summary>
    public string? Journal { get; }

    /// <summary>The component, or null for the app.</summary>
    public string? ComponentPath { get; }
}

/// <summary>A query goes.</summary>
public sealed record RemoveQuery : QuerySetModification
{
    /// <summary>Makes one.</summary>
    public RemoveQuery(uint queryId) : base(queryId)
    {
    }
}
