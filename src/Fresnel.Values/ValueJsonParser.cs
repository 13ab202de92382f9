using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Fresnel.Values;

/// <summary>Builds values from encoded JSON of any spelling.</summary>
/// <remarks>
/// <see cref="Utf8JsonReader"/> knows JSON; this knows what a value is. Elements and fields gather on shared stacks, and each
/// container takes its slice when it closes. Counts, sizes, names and nesting are checked where values are made.
/// </remarks>
internal ref struct ValueJsonParser
{
    /// <summary>One more than values may nest: the braces of a <c>$</c> form inside the deepest array.</summary>
    private const int DeepestJson = ValueLimits.Nesting + 1;

    private readonly ValueJsonOptions _options;
    private Utf8JsonReader _reader;
    private Value[] _values = ArrayPool<Value>.Shared.Rent(16);
    private string[] _names = ArrayPool<string>.Shared.Rent(16);
    private int _valueCount;
    private int _nameCount;

    private ValueJsonParser(ReadOnlySpan<byte> json, ValueJsonOptions options)
    {
        _options = options;
        _reader = new(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
    }

    public static Value Parse(ReadOnlySpan<byte> json, ValueJsonOptions options) =>
        ParseWhole(json, options, static (ref ValueJsonParser parser) => parser.ReadValue(depth: 0));

    public static ValuePatch ParsePatch(ReadOnlySpan<byte> json, ValueJsonOptions options) =>
        ParseWhole(json, options | ValueJsonOptions.AllowUndefined, static (ref ValueJsonParser parser) => parser.ReadPatch());

    private delegate T Read<T>(ref ValueJsonParser parser);

    private static T ParseWhole<T>(ReadOnlySpan<byte> json, ValueJsonOptions options, Read<T> read)
    {
        // Once for the whole text, vectorized; what then remains of bad Unicode are \u escapes of half a character.
        if (!Utf8.IsValid(json)) throw new InvalidValueException("InvalidJson", "The text is not valid UTF-8.");
        var parser = new ValueJsonParser(json, options);
        try
        {
            parser._reader.Read();
            var result = read(ref parser);
            parser._reader.Read();
            return result;
        }
        catch (JsonException problem)
        {
            throw new InvalidValueException("InvalidJson", $"Not valid JSON: {problem.Message}");
        }
        finally
        {
            ArrayPool<Value>.Shared.Return(parser._values, clearArray: true);
            ArrayPool<string>.Shared.Return(parser._names, clearArray: true);
        }
    }

    private Value ReadValue(int depth) => _reader.TokenType switch
    {
        JsonTokenType.Null => Value.Null,
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Number => ReadNumber(),
        JsonTokenType.String => ReadString(),
        JsonTokenType.StartArray => ReadArray(depth + 1),
        _ => ReadObject(depth + 1),
    };

    private Value ReadNumber()
    {
        var number = _reader.GetDouble();
        if (double.IsInfinity(number)) throw new InvalidValueException("InvalidJson", $"Number out of range: {Encoding.UTF8.GetString(_reader.ValueSpan)}");
        return Value.Float64(number);
    }

    private string ReadString()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new InvalidValueException("InvalidJson", "A string has an unpaired surrogate: strings must be valid Unicode.");
        }
    }

    private string ReadName() => _reader.ValueIsEscaped || !Ascii.IsValid(_reader.ValueSpan) ? ReadString() : FieldNameCache.Get(_reader.ValueSpan);

    private Value ReadArray(int depth)
    {
        CheckDepth(depth);
        var start = _valueCount;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray) Push(ReadValue(depth));
        return Value.Array(PopValues(start));
    }

    private Value ReadObject(int depth)
    {
        CheckDepth(depth);
        if (!ReadFields(depth, out var special, out var names, out var values)) return special;
        return ValueObject.Take(names, values);
    }

    private ValuePatch ReadPatch()
    {
        if (_reader.TokenType != JsonTokenType.StartObject) throw new InvalidValueException("InvalidValue", "Value must be an Object");
        if (!ReadFields(depth: 1, out _, out var names, out var values)) throw new InvalidValueException("InvalidValue", "Value must be an Object");

        // A value object checks the names, the counts and the limits of what is set; names of what is removed are checked here.
        ValueObject.Take([.. names], [.. values]);
        var fields = new Dictionary<string, Value>(names.Length, StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            FieldName.Require(names[i]);
            fields[names[i]] = values[i];
        }

        return new([.. fields]);
    }

    /// <summary>Reads to the closing brace; false when the braces held one of the <c>$</c> forms, which is then the value.</summary>
    private bool ReadFields(int depth, out Value special, out string[] names, out Value[] values)
    {
        var (firstName, firstValue) = (_nameCount, _valueCount);
        (special, names, values) = (default, [], []);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = ReadName();
            if (name.StartsWith('$') && _nameCount == firstName)
            {
                special = ReadSpecial(name, depth);
                return false;
            }

            _reader.Read();
            if (_nameCount == _names.Length) Grow(ref _names);
            _names[_nameCount++] = name;
            Push(ReadValue(depth));
        }

        names = _names.AsSpan(firstName, _nameCount - firstName).ToArray();
        values = PopValues(firstValue);
        _nameCount = firstName;
        return true;
    }

    /// <summary>Reads the payload and the brace of <c>{"$name": payload}</c>. Nothing else may stand in an object that begins with such a name.</summary>
    private Value ReadSpecial(string name, int depth)
    {
        _reader.Read();
        var value = name switch
        {
            "$integer" => Value.Int64(BinaryPrimitives.ReadInt64LittleEndian(ReadPayload(name, length: 8))),
            "$float" => ReadFloatForm(name),
            "$bytes" => Value.Bytes(ReadPayload(name, length: null)),
            "$commitTs" when _options.HasFlag(ValueJsonOptions.AllowCommitTimestamp) && _reader.TokenType == JsonTokenType.Null => Value.CommitTimestamp,
            "$undefined" when _options.HasFlag(ValueJsonOptions.AllowUndefined) && depth <= 2 && _reader.TokenType == JsonTokenType.Null => Value.Undefined,
            _ => throw Reserved(name),
        };
        _reader.Read();
        return _reader.TokenType == JsonTokenType.EndObject ? value : throw Reserved(name);
    }

    private Value ReadFloatForm(string name)
    {
        var value = Value.Float64FromBits(BinaryPrimitives.ReadInt64LittleEndian(ReadPayload(name, length: 8)));
        return NeedsFloatForm(value.AsFloat64()) ? value : throw new InvalidValueException("InvalidValue", $"Float {value} should be encoded as a number");
    }

    private static InvalidValueException Reserved(string name) => new("InvalidFieldName", FieldName.Problem(name)!);

    /// <summary>Whether a double cannot be a plain JSON number: NaN, the infinities and -0.</summary>
    internal static bool NeedsFloatForm(double value) => !double.IsFinite(value) || (value == 0 && double.IsNegative(value));

    private byte[] ReadPayload(string name, int? length)
    {
        if (_reader.TokenType != JsonTokenType.String) throw new InvalidValueException("InvalidValue", $"The value of {name} must be a string.");
        var text = ReadString();
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];

        // .NET skips whitespace inside base64; the wire has none.
        if (text.AsSpan().ContainsAny(" \t\r\n") || !Convert.TryFromBase64String(text, bytes, out var written))
            throw new InvalidValueException("InvalidValue", $"The value of {name} is not base64.");
        if (length is not null && written != length) throw new InvalidValueException("InvalidValue", $"The value of {name} must be {length} bytes, not {written}.");
        return written == bytes.Length ? bytes : bytes[..written];
    }

    private static void CheckDepth(int depth)
    {
        if (depth > DeepestJson) throw ValueLimits.TooNested(ValueLimits.Nesting + 1);
    }

    private void Push(Value value)
    {
        if (_valueCount == _values.Length) Grow(ref _values);
        _values[_valueCount++] = value;
    }

    private Value[] PopValues(int start)
    {
        var values = _values.AsSpan(start, _valueCount - start).ToArray();
        _valueCount = start;
        return values;
    }

    private static void Grow<T>(ref T[] stack)
    {
        var larger = ArrayPool<T>.Shared.Rent(stack.Length * 2);
        stack.CopyTo(larger, 0);
        ArrayPool<T>.Shared.Return(stack, clearArray: true);
        stack = larger;
    }
}
