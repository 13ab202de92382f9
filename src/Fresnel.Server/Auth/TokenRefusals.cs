using System.Net;
using Fresnel.Runtime.Catalog;
using Fresnel.Server.Errors;

namespace Fresnel.Server.Auth;

/// <summary>Why a token is refused, in the words that clients and people know: E1 to E10 of <c>spec/client-protocol.md</c> §4.7.</summary>
internal static class TokenRefusals
{
    private const string InvalidHeader = "InvalidAuthHeader";
    private const int MostOfAnAnswer = 500;

    /// <summary>E1.</summary>
    public static RequestException Unreadable() => Refusal(
        InvalidHeader, "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts separated by dots.");

    /// <summary>E2.</summary>
    public static RequestException NoIssuer() => Refusal(
        InvalidHeader, "Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that matches one of your configured auth providers.");

    /// <summary>E3.</summary>
    public static RequestException NoProvider(IReadOnlyList<AuthProvider> providers, bool redacts)
    {
        const string Head = "No auth provider found matching the given token";
        if (redacts) return Refusal("NoAuthProvider", Head);
        if (providers.Count == 0) return Refusal("NoAuthProvider", $"{Head} (no providers configured). Check convex/auth.config.ts.");
        var list = string.Join(", ", providers.Select(provider => provider is OidcProvider
            ? $"OIDC(domain={provider.Issuer}, app_id={provider.ApplicationId})"
            : $"CustomJWT(issuer={provider.Issuer}, app_id={provider.ApplicationId ?? "none"})"));
        return Refusal("NoAuthProvider", $"{Head}. Check that your JWT's issuer and audience match one of your configured providers: [{list}]");
    }

    /// <summary>E4: the provider could not be asked. Its status is passed on; when it did not answer at all, that may pass.</summary>
    public static RequestException Discovery(string issuer, HttpStatusCode? status, string detail)
    {
        var kind = status switch
        {
            HttpStatusCode.Unauthorized => RequestErrorKind.Unauthenticated,
            HttpStatusCode.Forbidden => RequestErrorKind.Forbidden,
            HttpStatusCode.NotFound => RequestErrorKind.NotFound,
            HttpStatusCode.TooManyRequests => RequestErrorKind.RateLimited,
            null or >= HttpStatusCode.InternalServerError => RequestErrorKind.Unavailable,
            _ => RequestErrorKind.BadRequest,
        };
        var answer = detail.Length <= MostOfAnAnswer ? detail : detail[..MostOfAnAnswer];
        return new(kind, "AuthProviderDiscoveryFailed", $"Auth provider discovery of {issuer} failed: {(status is { } code ? $"{(int)code} " : "")}{answer}");
    }

    /// <summary>E5.</summary>
    public static RequestException NotOidc() => Refusal(InvalidHeader, "Could not parse as OIDC ID token. Token might not be an OIDC-compliant JWT.");

    /// <summary>E6.</summary>
    public static RequestException NotVerified() => Refusal(
        "Unauthenticated", "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired.");

    /// <summary>E7.</summary>
    public static RequestException NotDecoded(string? keyId, bool redacts) => Refusal(InvalidHeader, (redacts, keyId) switch
    {
        (true, _) => "Could not decode token. The JWT's 'kid' (key ID) header doesn't match any key in the provider's JWKS, or the JWT signature is invalid.",
        (_, null) => "Could not decode token. JWT may be missing a 'kid' (key ID) header.",
        _ => $"Could not decode token. The JWT's 'kid' (key ID) header is '{keyId}', does this key match any key in the provider's JWKS?",
    });

    /// <summary>E8: a claim is missing.</summary>
    public static RequestException Missing(string what) => Refusal(InvalidHeader, $"Missing {what}");

    /// <summary>E8: a claim does not hold.</summary>
    public static RequestException NotValid(string detail) => Refusal(InvalidHeader, $"Could not validate token: {detail}");

    /// <summary>E9: no answer, or a bad one.</summary>
    public static RequestException KeysUnreachable(string address, string detail) => Refusal(
        InvalidHeader, $"Could not fetch JWKS from URL '{address}': {detail}. Check that the URL is correct and accessible.");

    /// <summary>E9: not JSON by its header.</summary>
    public static RequestException KeysOfWrongType(string address, string type) => Refusal(
        InvalidHeader, $"Invalid Content-Type '{type}' when fetching JWKS from '{address}'. Expected 'application/json' or 'application/jwk-set+json'.");

    /// <summary>E9: not a key set.</summary>
    public static RequestException KeysInvalid(string address, string detail) =>
        Refusal(InvalidHeader, $"Invalid JWKS response body from '{(address.Length <= MostOfAnAnswer ? address : address[..MostOfAnAnswer])}'. {detail}");

    /// <summary>E10.</summary>
    public static RequestException Expired() => Refusal("TokenExpired", "Convex token identity expired");

    private static RequestException Refusal(string code, string message) => new(RequestErrorKind.Unauthenticated, code, message);
}
