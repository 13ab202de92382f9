using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Fresnel.Server.Auth;

/// <summary>The public keys of a provider. Only keys for RS256 and ES256 are taken; others lie there unused.</summary>
internal sealed class JsonWebKeySet
{
    /// <summary>Keys that are looked at. A provider has a handful.</summary>
    private const int MostKeys = 256;

    private const int LeastRsaBits = 2048;
    private const int GreatestRsaBits = 8192;
    private const int CoordinateLength = 32;

    private readonly List<Key> _keys;

    private JsonWebKeySet(List<Key> keys) => _keys = keys;

    /// <summary>Reads <c>{"keys":[…]}</c>.</summary>
    /// <exception cref="JsonException">It is not that.</exception>
    public static JsonWebKeySet Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array)
            throw new JsonException("missing field `keys`");
        return new([.. keys.EnumerateArray().Take(MostKeys).Select(Read).OfType<Key>()]);
    }

    /// <summary>Whether one of the keys of this name (with no name, of all) made the signature by the algorithm.</summary>
    public bool Verify(string? keyId, string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        foreach (var key in _keys)
        {
            if (key.Fits(keyId, algorithm) && key.Verify(data, signature)) return true;
        }

        return false;
    }

    private static Key? Read(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object || Text(key, "use") is not (null or "sig")) return null;
        var (id, algorithm) = (Text(key, "kid"), Text(key, "alg"));
        try
        {
            return Text(key, "kty") switch
            {
                "RSA" when algorithm is null or "RS256" => new RsaKey(id, ReadRsa(key)),
                "EC" when Text(key, "crv") == "P-256" && algorithm is null or "ES256" => new EcKey(id, ReadEc(key)),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            return null;
        }
    }

    private static RSAParameters ReadRsa(JsonElement key)
    {
        var parameters = new RSAParameters { Modulus = Number(key, "n"), Exponent = Number(key, "e") };
        using var rsa = RSA.Create(parameters);
        return rsa.KeySize is >= LeastRsaBits and <= GreatestRsaBits ? parameters : throw new FormatException("An RSA key has 2,048 to 8,192 bits.");
    }

    private static ECParameters ReadEc(JsonElement key)
    {
        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Coordinate(key, "x"), Y = Coordinate(key, "y") } };
        using var ec = ECDsa.Create(parameters); // Says whether the point is on the curve.
        return parameters;
    }

    private static byte[] Coordinate(JsonElement key, string name) =>
        Number(key, name) is { Length: CoordinateLength } coordinate ? coordinate : throw new FormatException("A coordinate of P-256 has 32 bytes.");

    private static byte[] Number(JsonElement key, string name) => Base64Url.DecodeFromChars(Text(key, name) ?? throw new FormatException($"The key has no `{name}`."));

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private abstract record Key(string? Id, string Algorithm)
    {
        public bool Fits(string? keyId, string algorithm) => Algorithm == algorithm && (keyId is null || Id == keyId);

        public abstract bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
    }

    private sealed record RsaKey(string? Id, RSAParameters Parameters) : Key(Id, "RS256")
    {
        public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        {
            using var rsa = RSA.Create(Parameters);
            return rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
    }

    private sealed record EcKey(string? Id, ECParameters Parameters) : Key(Id, "ES256")
    {
        public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        {
            using var ec = ECDsa.Create(Parameters);
            return ec.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }
}
