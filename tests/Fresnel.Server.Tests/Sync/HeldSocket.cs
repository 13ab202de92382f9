using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Fresnel.Server.Tests.Sync;

/// <summary>A socket without a wire, whose client reads only when the test lets it.</summary>
internal sealed class HeldSocket : WebSocket
{
    private readonly Channel<string> _received = Channel.CreateUnbounded<string>();
    private readonly Channel<JsonElement> _sent = Channel.CreateUnbounded<JsonElement>();
    private TaskCompletionSource _hold = Released();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebSocketState _state = WebSocketState.Open;
    private string? _reason;
    private int _unanswered;

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => _reason;

    public override WebSocketState State => _state;

    public override string? SubProtocol => null;

    /// <summary>What the server has written, in order.</summary>
    public ChannelReader<JsonElement> Sent => _sent.Reader;

    /// <summary>Completes when a write waits.</summary>
    public Task Held => _held.Task;

    /// <summary>How many messages the server had read at most beyond those whose answer it had written, when each message has one.</summary>
    public int MostUnanswered { get; private set; }

    /// <summary>Lets writes wait from now on, as when the client's buffers are full.</summary>
    public void Hold() => _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _hold.TrySetResult();

    /// <summary>Says something as the client.</summary>
    public void Say(string message) => _received.Writer.TryWrite(message);

    /// <summary>Closes as the client.</summary>
    public void Leave() => _received.Writer.TryComplete();

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        if (!await _received.Reader.WaitToReadAsync(cancellationToken))
        {
            _state = WebSocketState.CloseReceived;
            return new WebSocketReceiveResult(0, WebSocketMessageType.Close, true);
        }

        _received.Reader.TryRead(out var message);
        MostUnanswered = Math.Max(MostUnanswered, Interlocked.Increment(ref _unanswered));
        return new WebSocketReceiveResult(Encoding.UTF8.GetBytes(message!, buffer), WebSocketMessageType.Text, true);
    }

    public override async Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        var message = JsonDocument.Parse(buffer.AsMemory().ToArray()).RootElement;
        if (!_hold.Task.IsCompleted) _held.TrySetResult();
        await _hold.Task;
        if (message.GetProperty("type").GetString() == "MutationResponse") Interlocked.Decrement(ref _unanswered);
        _sent.Writer.TryWrite(message);
    }

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        _state = WebSocketState.Closed;
        _reason = statusDescription;
        _sent.Writer.TryComplete();
        return Task.CompletedTask;
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    public override void Abort() => _received.Writer.TryComplete();

    public override void Dispose() => Abort();

    private static TaskCompletionSource Released()
    {
        var released = new TaskCompletionSource();
        released.SetResult();
        return released;
    }
}
