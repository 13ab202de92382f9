using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Fresnel.Values;

/// <summary>Writes JSON without whitespace: the canonical encoded form, and the plain one that loses types.</summary>
/// <remarks>
/// Canonical spelling is that of JavaScript's <c>JSON.stringify</c> over sorted keys: numbers as <c>Number.prototype.toString</c> prints them,
/// strings with <c>\" \\ \b \f \n \r \t</c> and <c>\u00xx</c> for the other control characters and nothing else escaped.
/// So what the official clients send is canonical as it comes.
/// </remarks>
internal static class ValueJsonWriter
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(unit => (char)unit), '"', '\\']);

    public static void Write(Value value, IBufferWriter<byte> output) => Write(value, plain: false, output);

    public static void WritePlain(Value value, IBufferWriter<byte> output) => Write(value, plain: true, output);

    private static void Write(Value value, bool plain, IBufferWriter<byte> output)
    {
        switch (value.Kind)
        {
            case ValueKind.Undefined or ValueKind.Null:
                output.Write("null"u8);
                break;
            case ValueKind.Int64:
                WriteInt64(value, plain, output);
                break;
            case ValueKind.Float64:
                WriteFloat64(value, plain, output);
                break;
            case ValueKind.Boolean:
                output.Write(value.AsBoolean() ? "true"u8 : "false"u8);
                break;
            case ValueKind.String:
                WriteString(value.AsString(), output);
                break;
            case ValueKind.Bytes:
                WriteBase64("$bytes"u8, value.AsBytes().Span, plain, output);
                break;
            case ValueKind.Array:
                WriteArray(value.AsArray(), plain, output);
                break;
            default:
                WriteObject(value.AsObject(), plain, output);
                break;
        }
    }

    private static void WriteArray(ReadOnlySpan<Value> elements, bool plain, IBufferWriter<byte> output)
    {
        output.Write("["u8);
        for (var i = 0; i < elements.Length; i++)
        {
            if (i > 0) output.Write(","u8);
            Write(elements[i], plain, output);
        }

        output.Write("]"u8);
    }

    private static void WriteObject(ValueObject fields, bool plain, IBufferWriter<byte> output)
    {
        output.Write("{"u8);
        for (var i = 0; i < fields.Count; i++)
        {
            if (i > 0) output.Write(","u8);
            WriteString(fields.Names[i], output);
            output.Write(":"u8);
            Write(fields.Values[i], plain, output);
        }

        output.Write("}"u8);
    }

    private static void WriteInt64(Value value, bool plain, IBufferWriter<byte> output)
    {
        if (value.IsCommitTimestamp && !plain)
        {
            output.Write("{\"$commitTs\":null}"u8);
            return;
        }

        if (plain)
        {
            var span = output.GetSpan(22);
            span[0] = (byte)'"';
            value.AsInt64().TryFormat(span[1..], out var length, default, CultureInfo.InvariantCulture);
            span[length + 1] = (byte)'"';
            output.Advance(length + 2);
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value.AsInt64());
        WriteBase64("$integer"u8, bytes, plain: false, output);
    }

    private static void WriteFloat64(Value value, bool plain, IBufferWriter<byte> output)
    {
        var number = value.AsFloat64();
        if (!ValueJsonParser.NeedsFloatForm(number))
        {
            WriteNumber(number, output);
            return;
        }

        if (plain)
        {
            output.Write(double.IsNaN(number) ? "\"NaN\""u8 : number == 0 ? "-0.0"u8 : number > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8);
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value.Float64Bits);
        WriteBase64("$float"u8, bytes, plain: false, output);
    }

    /// <summary>A finite number other than -0, as JavaScript prints it.</summary>
    internal static void WriteNumber(double number, IBufferWriter<byte> output)
    {
        // Most numbers are small integers, whose digits need no search.
        if (number == Math.Floor(number) && Math.Abs(number) < 1L << 53)
        {
            var span = output.GetSpan(20);
            ((long)number).TryFormat(span, out var length, default, CultureInfo.InvariantCulture);
            output.Advance(length);
            return;
        }

        if (number < 0) output.Write("-"u8);
        var shortest = new FloatDigits(number);
        var digits = shortest.Digits;
        var point = shortest.Point;
        if (point is < -5 or > 21)
        {
            output.Write(digits[..1]);
            if (digits.Length > 1)
            {
                output.Write("."u8);
                output.Write(digits[1..]);
            }

            output.Write(point > 0 ? "e+"u8 : "e-"u8);
            WriteNumber(Math.Abs(point - 1), output);
        }
        else if (point <= 0)
        {
            output.Write("0.00000"u8[..(2 - point)]);
            output.Write(digits);
        }
        else if (point >= digits.Length)
        {
            output.Write(digits);
            output.Write("000000000000000000000"u8[..(point - digits.Length)]);
        }
        else
        {
            output.Write(digits[..point]);
            output.Write("."u8);
            output.Write(digits[point..]);
        }
    }

    private static void WriteBase64(ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes, bool plain, IBufferWriter<byte> output)
    {
        if (!plain)
        {
            output.Write("{\""u8);
            output.Write(name);
            output.Write("\":"u8);
        }

        var length = Base64.GetMaxEncodedToUtf8Length(bytes.Length);
        var span = output.GetSpan(length + 2);
        span[0] = (byte)'"';
        Base64.EncodeToUtf8(bytes, span[1..], out _, out _);
        span[length + 1] = (byte)'"';
        output.Advance(length + 2);
        if (!plain) output.Write("}"u8);
    }

    private static void WriteString(ReadOnlySpan<char> text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        for (var at = text.IndexOfAny(Escaped); at >= 0; at = text.IndexOfAny(Escaped))
        {
            Encoding.UTF8.GetBytes(text[..at], output);
            WriteEscape(text[at], output);
            text = text[(at + 1)..];
        }

        Encoding.UTF8.GetBytes(text, output);
        output.Write("\""u8);
    }

    private static void WriteEscape(char unit, IBufferWriter<byte> output)
    {
        switch (unit)
        {
            case '"':
                output.Write("\\\""u8);
                break;
            case '\\':
                output.Write("\\\\"u8);
                break;
            case '\b':
                output.Write("\\b"u8);
                break;
            case '\f':
                output.Write("\\f"u8);
                break;
            case '\n':
                output.Write("\\n"u8);
                break;
            case '\r':
                output.Write("\\r"u8);
                break;
            case '\t':
                output.Write("\\t"u8);
                break;
            default:
                output.Write([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', (byte)('0' + (unit >> 4)), "0123456789abcdef"u8[unit & 15]]);
                break;
        }
    }
}
