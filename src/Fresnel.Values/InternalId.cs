using System.Buffers.Binary;
using System.Globalization;

namespace Fresnel.Values;

/// <summary>The 16 bytes that name a document within its table. Order is byte order.</summary>
/// <param name="Bits">The bytes as one big endian number.</param>
public readonly record struct InternalId(UInt128 Bits) : IComparable<InternalId>
{
    /// <summary>Bytes of one.</summary>
    public const int Length = 16;

    /// <summary>Reads 16 bytes, big endian.</summary>
    public static InternalId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>Writes 16 bytes, big endian.</summary>
    public void Write(Span<byte> bytes) => BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);

    /// <inheritdoc/>
    public int CompareTo(InternalId other) => Bits.CompareTo(other.Bits);

    /// <summary>32 hexadecimal digits, for logs.</summary>
    public override string ToString() => Bits.ToString("x32", CultureInfo.InvariantCulture);
}
