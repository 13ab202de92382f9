using System.Net.WebSockets;
using Fresnel.Protocol.Sync;
using Fresnel.Server.Sync;

namespace Fresnel.Server.Errors;

/// <summary>Maps a request-level error to the end of the session that met it. The only place where a close code is chosen.</summary>
/// <remarks>Source: the table of <c>spec/client-protocol.md</c> §2.13. A FatalError makes a client give up for ever, so it stands only where trying again cannot help.</remarks>
internal static class SessionErrors
{
    private const int MaximumReasonLength = 123;

    public static SessionEnd EndOf(RequestException error) => error.Kind switch
    {
        RequestErrorKind.Unauthenticated => new(
            WebSocketCloseStatus.Empty, null, sent => new AuthError(error.Message, sent.Identity, AuthUpdateAttempted: true)),
        RequestErrorKind.BadRequest or RequestErrorKind.Conflict or RequestErrorKind.NotBuilt => new(
            WebSocketCloseStatus.Empty, null, _ => new FatalError(error.Message)),
        RequestErrorKind.Forbidden => new(WebSocketCloseStatus.NormalClosure, Reason(error), _ => new FatalError(error.Message)),
        RequestErrorKind.NotFound => new(WebSocketCloseStatus.NormalClosure, Reason(error), null),
        RequestErrorKind.RateLimited or RequestErrorKind.Unavailable => new(SessionEnd.TryAgainLater, Reason(error), null),
        _ => new(WebSocketCloseStatus.InternalServerError, "InternalServerError", null),
    };

    private static string Reason(RequestException error) => error.Code.Length <= MaximumReasonLength ? error.Code : error.Code[..MaximumReasonLength];
}
