using System.Buffers.Binary;

namespace Fresnel.Runtime.Node;

/// <summary>Cuts what has arrived from a worker into frames.</summary>
/// <remarks>The buffer grows with the frame that is under way, at most to <see cref="Frame.Greatest"/>, and is given back once what grew it has been taken.</remarks>
internal sealed class FrameReader
{
    private const int Usual = 64 * 1024;

    private byte[] _buffer = new byte[Usual];
    private int _start; // Where the first byte lies that was not taken.
    private int _end; // Behind the last byte that has arrived.

    /// <summary>Where to put what arrives next. Never empty.</summary>
    public Span<byte> Room
    {
        get
        {
            if (_start > 0) Compact();
            return _buffer.AsSpan(_end);
        }
    }

    /// <summary>So many bytes have arrived in <see cref="Room"/>.</summary>
    public void Add(int count) => _end += count;

    /// <summary>Takes the next frame, if it is whole.</summary>
    /// <exception cref="MalformedFrameException">Its length makes no sense: nothing behind it can be read either.</exception>
    public bool TryTake(out Frame frame)
    {
        frame = default;
        var held = _buffer.AsSpan(_start, _end - _start);
        if (held.Length < Frame.Prefix) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(held);
        if (length is < Frame.Head or > Frame.Greatest) throw new MalformedFrameException($"A frame of {length} bytes");
        var size = Frame.Prefix + length;
        if (held.Length < size)
        {
            if (size > _buffer.Length) Grow(size);
            return false;
        }

        var head = held[Frame.Prefix..];
        frame = new Frame((FrameKind)head[0], BinaryPrimitives.ReadUInt64LittleEndian(head[1..]), head[Frame.Head..length].ToArray());
        _start += size;
        return true;
    }

    /// <summary>What is left goes to the front; a buffer that one great frame needed is let go.</summary>
    private void Compact()
    {
        var held = _buffer.AsSpan(_start, _end - _start);
        var target = _buffer.Length > Usual && held.Length <= Usual / 2 ? new byte[Usual] : _buffer;
        held.CopyTo(target);
        (_buffer, _start, _end) = (target, 0, held.Length);
    }

    /// <summary>Doubles the buffer until the frame fits, so that a worker which only announces a great one costs nothing before it sends it.</summary>
    private void Grow(int size)
    {
        var wider = new byte[Math.Min(size, Math.Max(Usual, 2 * (_end - _start)))];
        if (wider.Length <= _buffer.Length) return;
        _buffer.AsSpan(_start, _end - _start).CopyTo(wider);
        (_buffer, _start, _end) = (wider, 0, _end - _start);
    }
}

/// <summary>A worker said something that no worker of ours says. It is ended: nothing else that it says can be trusted.</summary>
internal sealed class MalformedFrameException(string message, Exception? inner = null) : Exception(message, inner);
