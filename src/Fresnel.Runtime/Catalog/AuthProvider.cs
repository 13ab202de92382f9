using System.Text.Json;

namespace Fresnel.Runtime.Catalog;

/// <summary>Whom the deployed <c>auth.config.ts</c> trusts to say who users are. Source: <c>spec/client-protocol.md</c> §4.1.</summary>
/// <param name="Issuer">As it was deployed: an OIDC provider's <c>domain</c>, a custom one's <c>issuer</c>.</param>
/// <param name="ApplicationId">What a token's audience must contain; null when any will do.</param>
public abstract record AuthProvider(string Issuer, string? ApplicationId)
{
    /// <summary>The issuer as it is compared: with a scheme, and without slashes at its end.</summary>
    public string NormalIssuer { get; } = Normalize(Issuer);

    /// <summary>Brings an issuer into the form in which it is compared.</summary>
    public static string Normalize(string issuer) => (issuer.Contains("://", StringComparison.Ordinal) ? issuer : $"https://{issuer}").TrimEnd('/');

    /// <summary>Reads the JSON array that a push stored.</summary>
    internal static IReadOnlyList<AuthProvider> ReadAll(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(Read)];
    }

    private static AuthProvider Read(JsonElement provider)
    {
        string? Text(string name) => provider.TryGetProperty(name, out var value) ? value.GetString() : null;
        return Text("type") == "customJwt"
            ? new CustomJwtProvider(Text("issuer")!, Text("applicationID"), Text("jwks")!, Text("algorithm")!)
            : new OidcProvider(Text("domain")!, Text("applicationID")!);
    }
}

/// <summary>A provider that is asked for its keys by OIDC discovery.</summary>
/// <inheritdoc/>
public sealed record OidcProvider(string Issuer, string ApplicationId) : AuthProvider(Issuer, ApplicationId);

/// <summary>A provider whose keys and algorithm are stated.</summary>
/// <param name="Issuer">The issuer.</param>
/// <param name="ApplicationId">The audience, or null.</param>
/// <param name="Jwks">Where its keys are: an http(s) URL, or a <c>data:</c> URI that holds them.</param>
/// <param name="Algorithm"><c>RS256</c> or <c>ES256</c>.</param>
public sealed record CustomJwtProvider(string Issuer, string? ApplicationId, string Jwks, string Algorithm) : AuthProvider(Issuer, ApplicationId);
