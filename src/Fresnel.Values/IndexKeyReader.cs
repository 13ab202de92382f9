using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using static Fresnel.Values.IndexKey;

namespace Fresnel.Values;

/// <summary>Reads a key value by value. Keys may come back from outside (in cursors), so nothing is taken on trust.</summary>
internal ref struct IndexKeyReader(ReadOnlySpan<byte> key)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private ReadOnlySpan<byte> _rest = key;
    private int _depth;

    public readonly bool AtEnd => _rest.IsEmpty;

    public Value Read()
    {
        var tag = Take(1)[0];
        return tag switch
        {
            UndefinedTag when _depth == 0 => Value.Undefined,
            NullTag => Value.Null,
            Int64Tag => Value.Int64((long)(BinaryPrimitives.ReadUInt64BigEndian(Take(8)) ^ 1UL << 63)),
            CommitTimestampTag => Value.CommitTimestamp,
            Float64Tag => ReadFloat64(),
            FalseTag => false,
            TrueTag => true,
            StringTag => ReadText(),
            BytesTag => Value.Bytes(ReadEscaped()),
            ArrayTag => ReadArray(),
            ObjectTag => ReadObject(),
            _ => throw Invalid(),
        };
    }

    private Value ReadFloat64()
    {
        var ordered = BinaryPrimitives.ReadUInt64BigEndian(Take(8));
        return Value.Float64FromBits((long)(ordered >> 63 == 1 ? ordered ^ 1UL << 63 : ~ordered));
    }

    private Value ReadArray()
    {
        Enter();
        var elements = new List<Value>();
        while (!TakeEnd()) elements.Add(Read());
        _depth--;
        return Value.Array([.. elements]);
    }

    private Value ReadObject()
    {
        Enter();
        var (names, values) = (new List<string>(), new List<Value>());
        while (!TakeEnd())
        {
            if (Take(1)[0] != StringTag) throw Invalid();
            names.Add(ReadText());
            values.Add(Read());
            if (names.Count > 1 && string.CompareOrdinal(names[^2], names[^1]) >= 0) throw Invalid();
        }

        _depth--;
        return ValueObject.Take([.. names], [.. values]);
    }

    private string ReadText()
    {
        try
        {
            return StrictUtf8.GetString(ReadEscaped());
        }
        catch (ArgumentException)
        {
            throw Invalid();
        }
    }

    private byte[] ReadEscaped()
    {
        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            var zero = _rest.IndexOf(End);
            if (zero < 0) throw Invalid();
            bytes.Write(_rest[..zero]);
            _rest = _rest[(zero + 1)..];
            switch (Take(1)[0])
            {
                case Terminator:
                    return bytes.WrittenSpan.ToArray();
                case Escaped:
                    bytes.Write([End]);
                    break;
                default:
                    throw Invalid();
            }
        }
    }

    private void Enter()
    {
        if (++_depth > ValueLimits.Nesting) throw Invalid();
    }

    private bool TakeEnd()
    {
        if (_rest.IsEmpty || _rest[0] != End) return false;
        _rest = _rest[1..];
        return true;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count) throw Invalid();
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private static InvalidValueException Invalid() => new("InvalidIndexKey", "These bytes are not an index key.");
}
