using System.Buffers;

namespace Fresnel.Values;

/// <summary>A buffer to build bytes in that are copied out when they are complete; each thread keeps one, because every write of a document needs several.</summary>
internal static class ScratchBuffer
{
    /// <summary>A larger one is not kept. Bytes.</summary>
    private const int MostKept = 64 << 10;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _kept;

    /// <summary>Builds bytes.</summary>
    public static byte[] Build<TState>(TState state, Action<TState, ArrayBufferWriter<byte>> write) where TState : allows ref struct
    {
        // Taken, so that one who builds within a build has another.
        var buffer = _kept ?? new(256);
        _kept = null;
        write(state, buffer);
        var bytes = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > MostKept) return bytes;
        buffer.ResetWrittenCount();
        _kept = buffer;
        return bytes;
    }
}
