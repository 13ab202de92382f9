using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Fresnel.Runtime.Invocations;

/// <summary>Seals bytes into strings that others keep for us: encrypted, and opened again only when this deployment made them.</summary>
/// <remarks>
/// URL-safe base64 of: a seal of 16 bytes | the encryption of the content. The seal is the HMAC-SHA256 of the content, cut, and the initialisation vector of AES-CBC:
/// the same content gives the same string, and the string tells nothing more.
/// </remarks>
internal sealed class Sealer
{
    private const int SealLength = 16;
    private readonly byte[] _sealingKey;
    private readonly byte[] _encryptionKey;

    /// <param name="secret">The deployment's secret.</param>
    /// <param name="purpose">What is sealed: each purpose has keys of its own, so that one's strings are nothing to another.</param>
    public Sealer(byte[] secret, string purpose)
    {
        _sealingKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: Encoding.UTF8.GetBytes($"{purpose} seal"));
        _encryptionKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: Encoding.UTF8.GetBytes($"{purpose} encryption"));
    }

    /// <summary>The string of some content.</summary>
    public string Seal(ReadOnlySpan<byte> content)
    {
        var seal = SealOf(content);
        using var aes = Cipher();
        byte[] bytes = [.. seal, .. aes.EncryptCbc(content, seal)];
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The content of a string that this deployment made; false for any other.</summary>
    public bool TryOpen(string text, out ReadOnlyMemory<byte> content)
    {
        content = default;
        try
        {
            var bytes = Base64Url.DecodeFromChars(text);

            // The decoder is lenient with blanks, padding and unused bits; content has one string.
            if (bytes.Length <= SealLength || Base64Url.EncodeToString(bytes) != text) return false;
            using var aes = Cipher();
            var opened = aes.DecryptCbc(bytes.AsSpan(SealLength), bytes.AsSpan(0, SealLength));
            if (!CryptographicOperations.FixedTimeEquals(SealOf(opened), bytes.AsSpan(0, SealLength))) return false;
            content = opened;
            return true;
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            return false;
        }
    }

    private byte[] SealOf(ReadOnlySpan<byte> content) => HMACSHA256.HashData(_sealingKey, content)[..SealLength];

    private Aes Cipher()
    {
        var aes = Aes.Create();
        aes.Key = _encryptionKey;
        return aes;
    }
}
