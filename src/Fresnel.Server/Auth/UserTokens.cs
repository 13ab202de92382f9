using Fresnel.Server.Errors;

namespace Fresnel.Server.Auth;

/// <summary>Tokens of users (JWT).</summary>
internal static class UserTokens
{
    /// <summary>They are not verified yet, so none is accepted: a rejected token makes a client go on as nobody, after a few attempts.</summary>
    public static RequestException NotBuilt() =>
        new(RequestErrorKind.Unauthenticated, "NotBuiltYet", "Could not verify the token: user tokens (JWT) are not built yet in this version of Fresnel.");
}
