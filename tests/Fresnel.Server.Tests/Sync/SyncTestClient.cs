using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Fresnel.Server.Tests.Sync;

/// <summary>A client that says what the test says and shows what comes back, message by message. Pings are passed over unless they are asked for.</summary>
internal sealed class SyncTestClient(ClientWebSocket socket) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private uint _querySet;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    /// <summary>The framework shows a close frame without a status as this; one that says 1000 looks the same.</summary>
    public bool IsClosedWithoutStatus => socket.CloseStatus == WebSocketCloseStatus.NormalClosure && string.IsNullOrEmpty(socket.CloseStatusDescription);

    public string? CloseReason => socket.CloseStatusDescription;

    public Task SendAsync(string message) => socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, Token);

    public Task SendBinaryAsync(byte[] message) => socket.SendAsync(message, WebSocketMessageType.Binary, true, Token);

    /// <summary>Adds a query.</summary>
    public Task AddAsync(int queryId, string path, string arguments = "{}", string? journal = null)
    {
        var journalField = journal is null ? "" : $",\"journal\":\"{journal}\"";
        return ModifyAsync($$"""{"type":"Add","queryId":{{queryId}},"udfPath":"{{path}}","args":[{{arguments}}]{{journalField}}}""");
    }

    /// <summary>Changes the query set by the next version.</summary>
    public Task ModifyAsync(params string[] modifications) =>
        SendAsync($$"""{"type":"ModifyQuerySet","baseVersion":{{_querySet}},"newVersion":{{++_querySet}},"modifications":[{{string.Join(',', modifications)}}]}""");

    public Task MutateAsync(int requestId, string path, string arguments = "{}") =>
        SendAsync($$"""{"type":"Mutation","requestId":{{requestId}},"udfPath":"{{path}}","args":[{{arguments}}]}""");

    public Task ActAsync(int requestId, string path, string arguments = "{}") =>
        SendAsync($$"""{"type":"Action","requestId":{{requestId}},"udfPath":"{{path}}","args":[{{arguments}}]}""");

    /// <summary>The next message that is not a Ping; null when the server has closed.</summary>
    public async Task<JsonElement?> NextAsync(bool withPings = false)
    {
        while (true)
        {
            var message = await ReceiveAsync();
            if (message is not { } json || withPings || json.GetProperty("type").GetString() != "Ping") return message;
        }
    }

    /// <summary>The next message, which must be of this type.</summary>
    public async Task<JsonElement> ExpectAsync(string type)
    {
        var message = await NextAsync();
        Assert.True(message is not null, $"closed with {CloseStatus} {CloseReason} instead of {type}");
        Assert.Equal(type, message.Value.GetProperty("type").GetString());
        return message.Value;
    }

    /// <summary>The next message, which must be a transition.</summary>
    public Task<JsonElement> TransitionAsync() => ExpectAsync("Transition");

    /// <summary>Reads until the server closes; returns what it said last.</summary>
    public async Task<JsonElement?> ReadToCloseAsync()
    {
        JsonElement? last = null;
        while (await NextAsync() is { } message) last = message;
        return last;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // It is closed already.
        }

        socket.Dispose();
    }

    private async Task<JsonElement?> ReceiveAsync()
    {
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            var received = await socket.ReceiveAsync(message.GetMemory(65536), Token).AsTask().WaitAsync(Patience, Token);
            if (received.MessageType == WebSocketMessageType.Close) return null;
            Assert.Equal(WebSocketMessageType.Text, received.MessageType);
            message.Advance(received.Count);
            if (received.EndOfMessage) return JsonDocument.Parse(message.WrittenMemory).RootElement.Clone();
        }
    }
}
