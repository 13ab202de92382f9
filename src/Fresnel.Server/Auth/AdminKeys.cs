using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fresnel.Server.Auth;

/// <summary>Admin keys: <c>name|secret part</c>, derived from the instance secret, so that no list of them is kept.</summary>
/// <remarks>
/// The secret part is lower-case hex of <c>version || HMAC-SHA256(instance secret, "admin-key" || payload) || payload</c>;
/// the payload is one byte of flags (0) and the time of issue in Unix seconds, big endian. Source: <c>spec/deploy-api.md</c> §1.2.
/// </remarks>
public static class AdminKeys
{
    private const byte Version = 1;
    private const int PayloadBytes = 1 + 8;
    private const int KeyBytes = 1 + HMACSHA256.HashSizeInBytes + PayloadBytes;

    /// <summary>Makes a key of an instance.</summary>
    /// <param name="instanceName">The instance's name; without <c>:</c> and <c>|</c>.</param>
    /// <param name="instanceSecret">64 hex characters.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <exception cref="FormatException">The name or the secret is not one; the message says why.</exception>
    public static string Create(string instanceName, string instanceSecret, TimeProvider? time = null)
    {
        if (instanceName.Length == 0 || instanceName.AsSpan().IndexOfAny(':', '|', ' ') >= 0)
        {
            throw new FormatException($"An instance name has no colon, bar or space, and at least one character; \"{instanceName}\" will not do.");
        }

        Span<byte> key = stackalloc byte[KeyBytes];
        var payload = key[^PayloadBytes..];
        payload[0] = 0;
        BinaryPrimitives.WriteInt64BigEndian(payload[1..], (time ?? TimeProvider.System).GetUtcNow().ToUnixTimeSeconds());
        key[0] = Version;
        Sign(ParseSecret(instanceSecret), payload, key[1..^PayloadBytes]);
        return $"{instanceName}|{Convert.ToHexStringLower(key)}";
    }

    /// <summary>Makes an instance secret.</summary>
    public static string CreateSecret(Engine.IEntropy entropy)
    {
        Span<byte> secret = stackalloc byte[32];
        entropy.Fill(secret);
        return Convert.ToHexStringLower(secret);
    }

    /// <summary>Whether a text is a key of the instance with this name and secret. A type before the name (<c>prod:</c>) is ignored.</summary>
    public static bool Verify(string key, string instanceName, string instanceSecret)
    {
        var (name, secretPart) = Split(key);
        return name == instanceName && VerifySecretPart(secretPart, ParseSecret(instanceSecret));
    }

    /// <summary>Whether a text is the key that an operator stated verbatim. Either of them may lack the <c>name|</c> part.</summary>
    internal static bool MatchesStated(string key, string stated, string instanceName)
    {
        var (name, secretPart) = Split(key);
        var (_, statedPart) = Split(stated);
        return secretPart.Length > 0 && (name is null || name == instanceName || AreEqual(key, stated)) && AreEqual(secretPart, statedPart);
    }

    private static bool AreEqual(string key, string stated) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(stated));

    /// <summary>Takes a key apart at the first bar; the name is null when there is no bar.</summary>
    internal static (string? Name, string SecretPart) Split(string key)
    {
        var bar = key.IndexOf('|', StringComparison.Ordinal);
        if (bar < 0) return (null, key);
        var name = key[..bar];
        return (name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..], key[(bar + 1)..]);
    }

    private static bool VerifySecretPart(string secretPart, byte[] instanceSecret)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        if (Convert.FromHexString(secretPart, key, out var read, out var written) != System.Buffers.OperationStatus.Done) return false;
        if (read != secretPart.Length || written != KeyBytes || key[0] != Version) return false;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(instanceSecret, key[^PayloadBytes..], expected);
        return CryptographicOperations.FixedTimeEquals(expected, key[1..^PayloadBytes]);
    }

    private static void Sign(byte[] instanceSecret, ReadOnlySpan<byte> payload, Span<byte> signature)
    {
        Span<byte> signed = stackalloc byte["admin-key"u8.Length + PayloadBytes];
        "admin-key"u8.CopyTo(signed);
        payload.CopyTo(signed["admin-key"u8.Length..]);
        HMACSHA256.HashData(instanceSecret, signed, signature);
    }

    private static byte[] ParseSecret(string instanceSecret)
    {
        if (instanceSecret.Length == 64 && instanceSecret.All(char.IsAsciiHexDigit)) return Convert.FromHexString(instanceSecret);
        throw new FormatException("An instance secret is 32 bytes as 64 hex characters.");
    }
}
