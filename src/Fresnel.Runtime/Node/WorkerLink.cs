using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace Fresnel.Runtime.Node;

/// <summary>The engine's end of a worker's socket: one thread reads, whoever has something to say writes.</summary>
/// <remarks>
/// The reading thread ends with <c>closed</c>, with the failure when a frame could not be handled.
/// All frames of one read are handled before anything is sent, so that their answers leave in one write; that, and a thread that blocks,
/// is worth a factor of ten in system calls. While one thread sends, others only append.
/// </remarks>
internal sealed class WorkerLink(Socket socket, string name, Func<Frame, bool> take, Action read, Action<Exception?> closed) : IDisposable
{
    /// <summary>Unsent bytes at which the worker is held to be lost: it does not read.</summary>
    private const int MostUnsent = 256 << 20;

    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _filling = new(64 * 1024);
    private ArrayBufferWriter<byte> _sending = new(64 * 1024);
    private Thread? _reader;
    private bool _isSending;

    /// <summary>Starts the reading thread.</summary>
    public void Start()
    {
        _reader = new Thread(Read) { IsBackground = true, Name = name };
        _reader.Start();
    }

    /// <summary>Appends a frame; <see cref="Flush"/> sends it.</summary>
    /// <param name="kind">What it says.</param>
    /// <param name="invocation">Which invocation it is about.</param>
    /// <param name="first">The beginning of the payload.</param>
    /// <param name="second">The rest of it.</param>
    public void Append(FrameKind kind, ulong invocation, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        lock (_gate)
        {
            var length = Frame.Head + first.Length + second.Length;
            var span = _filling.GetSpan(Frame.Prefix + length);
            BinaryPrimitives.WriteInt32LittleEndian(span, length);
            span[Frame.Prefix] = (byte)kind;
            BinaryPrimitives.WriteUInt64LittleEndian(span[(Frame.Prefix + 1)..], invocation);
            var payload = span[(Frame.Prefix + Frame.Head)..];
            first.CopyTo(payload);
            second.CopyTo(payload[first.Length..]);
            _filling.Advance(Frame.Prefix + length);
        }
    }

    /// <summary>Sends what was appended. On the reading thread nothing is done: it sends at the end of its turn.</summary>
    public void Flush()
    {
        if (Thread.CurrentThread != _reader) Send();
    }

    /// <summary>Closes the socket, which ends the reading thread and the worker.</summary>
    public void Dispose() => socket.Dispose();

    private void Send()
    {
        lock (_gate)
        {
            if (_isSending) return;
            _isSending = true;
        }

        try
        {
            while (TakeUnsent()) SendAll(_sending.WrittenSpan);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The reading thread sees the same end and tells of it. The flag stays: nothing can be sent any more.
        }
    }

    private bool TakeUnsent()
    {
        lock (_gate)
        {
            _sending.ResetWrittenCount();
            if (_filling.WrittenCount == 0)
            {
                _isSending = false;
                return false;
            }

            if (_filling.WrittenCount > MostUnsent) throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
            (_filling, _sending) = (_sending, _filling);
            return true;
        }
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }

    private void Read()
    {
        var frames = new FrameReader();
        Exception? fault = null;
        try
        {
            while (true)
            {
                var count = socket.Receive(frames.Room);
                if (count == 0) break;
                frames.Add(count);
                read();
                while (frames.TryTake(out var frame))
                {
                    if (!take(frame)) throw new MalformedFrameException($"A frame of kind {(int)frame.Kind} where none is due");
                }

                Send();
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The worker died, or we closed it.
        }
        catch (Exception failure)
        {
            // A fault of ours costs the worker, not the process.
            fault = failure;
        }

        closed(fault);
    }
}
