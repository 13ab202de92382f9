using System.Threading.Channels;
using Fresnel.Protocol.Sync;

namespace Fresnel.Server.Sync;

/// <summary>What waits for the writer of one socket: answers in order, and at last the end.</summary>
/// <remarks>Its length is bounded by those who fill it: there is at most one answer per mutation and action that the session's limits let in, and one end.</remarks>
internal sealed class Outbox : IDisposable
{
    private readonly Channel<ServerMessage> _messages = Channel.CreateUnbounded<ServerMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private SessionEnd? _end;

    public Outbox() => Ended = _ended.Token;

    /// <summary>Canceled when the session is to end: whoever works for it may stop.</summary>
    public CancellationToken Ended { get; }

    /// <summary>How it is to end; null as long as it goes on.</summary>
    public SessionEnd? End => Volatile.Read(ref _end);

    /// <summary>Puts an answer in line; after the end it is dropped, for there is nobody to hear it.</summary>
    public void Say(ServerMessage message) => _messages.Writer.TryWrite(message);

    /// <summary>Ends the session; the first end counts.</summary>
    public void Finish(SessionEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null) return;
        _messages.Writer.TryComplete();
        _ended.Cancel();
    }

    public bool TryTake(out ServerMessage? message) => _messages.Reader.TryRead(out message);

    /// <summary>Completes when there is something to take, or false when nothing will come any more.</summary>
    public ValueTask<bool> WaitAsync() => _messages.Reader.WaitToReadAsync();

    /// <summary>To be called after the end; what is said later is dropped.</summary>
    public void Dispose() => _ended.Dispose();
}
