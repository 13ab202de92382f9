using System.Net.WebSockets;
using Fresnel.Protocol.Sync;
using Fresnel.Server.Auth;

namespace Fresnel.Server.Sync;

/// <summary>How the server ends a session: what it says last, and the close frame. Source: <c>spec/client-protocol.md</c> §2.13.</summary>
/// <param name="Status">The code of the close frame; <see cref="WebSocketCloseStatus.Empty"/> for none.</param>
/// <param name="Reason">Begins with the error's code, by which clients choose how long they wait; null with no code.</param>
/// <param name="LastWords">The final message, given the version that was sent last; or null.</param>
internal sealed record SessionEnd(WebSocketCloseStatus Status, string? Reason, Func<StateVersion, ServerMessage>? LastWords)
{
    /// <summary>"Try again later": RFC 6455's registry, unknown to the framework's enumeration.</summary>
    public const WebSocketCloseStatus TryAgainLater = (WebSocketCloseStatus)1013;

    /// <summary>The client closed, or is gone: its own close is answered.</summary>
    public static SessionEnd ByClient { get; } = new(WebSocketCloseStatus.NormalClosure, null, null);

    /// <summary>The identity has expired; the client comes back with a fresh token.</summary>
    public static SessionEnd ByExpiry { get; } = new(
        WebSocketCloseStatus.Empty, null, sent => new AuthError(TokenRefusals.Expired().Message, sent.Identity, AuthUpdateAttempted: false));

    /// <summary>The server stops; clients come back without a word in their logs.</summary>
    public static SessionEnd ByShutdown { get; } = new(WebSocketCloseStatus.EndpointUnavailable, null, null);
}
