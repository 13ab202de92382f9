using System.Net.WebSockets;
using Fresnel.Server.Errors;

namespace Fresnel.Server.Sync;

/// <summary>Puts the frames of a socket together to messages, within a bound.</summary>
internal sealed class MessageReceiver(WebSocket socket, int maximumBytes) : IDisposable
{
    private const int ReadBytes = 1024; // What an idle socket holds; a message that is longer is given room as it comes.

    private readonly PooledBuffer _buffer = new();

    /// <summary>The next text message, valid until the next call; null when the client has closed.</summary>
    /// <exception cref="RequestException">It is binary, or too large.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        _buffer.Clear();
        while (true)
        {
            var memory = _buffer.GetMemory(ReadBytes);
            var received = await socket.ReceiveAsync(memory, cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close) return null;
            if (received.MessageType == WebSocketMessageType.Binary) throw RequestException.Fault("Binary messages are not part of the protocol.");

            _buffer.Advance(received.Count);
            if (_buffer.Length > maximumBytes) throw TooLarge(maximumBytes);
            if (received.EndOfMessage) return _buffer.Written;
        }
    }

    public void Dispose() => _buffer.Dispose();

    private static RequestException TooLarge(int maximumBytes) =>
        RequestException.BadRequest("WSMessageTooLarge", $"Received a message on websocket that is larger than {maximumBytes} bytes");
}
