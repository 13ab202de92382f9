using System.Buffers;
using System.Net.WebSockets;
using Fresnel.Protocol.Sync;
using Fresnel.Runtime.Live;
using Fresnel.Server.Errors;
using Fresnel.Values;

namespace Fresnel.Server.Sync;

/// <summary>The only one who writes to a socket: answers first, then a transition when there is one, a Ping when nothing was said for long.</summary>
/// <remarks>
/// A transition is computed only when the one before is on its way, so a client that reads slowly is sent the newest state, never a queue of old ones.
/// It is held back while the answer to a mutation that it contains has not been written (T4), and one at least as new follows each answer (T3).
/// Source: <c>spec/client-protocol.md</c> §2.7.
/// </remarks>
internal sealed class SyncWriter(
    WebSocket socket, Outbox outbox, LiveSession live, MutationLine mutations, SyncState state, SyncLimits limits, bool redacts, TimeProvider time) : IDisposable
{
    private readonly PooledBuffer _buffer = new();
    private StateVersion _sent; // The end of the last transition; the start of the next one.
    private long _lastWrite = time.GetTimestamp();
    private int _chunkedTransitions;

    /// <summary>Writes until the session is to end, then says the last words and closes the socket's writing half.</summary>
    public async Task RunAsync()
    {
        try
        {
            await WriteUntilEndAsync();
        }
        catch (OperationCanceledException) when (outbox.End is not null)
        {
            // The end came while a transition was being waited for.
        }
        catch (WebSocketException)
        {
            outbox.Finish(SessionEnd.ByClient);
        }
        catch (Exception exception)
        {
            outbox.Finish(state.EndOf(exception));
        }

        try
        {
            await CloseAsync(outbox.End!);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // There is nobody left to say it to.
        }
    }

    public void Dispose() => _buffer.Dispose();

    private async Task WriteUntilEndAsync()
    {
        Task<bool>? answer = null;
        Task? silence = null;
        var transition = live.NextAsync(outbox.Ended).AsTask();
        while (true)
        {
            if (!await WriteAnswersAsync()) return;

            var isHeld = transition.IsCompletedSuccessfully && mutations.MustBeAnsweredBefore(transition.Result.Timestamp);
            if (transition.IsCompleted && !isHeld)
            {
                if (state.HasExpired)
                {
                    outbox.Finish(SessionEnd.ByExpiry);
                    return;
                }

                await WriteTransitionAsync(await transition);
                transition = live.NextAsync(outbox.Ended).AsTask(); // At once: so Live knows which transitions are still to be sent when an answer is.
                continue;
            }

            if (answer is null || answer.IsCompleted) answer = outbox.WaitAsync().AsTask();
            if (silence is null || silence.IsCompleted) silence = await WriteIfSilentAsync();
            await (isHeld ? Task.WhenAny(answer, silence) : Task.WhenAny(answer, transition, silence));
        }
    }

    /// <summary>Writes the answers that wait, and asks for a transition behind each; false when the session is to end.</summary>
    private async ValueTask<bool> WriteAnswersAsync()
    {
        while (outbox.TryTake(out var message))
        {
            await WriteAsync(message!);
            outbox.OnWritten(message!);
            if (message is MutationResponse) mutations.OnAnswered();
            else if (message is ActionResponse) state.OnActionAnswered();
            live.RequireTransition(message is MutationResponse { Timestamp: { } timestamp } ? timestamp : Timestamp.Zero);
        }

        return outbox.End is null;
    }

    private async ValueTask WriteTransitionAsync(LiveTransition told)
    {
        var end = new StateVersion(told.QuerySetVersion, told.IdentityVersion, told.Timestamp);
        var modifications = told.Modifications.Select(modification => new StateModification(
            modification.QueryId, modification.Outcome is { } outcome ? FunctionErrors.ResultOf(outcome, redacts) : null, modification.Journal));
        var transition = new Transition(_sent, end, [.. modifications], state.ReadClock());
        _sent = end;

        ServerMessageWriter.Write(transition, _buffer);
        if (_buffer.Length <= limits.TransitionChunkBytes || !state.UnderstandsChunks) await SendAsync();
        else await WriteChunksAsync();
    }

    private async ValueTask WriteChunksAsync()
    {
        using var whole = new PooledBuffer();
        whole.Write(_buffer.Written.Span);
        _buffer.Clear();
        var id = $"{++_chunkedTransitions}";
        foreach (var chunk in TransitionChunks.Cut(whole.Written, limits.TransitionChunkBytes, id)) await WriteAsync(chunk);
    }

    private async ValueTask WriteAsync(ServerMessage message)
    {
        ServerMessageWriter.Write(message, _buffer);
        await SendAsync();
    }

    private async ValueTask SendAsync()
    {
        await socket.SendAsync(_buffer.Written, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        _buffer.Clear();
        _lastWrite = time.GetTimestamp();
    }

    /// <summary>Pings when nothing was written for long; returns when to look again.</summary>
    private async ValueTask<Task> WriteIfSilentAsync()
    {
        var silence = time.GetElapsedTime(_lastWrite);
        if (silence >= limits.PingAfter)
        {
            await WriteAsync(Ping.Instance);
            silence = TimeSpan.Zero;
        }

        return Task.Delay(limits.PingAfter - silence, time, outbox.Ended);
    }

    private async Task CloseAsync(SessionEnd end)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        _buffer.Clear();
        if (end.LastWords?.Invoke(_sent) is { } words) await WriteAsync(words);
        await socket.CloseOutputAsync(end.Status, end.Reason, CancellationToken.None);
    }
}
