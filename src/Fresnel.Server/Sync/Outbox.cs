using System.Threading.Channels;
using Fresnel.Protocol.Sync;

namespace Fresnel.Server.Sync;

/// <summary>What waits for the writer of one socket: answers in order, and at last the end.</summary>
/// <remarks>
/// Its length is bounded by those who fill it: there is at most one answer per mutation and action that the session's limits let in, and one end.
/// Its bytes are counted, with those of the requests, in <see cref="Budget"/>.
/// </remarks>
internal sealed class Outbox : IDisposable
{
    private readonly Channel<ServerMessage> _messages = Channel.CreateUnbounded<ServerMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private SessionEnd? _end;

    /// <param name="mostBytes">Bytes of unanswered requests and unwritten answers beyond which the socket is not read.</param>
    public Outbox(long mostBytes)
    {
        Budget = new(mostBytes);
        Ended = _ended.Token;
    }

    /// <summary>The bytes that the socket keeps in memory.</summary>
    public ByteBudget Budget { get; }

    /// <summary>Canceled when the session is to end: whoever works for it may stop.</summary>
    public CancellationToken Ended { get; }

    /// <summary>How it is to end; null as long as it goes on.</summary>
    public SessionEnd? End => Volatile.Read(ref _end);

    /// <summary>Puts an answer in line; after the end it is dropped, for there is nobody to hear it.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="requestBytes">What its request took of the budget.</param>
    public void Answer(ServerMessage answer, int requestBytes)
    {
        Budget.Take(BytesOf(answer));
        Budget.Give(requestBytes);
        _messages.Writer.TryWrite(answer);
    }

    /// <summary>An answer has been written.</summary>
    public void OnWritten(ServerMessage answer) => Budget.Give(BytesOf(answer));

    /// <summary>Ends the session; the first end counts.</summary>
    public void Finish(SessionEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null) return;
        _messages.Writer.TryComplete();
        Budget.Close();
        _ended.Cancel();
    }

    public bool TryTake(out ServerMessage? message) => _messages.Reader.TryRead(out message);

    /// <summary>Completes when there is something to take, or false when nothing will come any more.</summary>
    public ValueTask<bool> WaitAsync() => _messages.Reader.WaitToReadAsync();

    /// <summary>To be called after the end; what is said later is dropped.</summary>
    public void Dispose() => _ended.Dispose();

    private static int BytesOf(ServerMessage answer) => answer switch
    {
        MutationResponse mutation => BytesOf(mutation.Result),
        ActionResponse action => BytesOf(action.Result),
        _ => 0,
    };

    private static int BytesOf(CallResult result) =>
        result.Value.Length + (result.ErrorData?.Length ?? 0) + (result.ErrorMessage?.Length ?? 0) + result.LogLines.Sum(line => line.Length);
}
