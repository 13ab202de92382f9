using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Fresnel.Server.Auth;

/// <summary>A JWT in compact form, taken apart and not verified. What it says of itself, the algorithm above all, decides nothing.</summary>
internal sealed class JsonWebToken
{
    /// <summary>Longer ones are not looked at: no provider makes them, and headers end long before.</summary>
    private const int GreatestLength = 64 * 1024;

    /// <summary>A name that comes twice could mean one thing to us and another to whoever made the token.</summary>
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    private readonly string _text;
    private readonly int _signed;

    private JsonWebToken(string text, int headerEnd, JsonElement payload)
    {
        _text = text;
        _signed = text.LastIndexOf('.');
        Payload = payload;
        Header = ReadObject(text.AsSpan(0, headerEnd));
    }

    /// <summary>The header; null when it is not a JSON object.</summary>
    public JsonElement? Header { get; }

    /// <summary>The claims.</summary>
    public JsonElement Payload { get; }

    /// <summary>The issuer; null when there is none.</summary>
    public string? Issuer => Text(Payload, "iss");

    /// <summary>The subject; null when there is none.</summary>
    public string? Subject => Text(Payload, "sub");

    /// <summary>The audiences; empty when there are none.</summary>
    public IReadOnlyList<string> Audiences => Payload.TryGetProperty("aud", out var audience)
        ? audience.ValueKind switch
        {
            JsonValueKind.String => [audience.GetString()!],
            JsonValueKind.Array => [.. audience.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)],
            _ => [],
        }
        : [];

    /// <summary>The key that it says it was signed with.</summary>
    public string? KeyId => Header is { } header ? Text(header, "kid") : null;

    /// <summary>The algorithm that it says it was signed with: to be compared, never followed.</summary>
    public string? Algorithm => Header is { } header ? Text(header, "alg") : null;

    /// <summary>Whether it names extensions that whoever verifies it must know. None is known here. Source: RFC 7515, section 4.1.11.</summary>
    public bool DemandsExtensions => Header is { } header && header.TryGetProperty("crit", out _);

    /// <summary>What was signed.</summary>
    public byte[] SignedBytes => Encoding.ASCII.GetBytes(_text, 0, _signed);

    /// <summary>The signature; null when it is not base64url.</summary>
    public byte[]? Signature => Decode(_text.AsSpan(_signed + 1));

    /// <summary>Takes a token apart; null when its payload cannot be read.</summary>
    public static JsonWebToken? Parse(string text)
    {
        if (text.Length > GreatestLength) return null;
        var first = text.IndexOf('.', StringComparison.Ordinal);
        var second = first < 0 ? -1 : text.IndexOf('.', first + 1);
        if (second < 0 || text.IndexOf('.', second + 1) >= 0) return null;
        return ReadObject(text.AsSpan(first + 1, second - first - 1)) is { } payload ? new JsonWebToken(text, first, payload) : null;
    }

    /// <summary>A moment in a claim: whole or broken seconds since 1970. Null when there is none.</summary>
    public DateTimeOffset? Moment(string name)
    {
        const double Latest = 253_402_300_799; // The last second of the year 9999.
        if (!Payload.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number) return null;
        return value.TryGetDouble(out var seconds) && seconds is >= 0 and <= Latest ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement? ReadObject(ReadOnlySpan<char> part)
    {
        if (Decode(part) is not { } bytes) return null;
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[]? Decode(ReadOnlySpan<char> part)
    {
        // The decoder would also take white space and padding, which a JWS has not.
        if (part.ContainsAnyExcept(Alphabet)) return null;
        try
        {
            return Base64Url.DecodeFromChars(part);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static readonly System.Buffers.SearchValues<char> Alphabet =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}
