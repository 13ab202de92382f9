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

/// <summary>Positions as the opaque strings that functions and clients keep: sealed, since a key holds fields of a document.</summary>
/// <remarks>
/// Sealed are 16 bytes of fingerprint of the query | 1 for a key, 0 for the end | the key. The same position gives the same string, so that results stay byte-equal.
/// The fingerprint covers the query's JSON, its component and the fields of the index, since a key means nothing elsewhere.
/// Source: <c>spec/data-model.md</c> §3.5, 3.6; <c>spec/client-protocol.md</c> §2.10.
/// </remarks>
/// <param name="secret">The deployment's secret.</param>
internal sealed class PageCursor(byte[] secret)
{
    private const int FingerprintLength = 16;
    private readonly Sealer _sealer = new(secret, "cursor");

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
        return _sealer.Seal([.. fingerprint, position.IsEnd ? (byte)0 : (byte)1, .. key]);
    }

    /// <summary>The position of a string.</summary>
    /// <exception cref="DeveloperException"><c>InvalidCursor</c>, with the data that clients begin again on.</exception>
    public PagePosition Read(string cursor, ReadOnlySpan<byte> fingerprint)
    {
        if (!_sealer.TryOpen(cursor, out var content) || content.Length <= FingerprintLength) throw Invalid("Failed to parse cursor");
        if (!content.Span[..FingerprintLength].SequenceEqual(fingerprint))
            throw Invalid("InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.");
        return content.Span[FingerprintLength] == 0 ? PagePosition.End : new PagePosition(content[(FingerprintLength + 1)..]);
    }

    private static DeveloperException Invalid(string message) =>
        new("InvalidCursor", message, """{"isConvexSystemError":true,"paginationError":"InvalidCursor"}"""u8.ToArray());
}
