using Fresnel.Runtime;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Errors;
using Fresnel.Values;

namespace Fresnel.Server.Auth;

/// <summary>A user whose token was verified, and until when that counts.</summary>
/// <param name="Identity">The user.</param>
/// <param name="Expires">From then on the identity is invalid.</param>
internal sealed record VerifiedUser(UserIdentity Identity, DateTimeOffset Expires);

/// <summary>Verifies the tokens of users against the deployed providers. Source: <c>spec/client-protocol.md</c> §4.2.</summary>
/// <remarks>A strict verifier: JWS in compact form; the provider, and with it the algorithm, is chosen by what was deployed, never by the token.</remarks>
internal sealed class UserTokens(ProviderKeys keys, TimeProvider time)
{
    private const string OidcAlgorithm = "RS256";
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(5);

    /// <summary>Verifies a token.</summary>
    /// <exception cref="RequestException">It is refused, or its provider cannot be asked.</exception>
    public async ValueTask<VerifiedUser> VerifyAsync(string text, Deployment deployment, CancellationToken cancellationToken)
    {
        try
        {
            var user = await VerifyParsedAsync(text, deployment, cancellationToken);
            return user with { Identity = user.Identity with { Token = text } };
        }
        catch (Exception exception) when (exception is InvalidOperationException or InvalidValueException)
        {
            // A text in it is no Unicode, or a claim is no value that functions could hold.
            throw TokenRefusals.Unreadable();
        }
    }

    private async ValueTask<VerifiedUser> VerifyParsedAsync(string text, Deployment deployment, CancellationToken cancellationToken)
    {
        var redacts = deployment.Options.Environment == DeploymentEnvironment.Production;
        var token = JsonWebToken.Parse(text) ?? throw TokenRefusals.Unreadable();
        var issuer = AuthProvider.Normalize(token.Issuer ?? throw TokenRefusals.NoIssuer());
        var providers = await deployment.AuthProviders.ReadAsync(cancellationToken);
        return providers.FirstOrDefault(provider => provider.NormalIssuer == issuer && (provider.ApplicationId is not { } id || token.Audiences.Contains(id))) switch
        {
            OidcProvider oidc => await VerifyAsync(token, oidc, cancellationToken),
            CustomJwtProvider custom => await VerifyAsync(token, custom, redacts, cancellationToken),
            _ => throw TokenRefusals.NoProvider(providers, redacts),
        };
    }

    private async ValueTask<VerifiedUser> VerifyAsync(JsonWebToken token, OidcProvider provider, CancellationToken cancellationToken)
    {
        if (token.Header is null || token.Subject is null || token.Moment("iat") is null || token.Moment("exp") is not { } expires) throw TokenRefusals.NotOidc();
        if (token.DemandsExtensions || token.Algorithm != OidcAlgorithm || token.Audiences.Count != 1 || expires <= time.GetUtcNow()) throw TokenRefusals.NotVerified();
        var isSigned = false;
        await keys.OfAsync(provider, found => isSigned = IsSigned(token, found, OidcAlgorithm), cancellationToken);
        if (!isSigned) throw TokenRefusals.NotVerified();
        return new(new(UserClaims.OfOidc(token)), expires);
    }

    private async ValueTask<VerifiedUser> VerifyAsync(JsonWebToken token, CustomJwtProvider provider, bool redacts, CancellationToken cancellationToken)
    {
        if (token.KeyId is not { } keyId) throw TokenRefusals.NotDecoded(null, redacts);
        if (token.DemandsExtensions || token.Algorithm != provider.Algorithm) throw TokenRefusals.NotDecoded(keyId, redacts);
        var isSigned = false;
        await keys.OfAsync(provider, found => isSigned = IsSigned(token, found, provider.Algorithm), cancellationToken);
        if (!isSigned) throw TokenRefusals.NotDecoded(keyId, redacts);

        if (token.Subject is null) throw TokenRefusals.Missing("subject");
        if (token.Moment("exp") is not { } expires) throw TokenRefusals.Missing("expiry");
        var now = time.GetUtcNow();
        if (expires + Leeway <= now) throw TokenRefusals.NotValid("the token has expired.");
        if (token.Moment("nbf") > now + Leeway) throw TokenRefusals.NotValid("the token is not valid yet ('nbf').");
        if (token.Moment("iat") > now + Leeway) throw TokenRefusals.NotValid("the token was issued in the future ('iat').");
        return new(new(UserClaims.OfCustom(token)), expires);
    }

    private static bool IsSigned(JsonWebToken token, JsonWebKeySet set, string algorithm) =>
        token.Signature is { } signature && set.Verify(token.KeyId, algorithm, token.SignedBytes, signature);
}
