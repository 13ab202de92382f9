using System.Buffers;
using System.Buffers.Binary;

namespace Fresnel.Engine.Log;

/// <summary>Writes the formats of the log and of pages: little endian numbers, LEB128 varints, lengths before bytes, a checksum at the end.</summary>
internal sealed class ByteWriter
{
    private readonly ArrayBufferWriter<byte> _output = new(256);

    public int Length => _output.WrittenCount;

    public void Byte(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_output.GetSpan(8), value);
        _output.Advance(8);
    }

    public void Varint(long value)
    {
        var span = _output.GetSpan(10);
        var length = 0;
        var rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7) span[length++] = (byte)(rest | 0x80);
        span[length++] = (byte)rest;
        _output.Advance(length);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty) _output.Write(bytes);
    }

    public void Sized(ReadOnlySpan<byte> bytes)
    {
        Varint(bytes.Length);
        Bytes(bytes);
    }

    /// <summary>The bytes that it has room for without growing.</summary>
    public int Capacity => _output.Capacity;

    /// <summary>Begins anew in the same memory: nobody may look at what was written any more.</summary>
    public void Clear() => _output.ResetWrittenCount();

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _output.WrittenMemory;

    /// <summary>Adds the checksum of everything before; nothing may be written afterwards.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        var crc = Crc32C.Of(_output.WrittenSpan);
        BinaryPrimitives.WriteUInt32LittleEndian(_output.GetSpan(Crc32C.Length), crc);
        _output.Advance(Crc32C.Length);
        return _output.WrittenMemory;
    }
}

/// <summary>Reads what a <see cref="ByteWriter"/> wrote, behind the checksum's test.</summary>
internal struct ByteReader(ReadOnlyMemory<byte> bytes)
{
    private ReadOnlyMemory<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>What was not read yet.</summary>
    public readonly ReadOnlyMemory<byte> Rest => _rest;

    public byte Byte() => Bytes(1).Span[0];

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8).Span);

    public long Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return (long)value;
        }

        throw new InvalidDataException("A number in the log or a page is too long.");
    }

    public ReadOnlyMemory<byte> Sized() => Bytes(checked((int)Varint()));

    public ReadOnlyMemory<byte> Bytes(int count)
    {
        if (_rest.Length < count) throw new InvalidDataException("The log or a page ends too early.");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
