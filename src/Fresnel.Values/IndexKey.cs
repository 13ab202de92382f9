using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace Fresnel.Values;

/// <summary>Keys: bytes that compare like the values they encode. Source: <c>spec/data-model.md</c> §2.3.</summary>
/// <remarks>
/// One tag byte, then the payload; self-delimiting, so keys of several values are put end to end.
/// <code>
/// undefined 10           Int64   30 + 8 bytes big endian, sign flipped        String 60 + escaped UTF-8 + 00 01
/// null      20           Float64 40 + 8 bytes big endian, in total order      Bytes  70 + escaped bytes + 00 01
/// false     50           true    51                                           Array  80 + elements + 00
///                                                                             Object 90 + (60 + escaped name + 00 01 + value)* + 00
/// </code>
/// The placeholder of a commit timestamp is 31: behind every Int64, and only in a transaction under way. Escaping turns 00 into 00 ff. So 00 (an end) sorts before every tag and ff (which no key has after a value) behind every tag:
/// <c>P ff</c> bounds all keys that begin with <c>P</c>.
/// </remarks>
public static class IndexKey
{
    internal const byte UndefinedTag = 0x10, NullTag = 0x20, Int64Tag = 0x30, CommitTimestampTag = 0x31, Float64Tag = 0x40, FalseTag = 0x50, TrueTag = 0x51,
        StringTag = 0x60, BytesTag = 0x70, ArrayTag = 0x80, ObjectTag = 0x90, End = 0x00, Escaped = 0xff, Terminator = 0x01;

    /// <summary>Appends one value (undefined too).</summary>
    public static void Append(Value value, IBufferWriter<byte> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        switch (value.Kind)
        {
            case ValueKind.Undefined:
                AppendByte(UndefinedTag, key);
                break;
            case ValueKind.Null:
                AppendByte(NullTag, key);
                break;
            case ValueKind.Int64 when value.IsCommitTimestamp:
                AppendByte(CommitTimestampTag, key);
                break;
            case ValueKind.Int64:
                AppendNumber(Int64Tag, (ulong)value.AsInt64() ^ 1UL << 63, key);
                break;
            case ValueKind.Float64:
                AppendNumber(Float64Tag, Value.OrderedBits(value.Float64Bits), key);
                break;
            case ValueKind.Boolean:
                AppendByte(value.AsBoolean() ? TrueTag : FalseTag, key);
                break;
            case ValueKind.String:
                AppendString(value.AsString(), key);
                break;
            case ValueKind.Bytes:
                AppendByte(BytesTag, key);
                AppendEscaped(value.AsBytes().Span, key);
                break;
            case ValueKind.Array:
                AppendByte(ArrayTag, key);
                foreach (var element in value.AsArray()) Append(element, key);
                AppendByte(End, key);
                break;
            default:
                AppendObject(value.AsObject(), key);
                break;
        }
    }

    /// <summary>The key of several values in order.</summary>
    public static byte[] Encode(params ReadOnlySpan<Value> values) => ScratchBuffer.Build(values, static (values, key) =>
    {
        foreach (var value in values) Append(value, key);
    });

    /// <summary>The key of an index's fields in a document, the <c>_id</c> last as a string.</summary>
    /// <param name="document">The document with its system fields.</param>
    /// <param name="fields">The index's fields, <c>_creationTime</c> and <c>_id</c> included.</param>
    public static byte[] Encode(ValueObject document, ImmutableArray<FieldPath> fields)
    {
        ArgumentNullException.ThrowIfNull(document);
        return ScratchBuffer.Build((document, fields), static (index, key) =>
        {
            foreach (var field in index.fields) Append(index.document[field], key);
        });
    }

    /// <summary>Reads the values back.</summary>
    /// <exception cref="InvalidValueException">The bytes are not a key.</exception>
    public static Value[] Decode(ReadOnlySpan<byte> key)
    {
        var reader = new IndexKeyReader(key);
        var values = new List<Value>();
        while (!reader.AtEnd) values.Add(reader.Read());
        return [.. values];
    }

    private static void AppendObject(ValueObject fields, IBufferWriter<byte> key)
    {
        AppendByte(ObjectTag, key);
        for (var i = 0; i < fields.Count; i++)
        {
            AppendString(fields.Names[i], key);
            Append(fields.Values[i], key);
        }

        AppendByte(End, key);
    }

    private static void AppendString(string text, IBufferWriter<byte> key)
    {
        AppendByte(StringTag, key);
        if (!text.Contains('\0', StringComparison.Ordinal))
        {
            Encoding.UTF8.GetBytes(text, key);
            key.Write([End, Terminator]);
            return;
        }

        AppendEscaped(Encoding.UTF8.GetBytes(text), key);
    }

    private static void AppendEscaped(ReadOnlySpan<byte> bytes, IBufferWriter<byte> key)
    {
        for (var zero = bytes.IndexOf(End); zero >= 0; zero = bytes.IndexOf(End))
        {
            key.Write(bytes[..zero]);
            key.Write([End, Escaped]);
            bytes = bytes[(zero + 1)..];
        }

        key.Write(bytes);
        key.Write([End, Terminator]);
    }

    private static void AppendNumber(byte tag, ulong ordered, IBufferWriter<byte> key)
    {
        var span = key.GetSpan(9);
        span[0] = tag;
        BinaryPrimitives.WriteUInt64BigEndian(span[1..], ordered);
        key.Advance(9);
    }

    private static void AppendByte(byte value, IBufferWriter<byte> key)
    {
        key.GetSpan(1)[0] = value;
        key.Advance(1);
    }
}
