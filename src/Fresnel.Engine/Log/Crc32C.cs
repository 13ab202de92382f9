using System.Buffers.Binary;
using System.Numerics;

namespace Fresnel.Engine.Log;

/// <summary>The checksum of log rows and pages: CRC-32C (Castagnoli), which processors compute themselves.</summary>
internal static class Crc32C
{
    /// <summary>Bytes of a checksum.</summary>
    public const int Length = 4;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    /// <summary>Takes the checksum off the end of some bytes and tests it.</summary>
    /// <exception cref="InvalidDataException">It does not fit: the bytes were damaged.</exception>
    public static ReadOnlyMemory<byte> Verify(ReadOnlyMemory<byte> bytes, string what)
    {
        if (bytes.Length >= Length)
        {
            var body = bytes[..^Length];
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[^Length..]) == Of(body.Span)) return body;
        }

        throw new InvalidDataException($"{what} is damaged: its checksum does not fit.");
    }
}
