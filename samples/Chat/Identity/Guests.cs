using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Chat.Identity;

/// <summary>Says who visitors are: a small issuer of custom JWTs. A browser keeps a secret, and whoever has it is one and the same guest.</summary>
/// <remarks>The subject is made from the secret and does not give it away: everybody sees whose message it is, and nobody can become them by it. The key lies with the data.</remarks>
internal sealed class Guests : IDisposable
{
    /// <summary>The issuer and the audience, as <c>convex/auth.config.ts</c> has them.</summary>
    private const string Issuer = "https://guests.fresnel-chat.example";
    private const string Audience = "fresnel-chat";
    private const string KeyId = "guests";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly ECDsa _key;

    private Guests(ECDsa key) => _key = key;

    /// <summary>Reads the key, or makes it at the first start.</summary>
    public static Guests Open(string folder)
    {
        var path = Path.Combine(folder, "guests-key.pem");
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
        {
            key.ImportFromPem(File.ReadAllText(path));
            return new(key);
        }

        Directory.CreateDirectory(folder);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, options);
        file.Write(key.ExportPkcs8PrivateKeyPem());
        return new(key);
    }

    /// <summary>The public key as a <c>data:</c> URI: what the deployment is told to trust.</summary>
    public string Jwks()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var keys = new { keys = new[] { new { kty = "EC", crv = "P-256", alg = "ES256", use = "sig", kid = KeyId, x = Encode(point.X!), y = Encode(point.Y!) } } };
        return $"data:application/json;base64,{Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(keys))}";
    }

    /// <summary>A token for the guest who has this secret.</summary>
    public string Sign(string secret, string name)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var subject = Encode(SHA256.HashData(Encoding.UTF8.GetBytes(secret))[..12]);
        var header = Encode(JsonSerializer.SerializeToUtf8Bytes(new { alg = "ES256", typ = "JWT", kid = KeyId }));
        var claims = Encode(JsonSerializer.SerializeToUtf8Bytes(new { iss = Issuer, aud = Audience, sub = subject, name, iat = now, exp = now + (long)Lifetime.TotalSeconds }));
        var signature = _key.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{header}.{claims}.{Encode(signature)}";
    }

    public void Dispose() => _key.Dispose();

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
