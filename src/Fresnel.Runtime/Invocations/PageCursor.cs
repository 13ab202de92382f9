using System.Security.Cryptography;
using System.Text;
using Fresnel.Engine.Queries;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Where a page ends: behind a key of the index, or at the end of the query.</summary>
/// <param name="Key">The key of the last document scanned; null for the end.</param>
internal readonly record struct PagePosition(ReadOnlyMemory<byte>? Key)
{
    /// <summary>Behind everything.</summary>
    public static PagePosition End => new(null);

    /// <summary>Whether nothing comes behind it.</summary>
    public bool IsEnd => Key is null;
}

/// <summary>Positions as the opaque strings that functions and clients keep: sealed, so that only this deployment's own are taken, and encrypted, since a key holds fields of a document.</summary>
/// <remarks>
/// URL-safe base64 of: a seal of 16 bytes | the encryption of (16 bytes of fingerprint of the query | 1 for a key, 0 for the end | the key).
/// The seal is the HMAC-SHA256 of the content, cut, and the initialisation vector of AES-CBC: the same position gives the same string, so that results stay byte-equal, and tells nothing more.
/// The fingerprint covers the query's JSON, its component and the fields of the index, since a key means nothing elsewhere.
/// Source: <c>spec/data-model.md</c> §3.5, 3.6; <c>spec/client-protocol.md</c> §2.10.
/// </remarks>
internal sealed class PageCursor
{
    private const int SealLength = 16;
    private const int FingerprintLength = 16;
    private readonly byte[] _sealingKey;
    private readonly byte[] _encryptionKey;

    /// <param name="secret">The deployment's secret; each use has a key of its own, derived from it.</param>
    public PageCursor(byte[] secret)
    {
        _sealingKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: "cursor seal"u8.ToArray());
        _encryptionKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: "cursor encryption"u8.ToArray());
    }

    /// <summary>What tells this query apart from others.</summary>
    public static byte[] Fingerprint(string component, string queryJson, QueryStream query)
    {
        var fields = string.Join('\n', query.Fields);
        return SHA256.HashData(Encoding.UTF8.GetBytes($"{component}\n{fields}\n{queryJson}"))[..FingerprintLength];
    }

    /// <summary>The string of a position.</summary>
    public string Write(PagePosition position, ReadOnlySpan<byte> fingerprint)
    {
        ReadOnlySpan<byte> key = position.Key is { } given ? given.Span : default;
        byte[] content = [.. fingerprint, position.IsEnd ? (byte)0 : (byte)1, .. key];
        var seal = Seal(content);
        using var aes = Cipher();
        byte[] sealedContent = [.. seal, .. aes.EncryptCbc(content, seal)];
        return System.Buffers.Text.Base64Url.EncodeToString(sealedContent);
    }

    /// <summary>The position of a string.</summary>
    /// <exception cref="DeveloperException"><c>InvalidCursor</c>, with the data that clients begin again on.</exception>
    public PagePosition Read(string cursor, ReadOnlySpan<byte> fingerprint)
    {
        if (Open(cursor) is not { } content) throw Invalid("Failed to parse cursor");
        if (!content.Span[..FingerprintLength].SequenceEqual(fingerprint))
            throw Invalid("InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.");
        return content.Span[FingerprintLength] == 0 ? PagePosition.End : new PagePosition(content[(FingerprintLength + 1)..]);
    }

    /// <summary>The content of a string that this deployment made; null for any other.</summary>
    private ReadOnlyMemory<byte>? Open(string cursor)
    {
        try
        {
            var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(cursor);

            // The decoder is lenient with blanks, padding and unused bits; a position has one string.
            if (bytes.Length <= SealLength || System.Buffers.Text.Base64Url.EncodeToString(bytes) != cursor) return null;
            using var aes = Cipher();
            var content = aes.DecryptCbc(bytes.AsSpan(SealLength), bytes.AsSpan(0, SealLength));
            var isOurs = content.Length > FingerprintLength && CryptographicOperations.FixedTimeEquals(Seal(content), bytes.AsSpan(0, SealLength));
            return isOurs ? content.AsMemory() : (ReadOnlyMemory<byte>?)null;
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            return null;
        }
    }

    private byte[] Seal(ReadOnlySpan<byte> content) => HMACSHA256.HashData(_sealingKey, content)[..SealLength];

    private Aes Cipher()
    {
        var aes = Aes.Create();
        aes.Key = _encryptionKey;
        return aes;
    }

    private static DeveloperException Invalid(string message) =>
        new("InvalidCursor", message, """{"isConvexSystemError":true,"paginationError":"InvalidCursor"}"""u8.ToArray());
}
