using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Fresnel.Values;

/// <summary>The shortest decimal digits that read back as the same double, and where their point stands.</summary>
/// <remarks><c>0.0125</c> is digits <c>125</c>, point <c>-1</c>: the value is <c>0.125 × 10^point</c>. Digits have no zero at either end, except for 0 itself.</remarks>
internal ref struct FloatDigits
{
    /// <summary>Enough for a sign, 17 digits, a point and an exponent.</summary>
    private const int BufferLength = 32;

    [InlineArray(BufferLength)]
    private struct Buffer
    {
        private byte _first;
    }

    private Buffer _buffer;

    /// <summary>Of the number's magnitude, which must be finite.</summary>
    public FloatDigits(double value)
    {
        Span<byte> text = stackalloc byte[BufferLength];
        Math.Abs(value).TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        text = text[..length];

        // .NET prints 123.45, 1E+16 or 1.25E-07: gather the digits and count where the point falls.
        var exponent = text.IndexOf((byte)'E');
        var point = exponent < 0 ? 0 : int.Parse(text[(exponent + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = exponent < 0 ? text : text[..exponent];
        var seenPoint = false;
        foreach (var character in mantissa)
        {
            if (character == '.')
            {
                seenPoint = true;
                continue;
            }

            if (!seenPoint) point++;
            if (Count == 0 && character == '0')
            {
                point--;
                continue;
            }

            _buffer[Count++] = character;
        }

        while (Count > 0 && _buffer[Count - 1] == '0') Count--;
        if (Count == 0) (_buffer[0], Count, point) = ((byte)'0', 1, 1);
        Point = point;
    }

    /// <summary>How many digits there are: 1 to 17.</summary>
    public int Count { get; private set; }

    /// <summary>How many digits stand before the point; negative when zeros follow it.</summary>
    public int Point { get; private set; }

    /// <summary>The digits in ASCII.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Digits => ((ReadOnlySpan<byte>)_buffer)[..Count];

    /// <summary>Takes the greater of two equally short candidates when the value lies exactly between them, as error texts do. Source: <c>spec/data-model.md</c> §4.4.</summary>
    public void RoundTiesUp(double value)
    {
        // 31 digits are exact for every value that has one digit more than its shortest form, which is what a tie means.
        var magnitude = Math.Abs(value);
        var text = magnitude.ToString("E30", CultureInfo.InvariantCulture);
        var exact = string.Concat(text[..1], text[2..32]);
        if (exact[Count] != '5' || exact.AsSpan(Count + 1).ContainsAnyExcept('0')) return;

        var greater = (UInt128.Parse(exact.AsSpan(0, Count), CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
        var readsBack = double.Parse($"{greater}E{Point - Count}", CultureInfo.InvariantCulture) == magnitude;
        if (!readsBack || greater.Length != Count) return;
        for (var i = 0; i < Count; i++) _buffer[i] = (byte)greater[i];
    }
}
