using Fresnel.Protocol;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Http;

namespace Fresnel.Server.HttpApi;

/// <summary>The <c>Convex-Client</c> header: a client's name and version, as in <c>npm-cli-1.48.0</c>. Source: <c>spec/client-protocol.md</c> §3.3.</summary>
internal static class ClientHeader
{
    /// <summary>Refuses clients that are too old, and headers that are none. Names that are not known are welcome.</summary>
    public static void Check(HttpContext http)
    {
        var text = http.Request.Headers["Convex-Client"].ToString();
        if (text.Length == 0) return;
        if (!text.Contains('-', StringComparison.Ordinal)) throw RequestException.BadRequest("InvalidClientVersion", $"Failed to parse client version: {text}");
        if (!text.StartsWith("npm-", StringComparison.Ordinal) || !ClientVersion.TryParse(text.AsSpan("npm-".Length), out var version)) return;
        if (version > ClientVersion.LastUnsupported) return;

        var error = Unsupported(version);
        http.Response.Headers["x-convex-deprecation-state"] = "Unsupported";
        http.Response.Headers["x-convex-deprecation-message"] = error.Message;
        throw error;
    }

    /// <summary>The refusal of a version that is too old.</summary>
    public static RequestException Unsupported(ClientVersion version) => RequestException.BadRequest(
        "ClientVersionUnsupported",
        $"The Convex npm package at version {version} is no longer supported. Update your Convex npm version with `npx convex update` or `npm update`.");
}
