using System.Globalization;
using System.Text;

namespace Fresnel.Values;

/// <summary>Prints values as error texts do. Source: <c>spec/data-model.md</c> §4.4.</summary>
internal static class ValueDisplay
{
    public static string Print(Value value)
    {
        var output = new StringBuilder();
        Append(value, output);
        return output.ToString();
    }

    private static void Append(Value value, StringBuilder output)
    {
        switch (value.Kind)
        {
            case ValueKind.Undefined:
                output.Append("undefined");
                break;
            case ValueKind.Null:
                output.Append("null");
                break;
            case ValueKind.Int64:
                output.Append(CultureInfo.InvariantCulture, $"{value.AsInt64()}");
                break;
            case ValueKind.Float64:
                AppendFloat64(value.AsFloat64(), output);
                break;
            case ValueKind.Boolean:
                output.Append(value.AsBoolean() ? "true" : "false");
                break;
            case ValueKind.String:
                AppendString(value.AsString(), output);
                break;
            case ValueKind.Bytes:
                output.Append("b\"").Append(Convert.ToBase64String(value.AsBytes().Span)).Append('"');
                break;
            case ValueKind.Array:
                AppendArray(value.AsArray(), output);
                break;
            default:
                AppendObject(value.AsObject(), output);
                break;
        }
    }

    /// <summary>Always with a fraction or an exponent; scientific from 1e16 up and below 1e-4.</summary>
    public static void AppendFloat64(double value, StringBuilder output)
    {
        if (double.IsNaN(value))
        {
            output.Append("NaN");
            return;
        }

        if (double.IsNegative(value)) output.Append('-');
        if (double.IsInfinity(value))
        {
            output.Append("inf");
            return;
        }

        var shortest = new FloatDigits(value);
        shortest.RoundTiesUp(value);
        var digits = Encoding.ASCII.GetString(shortest.Digits);
        var point = shortest.Point;
        if (point is < -3 or > 16)
        {
            output.Append(digits[0]);
            if (digits.Length > 1) output.Append('.').Append(digits, 1, digits.Length - 1);
            output.Append(CultureInfo.InvariantCulture, $"e{point - 1}");
        }
        else if (point <= 0)
        {
            output.Append("0.").Append('0', -point).Append(digits);
        }
        else if (point >= digits.Length)
        {
            output.Append(digits).Append('0', point - digits.Length).Append(".0");
        }
        else
        {
            output.Append(digits, 0, point).Append('.').Append(digits, point, digits.Length - point);
        }
    }

    private static void AppendArray(ReadOnlySpan<Value> elements, StringBuilder output)
    {
        output.Append('[');
        for (var i = 0; i < elements.Length; i++)
        {
            if (i > 0) output.Append(", ");
            Append(elements[i], output);
        }

        output.Append(']');
    }

    private static void AppendObject(ValueObject fields, StringBuilder output)
    {
        output.Append('{');
        for (var i = 0; i < fields.Count; i++)
        {
            if (i > 0) output.Append(", ");
            output.Append(fields.Names[i]).Append(": ");
            Append(fields.Values[i], output);
        }

        output.Append('}');
    }

    private static void AppendString(string text, StringBuilder output)
    {
        output.Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            var escape = rune.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\0' => "\\0",
                _ => null,
            };
            if (escape is not null) output.Append(escape);
            else if (rune.IsAscii ? Rune.IsControl(rune) : !IsPrintable(rune)) output.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else output.Append(rune.ToString());
        }

        output.Append('"');
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate => false,
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark => false,
        UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ModifierLetter => !ExtendsGraphemes(rune.Value),
        _ => true,
    };

    /// <summary>The spacing marks and letters that Unicode lists as Other_Grapheme_Extend (PropList.txt).</summary>
    private static bool ExtendsGraphemes(int codePoint) => codePoint is
        0x09be or 0x09d7 or 0x0b3e or 0x0b57 or 0x0bbe or 0x0bd7 or 0x0cc0 or 0x0cc2 or 0x0cc7 or 0x0cc8 or 0x0cca or 0x0ccb or 0x0cd5 or 0x0cd6 or
        0x0d3e or 0x0d57 or 0x0dcf or 0x0ddf or 0x1715 or 0x1734 or 0x1b35 or 0x1b3b or 0x1b3d or 0x1b43 or 0x1b44 or 0x1baa or 0x1bf2 or 0x1bf3 or
        0x302e or 0x302f or 0xa953 or 0xa9c0 or 0xff9e or 0xff9f or 0x111c0 or 0x11235 or 0x1133e or 0x1134d or 0x11357 or 0x113b8 or 0x113c2 or 0x113c5 or
        (>= 0x113c7 and <= 0x113c9) or 0x113cf or 0x114b0 or 0x114bd or 0x115af or 0x116b6 or 0x11930 or 0x1193d or 0x11f41 or 0x16ff0 or 0x16ff1 or
        (>= 0x1d165 and <= 0x1d166) or (>= 0x1d16d and <= 0x1d172);
}
