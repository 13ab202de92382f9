using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Unicode;

namespace Fresnel.Values;

/// <summary>Answers in one pass, without building anything, whether a text is a valid value in canonical form.</summary>
/// <remarks>
/// It may say no to a text that is canonical after all (the caller then parses and writes it again), but must never say yes to one that is not:
/// a test holds that against <see cref="ValueJsonParser"/> and <see cref="ValueJsonWriter"/>.
/// </remarks>
internal ref struct CanonicalJsonScanner
{
    private static readonly SearchValues<byte> StringStops = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(unit => (byte)unit), (byte)'"', (byte)'\\']);

    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("+-.0123456789eE"u8);

    private readonly bool _allowCommitTimestamp;
    private ReadOnlySpan<byte> _rest;

    private CanonicalJsonScanner(ReadOnlySpan<byte> json, ValueJsonOptions options)
    {
        _rest = json;
        _allowCommitTimestamp = options.HasFlag(ValueJsonOptions.AllowCommitTimestamp);
    }

    public static bool IsCanonical(ReadOnlySpan<byte> json, ValueJsonOptions options)
    {
        if (!Utf8.IsValid(json)) return false;
        var scanner = new CanonicalJsonScanner(json, options);
        return scanner.Value(out var size, ValueLimits.Nesting) && scanner._rest.IsEmpty && size <= ValueLimits.ValueBytes;
    }

    private bool Value(out long size, int nestingLeft)
    {
        size = 1;
        if (_rest.IsEmpty) return false;
        switch (_rest[0])
        {
            case (byte)'n':
                return Take("null"u8);
            case (byte)'t':
                return Take("true"u8);
            case (byte)'f':
                return Take("false"u8);
            case (byte)'"':
                var valid = String(out var length);
                size = 2 + length;
                return valid;
            case (byte)'[':
                return Array(out size, nestingLeft);
            case (byte)'{':
                return _rest is [_, (byte)'"', (byte)'$', ..] ? Special(out size) : Object(out size, nestingLeft);
            default:
                size = 9;
                return Number();
        }
    }

    private bool Array(out long size, int nestingLeft)
    {
        size = 2;
        if (nestingLeft == 0) return false;
        _rest = _rest[1..];
        if (Take("]"u8)) return true;
        for (var count = 1; count <= ValueLimits.ArrayElements; count++)
        {
            if (!Value(out var element, nestingLeft - 1)) return false;
            size += element;
            if (Take("]"u8)) return true;
            if (!Take(","u8)) return false;
        }

        return false;
    }

    private bool Object(out long size, int nestingLeft)
    {
        size = 2;
        if (nestingLeft == 0) return false;
        _rest = _rest[1..];
        if (Take("}"u8)) return true;
        ReadOnlySpan<byte> before = default;
        for (var count = 1; count <= ValueLimits.ObjectFields; count++)
        {
            if (!Name(out var name) || (count > 1 && before.SequenceCompareTo(name) >= 0)) return false;
            if (!Take(":"u8) || !Value(out var value, nestingLeft - 1)) return false;
            size += name.Length + 1 + value;
            if (Take("}"u8)) return true;
            if (!Take(","u8)) return false;
            before = name;
        }

        return false;
    }

    /// <summary>A name without escapes; the rare ones that need them (quote, backslash) take the slow way.</summary>
    private bool Name(out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!Take("\""u8)) return false;
        var end = _rest.IndexOfAny(StringStops);
        if (end < 0 || _rest[end] != '"') return false;
        name = _rest[..end];
        _rest = _rest[(end + 1)..];
        return name.Length <= ValueLimits.FieldNameLength && name is not [(byte)'$', ..] && !name.ContainsAnyExceptInRange((byte)' ', (byte)'~');
    }

    private bool String(out long length)
    {
        length = 0;
        _rest = _rest[1..];
        while (true)
        {
            var stop = _rest.IndexOfAny(StringStops);
            if (stop < 0) return false;
            length += stop;
            var found = _rest[stop];
            _rest = _rest[stop..];
            if (found == '"')
            {
                _rest = _rest[1..];
                return true;
            }

            if (found != '\\' || !Escape()) return false;
            length++;
        }
    }

    private bool Escape()
    {
        if (_rest.Length < 2) return false;
        if (_rest[1] is (byte)'"' or (byte)'\\' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t')
        {
            _rest = _rest[2..];
            return true;
        }

        // The six characters \u00xx, of a control character that has no short escape, in lower case.
        if (_rest is not [_, (byte)'u', (byte)'0', (byte)'0', (byte)'0' or (byte)'1', (>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f'), ..]) return false;
        var unit = int.Parse(_rest[4..6], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        _rest = _rest[6..];
        return unit is not ('\b' or '\f' or '\n' or '\r' or '\t');
    }

    private bool Number()
    {
        var end = _rest.IndexOfAnyExcept(NumberBytes);
        var text = end < 0 ? _rest : _rest[..end];
        _rest = _rest[text.Length..];
        var magnitude = text is [(byte)'-', ..] ? text[1..] : text;
        if (magnitude.Length is > 0 and <= 15 && !magnitude.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return magnitude[0] != '0' || text.Length == 1;

        if (text.Length > 32 || !Utf8Parser.TryParse(text, out double number, out var consumed) || consumed != text.Length || ValueJsonParser.NeedsFloatForm(number)) return false;
        var printed = new ArrayBufferWriter<byte>(32);
        ValueJsonWriter.WriteNumber(number, printed);
        return printed.WrittenSpan.SequenceEqual(text);
    }

    /// <summary>One of the <c>$</c> forms, whole.</summary>
    private bool Special(out long size)
    {
        size = 9;
        if (_allowCommitTimestamp && Take("{\"$commitTs\":null}"u8)) return true;
        if (Take("{\"$integer\":\""u8)) return Payload(out var integer) && integer.Length == 8;
        if (Take("{\"$float\":\""u8)) return Payload(out var bits) && bits.Length == 8 && ValueJsonParser.NeedsFloatForm(BinaryPrimitives.ReadDoubleLittleEndian(bits));
        if (!Take("{\"$bytes\":\""u8) || !Payload(out var bytes)) return false;
        size = 2 + bytes.Length;
        return true;
    }

    /// <summary>Base64 in its one canonical spelling (padding bits zero), the closing quote and brace.</summary>
    private bool Payload(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        var end = _rest.IndexOf((byte)'"');
        if (end < 0) return false;
        var text = _rest[..end];
        _rest = _rest[end..];
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, decoded, out _, out var written) != OperationStatus.Done) return false;
        bytes = decoded.AsSpan(0, written);
        var again = new byte[Base64.GetMaxEncodedToUtf8Length(written)];
        Base64.EncodeToUtf8(bytes, again, out _, out _);
        return text.SequenceEqual(again) && Take("\"}"u8);
    }

    private bool Take(ReadOnlySpan<byte> expected)
    {
        if (!_rest.StartsWith(expected)) return false;
        _rest = _rest[expected.Length..];
        return true;
    }
}
