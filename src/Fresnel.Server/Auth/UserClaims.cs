using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Server.Auth;

/// <summary>What <c>getUserIdentity()</c> says of a verified token. Source: <c>spec/client-protocol.md</c> §4.5.</summary>
internal static class UserClaims
{
    /// <summary>Claims that an OIDC token may have under the standard, and the names under which functions find them.</summary>
    private static readonly FrozenDictionary<string, string> Standard = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["name"] = "name",
        ["given_name"] = "givenName",
        ["family_name"] = "familyName",
        ["nickname"] = "nickname",
        ["preferred_username"] = "preferredUsername",
        ["profile"] = "profileUrl",
        ["picture"] = "pictureUrl",
        ["website"] = "websiteUrl",
        ["email"] = "email",
        ["gender"] = "gender",
        ["birthdate"] = "birthday",
        ["zoneinfo"] = "timezone",
        ["locale"] = "language",
        ["phone_number"] = "phoneNumber",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What belongs to the token and not to the user, or changes with every token: a fresh one of the same user must be the same user.</summary>
    private static readonly FrozenSet<string> OfOidcToken = new[]
    {
        "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "fva", "nonce", "azp", "auth_time", "acr", "amr", "at_hash", "c_hash",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> OfCustomToken = new[] { "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "fva" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The attributes of an OIDC token: standard claims under Convex's names, all others under their own.</summary>
    public static ValueObject OfOidc(JsonWebToken token)
    {
        var attributes = Begin(token);
        foreach (var claim in token.Payload.EnumerateObject())
        {
            if (OfOidcToken.Contains(claim.Name)) continue;
            if (Standard.TryGetValue(claim.Name, out var name)) AddText(attributes, name, claim.Value);
            else if (!AddSpecial(attributes, claim)) Add(attributes, claim.Name, claim.Value);
        }

        return ValueObject.From(attributes);
    }

    /// <summary>The attributes of a custom token: claims under their own names, nested ones with dots.</summary>
    public static ValueObject OfCustom(JsonWebToken token)
    {
        var attributes = Begin(token);
        foreach (var claim in token.Payload.EnumerateObject())
        {
            if (!OfCustomToken.Contains(claim.Name)) AddFlat(attributes, claim.Name, claim.Value);
        }

        return ValueObject.From(attributes);
    }

    private static Dictionary<string, Value> Begin(JsonWebToken token) => new(StringComparer.Ordinal)
    {
        ["tokenIdentifier"] = $"{token.Issuer}|{token.Subject}",
        ["subject"] = token.Subject!,
        ["issuer"] = token.Issuer!,
    };

    private static bool AddSpecial(Dictionary<string, Value> attributes, JsonProperty claim)
    {
        switch (claim.Name)
        {
            case "email_verified" or "phone_number_verified":
                var name = claim.Name == "email_verified" ? "emailVerified" : "phoneNumberVerified";
                if (claim.Value.ValueKind is JsonValueKind.True or JsonValueKind.False) attributes[name] = claim.Value.GetBoolean();
                return true;
            case "address":
                if (claim.Value.ValueKind == JsonValueKind.Object && claim.Value.TryGetProperty("formatted", out var formatted)) AddText(attributes, "address", formatted);
                return true;
            case "updated_at":
                if (claim.Value.ValueKind == JsonValueKind.Number && claim.Value.TryGetInt64(out var seconds) && seconds is >= 0 and < 253_402_300_800)
                    attributes["updatedAt"] = DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
                return true;
            default:
                return false;
        }
    }

    private static void AddText(Dictionary<string, Value> attributes, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) attributes[name] = value.GetString()!;
    }

    private static void AddFlat(Dictionary<string, Value> attributes, string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Add(attributes, name, value);
            return;
        }

        foreach (var inner in value.EnumerateObject()) AddFlat(attributes, $"{name}.{inner.Name}", inner.Value);
    }

    /// <summary>Adds a claim, unless its name cannot be a field's. What the identity itself says cannot be overwritten.</summary>
    private static void Add(Dictionary<string, Value> attributes, string name, JsonElement value)
    {
        if (FieldName.Problem(name) is null) attributes.TryAdd(name, Convert(value));
    }

    private static Value Convert(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => Value.Float64(value.GetDouble()),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => Value.Array([.. value.EnumerateArray().Select(Convert)]),
        JsonValueKind.Object => ValueObject.From(
            value.EnumerateObject().Where(field => FieldName.Problem(field.Name) is null).Select(field => KeyValuePair.Create(field.Name, Convert(field.Value)))),
        _ => Value.Null,
    };
}
