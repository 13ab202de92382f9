using Fresnel.Runtime;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.Auth;

/// <summary>Finds out on whose behalf an HTTP request comes. Source: <c>spec/client-protocol.md</c> §4.4 and 4.6.</summary>
internal static class HttpAuthentication
{
    private const int SchemeLength = 7;

    /// <summary>The identity that a request's <c>Authorization</c> header or <c>adminKey</c> parameter names; nobody when there is neither.</summary>
    /// <exception cref="RequestException">It is refused.</exception>
    public static async ValueTask<Identity> AuthenticateAsync(HttpContext http, Deployment deployment)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length > 0) return await ReadAsync(http, header, deployment);
        var parameter = http.Request.Query["adminKey"].ToString();
        return parameter.Length == 0 ? Identity.Anonymous : ReadAdmin(parameter, http.RequestServices.GetRequiredService<AdminAccess>());
    }

    /// <summary>The identity that a request's header names. One that is refused fails only those who ask for it; without a header it is nobody.</summary>
    public static async ValueTask<Identity> IdentifyAsync(HttpContext http, Deployment deployment)
    {
        try
        {
            return http.Request.Headers.Authorization.ToString() is { Length: > 0 } header ? await ReadAsync(http, header, deployment) : Identity.Anonymous;
        }
        catch (RequestException refused)
        {
            return new UnverifiedIdentity(refused.Code, refused.Message);
        }
    }

    private static async ValueTask<Identity> ReadAsync(HttpContext http, string header, Deployment deployment)
    {
        if (header.Length < SchemeLength) throw RequestException.BadRequest("InvalidHeaderFailure", "Invalid authentication header");
        if (header.StartsWith("Convex ", StringComparison.OrdinalIgnoreCase)) return ReadAdmin(header["Convex ".Length..].Trim(), http.RequestServices.GetRequiredService<AdminAccess>());
        if (BearerOf(header) is { } token) return await VerifyAsync(http, token, deployment);
        throw RequestException.BadRequest("InvalidAdminKey", "Invalid admin key");
    }

    /// <summary>Lets only admins pass. The CLI's push calls have the key in the body; either place will do.</summary>
    public static Identity RequireAdmin(HttpContext http, AdminAccess admin, string? keyInBody = null)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Convex ", StringComparison.OrdinalIgnoreCase))
        {
            var (key, actingAs) = SplitActingAs(header["Convex ".Length..].Trim());
            if (admin.IsValid(key)) return actingAs is null ? Identity.Admin : ActingAs.FromHeader(actingAs);
        }

        var other = keyInBody ?? http.Request.Query["adminKey"].ToString();
        if (admin.IsValid(other)) return Identity.Admin;
        throw admin.BadDeployKey(wasGiven: header.Length > 0 || other.Length > 0);
    }

    private static string? BearerOf(string header) => header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;

    private static async ValueTask<Identity> VerifyAsync(HttpContext http, string token, Deployment deployment) =>
        (await http.RequestServices.GetRequiredService<UserTokens>().VerifyAsync(token, deployment, http.RequestAborted)).Identity;

    private static Identity ReadAdmin(string text, AdminAccess admin)
    {
        var (key, actingAs) = SplitActingAs(text);
        if (!admin.IsValid(key)) throw AdminAccess.BadAdminKey();
        return actingAs is null ? Identity.Admin : ActingAs.FromHeader(actingAs);
    }

    /// <summary>Splits <c>key:base64</c>. The colon of a type prefix (<c>prod:name|…</c>) comes before the bar and does not count.</summary>
    private static (string Key, string? ActingAs) SplitActingAs(string text)
    {
        var bar = text.IndexOf('|', StringComparison.Ordinal);
        var colon = text.IndexOf(':', bar + 1);
        return colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }
}
