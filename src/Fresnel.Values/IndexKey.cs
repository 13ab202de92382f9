using System.Buffers;

namespace Fresnel.Values;

/// <summary>Keys: bytes that compare like the values they encode. The layout is told in <c>spec/data-model.md</c> §2.3 and at the head of the implementation.</summary>
public static class IndexKey
{
    /// <summary>Appends one value (undefined too).</summary>
    public static void Append(Value value, IBufferWriter<byte> key) => throw new NotImplementedException();

    /// <summary>The key of several values in order.</summary>
    public static byte[] Encode(params ReadOnlySpan<Value> values) => throw new NotImplementedException();

    /// <summary>The key of an index's fields in a document, the <c>_id</c> last as a string.</summary>
    /// <param name="document">The document with its system fields.</param>
    /// <param name="fields">The index's fields, <c>_creationTime</c> and <c>_id</c> included.</param>
    public static byte[] Encode(ValueObject document, IReadOnlyList<FieldPath> fields) => throw new NotImplementedException();

    /// <summary>Reads the values back.</summary>
    public static Value[] Decode(ReadOnlySpan<byte> key) => throw new NotImplementedException();
}

/// <summary>An interval of keys: from <see cref="Lower"/> (inclusive) to <see cref="Upper"/> (exclusive), in byte order.</summary>
/// <param name="Lower">The first key that is inside.</param>
/// <param name="Upper">The first key that is outside; null when nothing bounds it.</param>
public readonly record struct KeyInterval(ReadOnlyMemory<byte> Lower, ReadOnlyMemory<byte>? Upper)
{
    /// <summary>Every key.</summary>
    public static KeyInterval All => new(ReadOnlyMemory<byte>.Empty, null);

    /// <summary>The single key.</summary>
    public static KeyInterval Point(ReadOnlyMemory<byte> key) => throw new NotImplementedException();

    /// <summary>Every key that begins with these encoded values.</summary>
    public static KeyInterval Prefix(ReadOnlyMemory<byte> prefix) => throw new NotImplementedException();

    /// <summary>Whether no key can be inside.</summary>
    public bool IsEmpty => throw new NotImplementedException();

    /// <summary>Whether the key is inside.</summary>
    public bool Contains(ReadOnlySpan<byte> key) => throw new NotImplementedException();
}
