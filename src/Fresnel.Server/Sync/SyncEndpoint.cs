using Fresnel.Protocol;
using Fresnel.Runtime;
using Fresnel.Server.Auth;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fresnel.Server.Sync;

/// <summary>Where sync sockets are opened. Source: <c>spec/client-protocol.md</c> §2.1.</summary>
internal static class SyncEndpoint
{
    /// <summary>Maps the two paths. WebSockets are switched on for them alone, so that the application need not do so.</summary>
    public static void MapSync(this IEndpointRouteBuilder endpoints)
    {
        var open = endpoints.CreateApplicationBuilder().UseEmptyClose().UseWebSockets().Use(_ => http => HttpApi.ApiEndpoints.AnswerAsync(http, OpenAsync)).Build();
        endpoints.MapGet("/api/{version}/sync", open);
        endpoints.MapGet("/api/sync", open);
    }

    private static async Task OpenAsync(HttpContext http, Deployment deployment)
    {
        var version = ReadVersion(http.GetRouteValue("version") as string);
        if (!http.WebSockets.IsWebSocketRequest) throw RequestException.BadRequest("NotAWebSocket", "Expected a request to upgrade to a websocket.");

        var options = http.RequestServices.GetRequiredService<IOptions<FresnelOptions>>().Value;
        var log = http.RequestServices.GetRequiredService<ILogger<SyncSession>>();
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = options.Sync.KeepAliveInterval,
            KeepAliveTimeout = options.Sync.KeepAliveTimeout,
        });
        var state = new SyncState(version, options.Time, http.TraceIdentifier, log);
        var origin = (http.Connection.RemoteIpAddress?.ToString(), http.Request.Headers.UserAgent.ToString());
        using var session = new SyncSession(socket, deployment, http.RequestServices.GetRequiredService<AdminAccess>(), http.RequestServices.GetRequiredService<UserTokens>(), options.Sync, state, origin);
        await session.RunAsync(http.RequestServices.GetRequiredService<HostedDeployment>().Stopping);
    }

    private static ClientVersion? ReadVersion(string? text)
    {
        if (text is null) return null;
        if (!ClientVersion.TryParse(text, out var version)) throw RequestException.BadRequest("InvalidClientVersion", $"Failed to parse client version: {text}");
        if (version > ClientVersion.LastUnsupported) return version;
        throw HttpApi.ClientHeader.Unsupported(version);
    }
}
