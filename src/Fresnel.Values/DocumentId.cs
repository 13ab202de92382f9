namespace Fresnel.Values;

/// <summary>A document id: a table number and an <see cref="Values.InternalId"/>; in JSON a string of 31 to 37 characters.</summary>
/// <param name="TableNumber">1 to 2^32-1; user tables start at 10001.</param>
/// <param name="InternalId">Which document of the table.</param>
/// <remarks>
/// The string is <c>base32(varint(table number), 16 bytes, footer)</c>: LEB128 of 1 to 5 bytes, the internal id, and two bytes
/// of Fletcher-16 modulo 256 over all before. Source: <c>spec/data-model.md</c> §1.4.
/// </remarks>
public readonly record struct DocumentId(uint TableNumber, InternalId InternalId)
{
    private const int ShortestText = 31, LongestText = 37, LongestBinary = 23, FooterLength = 2;

    /// <summary>Decodes; only the canonical spelling is accepted.</summary>
    /// <exception cref="DeveloperException">The text <c>Unable to decode ID: …</c> of the specification.</exception>
    public static DocumentId Parse(string text) =>
        Decode(text, out var id) is { } problem ? throw new DeveloperException("InvalidDocumentId", $"Unable to decode ID: {problem}") : id;

    /// <summary>Decodes, or says false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DocumentId id) => Decode(text, out id) is null;

    /// <summary>The string form.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[LongestText];
        return new(text[..Encode(text)]);
    }

    /// <summary>Writes the string form; returns its length.</summary>
    /// <param name="text">At least 37 characters.</param>
    public int Format(Span<char> text) => Encode(text);

    private int Encode(Span<char> text)
    {
        Span<byte> binary = stackalloc byte[LongestBinary];
        var length = WriteVarint(TableNumber, binary);
        InternalId.Write(binary[length..]);
        length += InternalId.Length;
        (binary[length], binary[length + 1]) = Footer(binary[..length]);
        return Base32.Encode(binary[..(length + FooterLength)], text);
    }

    private static string? Decode(ReadOnlySpan<char> text, out DocumentId id)
    {
        id = default;
        if (text.Length is < ShortestText or > LongestText) return $"Invalid ID length {text.Length}";
        Span<byte> buffer = stackalloc byte[LongestBinary];
        if (!Base32.TryDecode(text, buffer, out var binaryLength)) return "ID wasn't valid base32";
        ReadOnlySpan<byte> binary = buffer[..binaryLength];

        if (!TryReadVarint(binary, out var table, out var at) || table == 0) return "Invalid table number";
        if (binary.Length != at + InternalId.Length + FooterLength) return $"Invalid ID length {text.Length}";

        var (low, high) = Footer(binary[..^FooterLength]);
        var (expected, found) = (high << 8 | low, binary[^1] << 8 | binary[^2]);
        // The format's version lies on the checksum as an exclusive or; ours is 0.
        if (expected != found) return $"Invalid ID version {expected ^ found} (expected 0)";

        id = new(table, InternalId.Read(binary[at..]));
        Span<char> canonical = stackalloc char[LongestText];
        return canonical[..id.Encode(canonical)].SequenceEqual(text) ? null : $"Invalid ID length {text.Length}";
    }

    private static (byte Low, byte High) Footer(ReadOnlySpan<byte> bytes)
    {
        var (low, high) = (0, 0);
        foreach (var b in bytes)
        {
            low = (low + b) & 255;
            high = (high + low) & 255;
        }

        return ((byte)low, (byte)high);
    }

    private static int WriteVarint(uint number, Span<byte> bytes)
    {
        var length = 0;
        for (; number >= 0x80; number >>= 7) bytes[length++] = (byte)(number | 0x80);
        bytes[length++] = (byte)number;
        return length;
    }

    private static bool TryReadVarint(ReadOnlySpan<byte> bytes, out uint number, out int length)
    {
        var wide = 0UL;
        (number, length) = (0, 0);
        while (length < Math.Min(5, bytes.Length))
        {
            var b = bytes[length];
            wide |= (ulong)(b & 0x7f) << 7 * length++;
            if (b < 0x80)
            {
                number = (uint)wide;
                return wide <= uint.MaxValue;
            }
        }

        return false;
    }
}
