namespace Fresnel.Values;

/// <summary>The 16 bytes that name a document within its table. Order is byte order.</summary>
public readonly record struct InternalId(UInt128 Bits) : IComparable<InternalId>
{
    /// <summary>Reads 16 bytes, big endian.</summary>
    public static InternalId Read(ReadOnlySpan<byte> bytes) => throw new NotImplementedException();

    /// <summary>Writes 16 bytes, big endian.</summary>
    public void Write(Span<byte> bytes) => throw new NotImplementedException();

    /// <inheritdoc/>
    public int CompareTo(InternalId other) => Bits.CompareTo(other.Bits);
}

/// <summary>A document id: a table number and an <see cref="Values.InternalId"/>; in JSON a string of 31 to 37 characters.</summary>
/// <param name="TableNumber">1 to 2^32-1; user tables start at 10001.</param>
/// <param name="InternalId">Which document of the table.</param>
/// <remarks>Source: <c>spec/data-model.md</c> §1.4.</remarks>
public readonly record struct DocumentId(uint TableNumber, InternalId InternalId)
{
    /// <summary>Decodes; only the canonical spelling is accepted.</summary>
    /// <exception cref="DeveloperException">The text <c>Unable to decode ID: …</c> of the specification.</exception>
    public static DocumentId Parse(string text) => throw new NotImplementedException();

    /// <summary>Decodes, or says false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DocumentId id) => throw new NotImplementedException();

    /// <summary>The string form.</summary>
    public override string ToString() => throw new NotImplementedException();
}
