using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Node;

/// <summary>Checks what <c>auth.config.js</c> exports. Source: <c>spec/deploy-api.md</c> §5.3.</summary>
internal static class AuthProviders
{
    /// <summary>Reads <c>{providers:[…]}</c>.</summary>
    /// <returns>A JSON array of <c>AuthInfo</c>.</returns>
    /// <exception cref="DeveloperException">Code <c>AuthConfigNotMatchingSchemaError</c>.</exception>
    public static string Check(string config)
    {
        using var json = JsonDocument.Parse(config);
        if (json.RootElement.ValueKind is not JsonValueKind.Object
            || !json.RootElement.TryGetProperty("providers", out var providers)
            || providers.ValueKind is not JsonValueKind.Array)
        {
            throw Mismatch("`providers` must be an array.");
        }

        using var stream = new MemoryStream();
        using (var output = new Utf8JsonWriter(stream))
        {
            output.WriteStartArray();
            var at = 0;
            foreach (var provider in providers.EnumerateArray()) Copy(provider, at++, output);
            output.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Copy(JsonElement provider, int at, Utf8JsonWriter output)
    {
        if (provider.ValueKind is not JsonValueKind.Object) throw Mismatch($"Provider at index {at} must be an object.");
        if (provider.TryGetProperty("applicationId", out _))
        {
            throw Mismatch($"Provider at index {at} must have applicationID property spelled lowercase 'application', capital I, capital D.");
        }

        output.WriteStartObject();
        switch (Text(provider, "type", at, isOptional: true))
        {
            case null or "oidc":
                Forbid(provider, "issuer", at);
                output.WriteString("applicationID", Text(provider, "applicationID", at));
                output.WriteString("domain", CheckDomain(Text(provider, "domain", at)!));
                break;
            case "customJwt":
                Forbid(provider, "domain", at);
                var algorithm = Text(provider, "algorithm", at);
                if (algorithm is not ("RS256" or "ES256")) throw Mismatch($"Provider at index {at} must have `algorithm` RS256 or ES256.");
                output.WriteString("type", "customJwt");
                output.WriteString("applicationID", Text(provider, "applicationID", at, isOptional: true));
                output.WriteString("issuer", CheckDomain(Text(provider, "issuer", at)!));
                output.WriteString("jwks", Text(provider, "jwks", at));
                output.WriteString("algorithm", algorithm);
                break;
            case var type:
                throw Mismatch($"Provider at index {at} has the unknown type `{type}`.");
        }

        output.WriteEndObject();
    }

    private static string? Text(JsonElement provider, string name, int at, bool isOptional = false)
    {
        var has = provider.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null;
        if (!has && isOptional) return null;
        return has && value.ValueKind is JsonValueKind.String ? value.GetString() : throw Mismatch($"Provider at index {at} must have `{name}`, a string.");
    }

    /// <summary>A mistake here would only show when somebody signs in: so it is told at the push. Source: <c>spec/client-protocol.md</c> §4.1.</summary>
    private static string CheckDomain(string domain)
    {
        if (domain.StartsWith('"')) throw InvalidDomain(domain, "it begins with a quotation mark");
        var hasScheme = domain.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(hasScheme ? domain : $"https://{domain}", UriKind.Absolute, out var uri)) throw InvalidDomain(domain, "it is not a URL");
        if (uri.Scheme is not ("http" or "https")) throw InvalidDomain(domain, "its scheme is neither http nor https");
        var top = uri.Host[(uri.Host.LastIndexOf('.') + 1)..];
        if (!hasScheme && (top.Length == uri.Host.Length || top.Length < 2 || !top.All(char.IsAsciiLetter))) throw InvalidDomain(domain, "it has no top-level domain");
        return domain;
    }

    private static DeveloperException InvalidDomain(string domain, string reason) =>
        new("InvalidProviderDomainUrl", $"Invalid provider domain URL \"{domain}\" in auth.config: {reason}. Expected something like https://your-domain.example.com.");

    private static void Forbid(JsonElement provider, string name, int at)
    {
        if (provider.TryGetProperty(name, out _)) throw Mismatch($"Provider at index {at} must not have `{name}`.");
    }

    private static DeveloperException Mismatch(string detail) =>
        new("AuthConfigNotMatchingSchemaError", $"auth config file must include a list of provider credentials: {detail}");
}
