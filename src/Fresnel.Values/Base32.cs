namespace Fresnel.Values;

/// <summary>Crockford's base 32 in lower case, big endian, without padding characters. Source: <c>spec/data-model.md</c> §1.4.</summary>
internal static class Base32
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const byte Outside = 0xff;
    private static readonly byte[] Digits = MakeDigits();

    /// <summary>Writes the text; the last group is filled up with zero bits. Returns its length.</summary>
    public static int Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        var (buffer, bits, length) = (0u, 0, 0);
        foreach (var b in bytes)
        {
            buffer = buffer << 8 | b;
            for (bits += 8; bits >= 5; bits -= 5) text[length++] = Alphabet[(int)(buffer >> bits - 5 & 31)];
        }

        if (bits > 0) text[length++] = Alphabet[(int)(buffer << 5 - bits & 31)];
        return length;
    }

    /// <summary>Reads whole bytes and drops what is left of the last group; false when a character is outside the alphabet.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes, out int length)
    {
        var (buffer, bits) = (0u, 0);
        length = 0;
        foreach (var character in text)
        {
            var digit = character < Digits.Length ? Digits[character] : Outside;
            if (digit == Outside) return false;
            buffer = buffer << 5 | digit;
            bits += 5;
            if (bits < 8) continue;
            bits -= 8;
            bytes[length++] = (byte)(buffer >> bits);
        }

        return true;
    }

    private static byte[] MakeDigits()
    {
        var digits = new byte[128];
        Array.Fill(digits, Outside);
        for (var i = 0; i < Alphabet.Length; i++) digits[Alphabet[i]] = (byte)i;
        return digits;
    }
}
