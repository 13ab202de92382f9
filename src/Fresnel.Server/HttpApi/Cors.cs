using Microsoft.AspNetCore.Http;

namespace Fresnel.Server.HttpApi;

/// <summary>Lets pages of every origin call the deployment origin: authorization is by token, never by cookie. Source: <c>spec/client-protocol.md</c> §3.4.</summary>
internal static class Cors
{
    /// <summary>Adds the headers that answers carry, errors included.</summary>
    public static void Allow(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.Vary = "Origin";
        if (http.Request.Headers.Origin is not { Count: > 0 } origin) return;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowCredentials = "true";
    }

    /// <summary>Answers a preflight.</summary>
    public static void AnswerPreflight(HttpContext http)
    {
        Allow(http);
        var headers = http.Response.Headers;
        headers.AccessControlAllowMethods = "GET, POST, OPTIONS, PATCH, DELETE, PUT";
        headers.AccessControlMaxAge = "86400";
        if (http.Request.Headers.AccessControlRequestHeaders is { Count: > 0 } requested) headers.AccessControlAllowHeaders = requested;
    }
}
