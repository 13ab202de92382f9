using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Fresnel.Bench;

/// <summary>A light client of the sync protocol: one request at a time, no state beyond what the protocol needs.</summary>
internal sealed class SyncConnection : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private byte[] _buffer = new byte[64 * 1024];
    private uint _requestId;
    private uint _querySet;

    public static async Task<SyncConnection> OpenAsync(string url, CancellationToken cancellationToken)
    {
        var connection = new SyncConnection();
        var address = new UriBuilder(url) { Scheme = "ws", Path = "/api/1.48.0/sync" }.Uri;
        await connection._socket.ConnectAsync(address, cancellationToken);
        await connection.SendAsync($$"""{"type":"Connect","sessionId":"{{Guid.NewGuid()}}","connectionCount":0,"lastCloseReason":"InitialConnect","clientTs":0}""", cancellationToken);
        return connection;
    }

    /// <summary>Subscribes, waits for the first result, and unsubscribes.</summary>
    public async Task QueryAsync(string path, string args, CancellationToken cancellationToken)
    {
        var id = _querySet;
        await SendAsync($$"""{"type":"ModifyQuerySet","baseVersion":{{_querySet}},"newVersion":{{++_querySet}},"modifications":[{"type":"Add","queryId":{{id}},"udfPath":"{{path}}","args":[{{args}}]}]}""", cancellationToken);
        while (true)
        {
            using var message = await ReceiveAsync(cancellationToken);
            if (message.RootElement.GetProperty("type").ValueEquals("Transition"))
            {
                foreach (var modification in message.RootElement.GetProperty("modifications").EnumerateArray())
                {
                    if (!modification.GetProperty("type").ValueEquals("QueryUpdated")) throw new InvalidOperationException(modification.GetRawText());
                    await SendAsync($$"""{"type":"ModifyQuerySet","baseVersion":{{_querySet}},"newVersion":{{++_querySet}},"modifications":[{"type":"Remove","queryId":{{id}}}]}""", cancellationToken);
                    return;
                }
            }
        }
    }

    /// <summary>Subscribes and waits for the first result; the next ones come by <see cref="NextUpdateAsync"/>.</summary>
    public async Task SubscribeAsync(string path, string args, CancellationToken cancellationToken)
    {
        await SendAsync($$"""{"type":"ModifyQuerySet","baseVersion":{{_querySet}},"newVersion":{{++_querySet}},"modifications":[{"type":"Add","queryId":0,"udfPath":"{{path}}","args":[{{args}}]}]}""", cancellationToken);
        await NextUpdateAsync(cancellationToken);
    }

    /// <summary>Waits for a transition that updates a query.</summary>
    public async Task NextUpdateAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var message = await ReceiveAsync(cancellationToken);
            if (!message.RootElement.GetProperty("type").ValueEquals("Transition") || message.RootElement.GetProperty("modifications").GetArrayLength() == 0) continue;
            if (!message.RootElement.GetProperty("modifications")[0].GetProperty("type").ValueEquals("QueryUpdated")) throw new InvalidOperationException(message.RootElement.GetRawText());
            return;
        }
    }

    /// <summary>Sends a mutation and waits for its response.</summary>
    public async Task MutateAsync(string path, string args, CancellationToken cancellationToken)
    {
        await SendAsync($$"""{"type":"Mutation","requestId":{{_requestId++}},"udfPath":"{{path}}","args":[{{args}}]}""", cancellationToken);
        while (true)
        {
            using var message = await ReceiveAsync(cancellationToken);
            if (!message.RootElement.GetProperty("type").ValueEquals("MutationResponse")) continue;
            if (!message.RootElement.GetProperty("success").GetBoolean()) throw new InvalidOperationException(message.RootElement.GetRawText());
            return;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The server went first; there is nothing left to close.
        }

        _socket.Dispose();
    }

    private ValueTask SendAsync(string message, CancellationToken cancellationToken) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(message).AsMemory(), WebSocketMessageType.Text, true, cancellationToken);

    private async Task<JsonDocument> ReceiveAsync(CancellationToken cancellationToken)
    {
        for (var length = 0; ;)
        {
            var received = await _socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close) throw new InvalidOperationException($"The server closed the socket: {_socket.CloseStatusDescription}");
            length += received.Count;
            if (received.EndOfMessage) return JsonDocument.Parse(_buffer.AsMemory(0, length).ToArray());
            if (length == _buffer.Length) Array.Resize(ref _buffer, length * 2);
        }
    }
}
