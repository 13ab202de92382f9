namespace Fresnel.Values;

/// <summary>An interval of keys: from <see cref="Lower"/> (inclusive) to <see cref="Upper"/> (exclusive), in byte order.</summary>
/// <param name="Lower">The first key that is inside.</param>
/// <param name="Upper">The first key that is outside; null when nothing bounds it.</param>
/// <remarks>Two intervals are equal when their bounds have the same bytes.</remarks>
public readonly record struct KeyInterval(ReadOnlyMemory<byte> Lower, ReadOnlyMemory<byte>? Upper)
{
    private const byte First = 0x00, Last = 0xff;

    /// <summary>Every key.</summary>
    public static KeyInterval All => new(ReadOnlyMemory<byte>.Empty, null);

    /// <summary>The single key.</summary>
    public static KeyInterval Point(ReadOnlyMemory<byte> key) => new(key, Successor(key.Span));

    /// <summary>Every key that begins with these encoded values.</summary>
    public static KeyInterval Prefix(ReadOnlyMemory<byte> prefix) => new(prefix, Behind(prefix.Span));

    /// <summary>The keys that begin with the prefix and whose next value lies within the bounds. Source: the table of <c>spec/data-model.md</c> §2.3.</summary>
    /// <param name="prefix">The encoding of the values that must be equal; may be empty.</param>
    /// <param name="lower">From where, or null: from the smallest, a missing field included.</param>
    /// <param name="upper">To where, or null: to the greatest.</param>
    /// <returns>An empty interval when the bounds contradict each other.</returns>
    public static KeyInterval Range(ReadOnlyMemory<byte> prefix, KeyBound? lower, KeyBound? upper) => new(
        lower is { } from ? from.Inclusive ? Joined(prefix, from.Value) : Behind(Joined(prefix, from.Value)) : prefix,
        upper is { } to ? to.Inclusive ? Behind(Joined(prefix, to.Value)) : Joined(prefix, to.Value) : Behind(prefix.Span));

    /// <summary>The smallest key behind this full key.</summary>
    public static byte[] Successor(ReadOnlySpan<byte> key) => [.. key, First];

    /// <summary>Whether no key can be inside.</summary>
    public bool IsEmpty => Upper is { } upper && Lower.Span.SequenceCompareTo(upper.Span) >= 0;

    /// <summary>Whether the key is inside.</summary>
    public bool Contains(ReadOnlySpan<byte> key) =>
        Lower.Span.SequenceCompareTo(key) <= 0 && (Upper is not { } upper || key.SequenceCompareTo(upper.Span) < 0);

    /// <summary>The part from the beginning up to and with this key: what an ascending scan that stopped there has read.</summary>
    public KeyInterval Through(ReadOnlySpan<byte> key) => this with { Upper = Successor(key) };

    /// <summary>The part from this key, with it, to the end: what a descending scan that stopped there has read.</summary>
    public KeyInterval From(ReadOnlyMemory<byte> key) => this with { Lower = key };

    /// <inheritdoc/>
    public bool Equals(KeyInterval other) =>
        Lower.Span.SequenceEqual(other.Lower.Span) && Upper.HasValue == other.Upper.HasValue &&
        Upper.GetValueOrDefault().Span.SequenceEqual(other.Upper.GetValueOrDefault().Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Lower.Span);
        if (Upper is { } upper) hash.AddBytes(upper.Span);
        return hash.ToHashCode();
    }

    /// <summary>Hexadecimal bounds, for logs.</summary>
    public override string ToString() => $"[{Convert.ToHexStringLower(Lower.Span)}, {(Upper is { } upper ? Convert.ToHexStringLower(upper.Span) : "∞")})";

    private static byte[] Joined(ReadOnlyMemory<byte> prefix, Value value) => [.. prefix.Span, .. IndexKey.Encode(value)];

    private static byte[] Behind(ReadOnlySpan<byte> prefix) => [.. prefix, Last];
}

/// <summary>One end of a range of values.</summary>
/// <param name="Value">The value, possibly undefined.</param>
/// <param name="Inclusive">Whether the value itself is inside.</param>
public readonly record struct KeyBound(Value Value, bool Inclusive);
