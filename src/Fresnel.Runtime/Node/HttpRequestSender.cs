using System.Text;
using Fresnel.Runtime.HttpActions;

namespace Fresnel.Runtime.Node;

/// <summary>Sends a request's body to the worker, as much as its function asks for, and tells it when the client has left.</summary>
internal sealed class HttpRequestSender(Worker worker, RunningInvocation running, HttpExchange exchange)
{
    private const int Piece = 64 * 1024;

    private readonly Lock _gate = new();
    private TaskCompletionSource _demanded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _demand; // Bytes that the worker has asked for and has not been sent.

    /// <summary>Begins; ends with the exchange at the latest.</summary>
    public void Start() => exchange.RequestRead = RunAsync();

    /// <summary>The function has room for more.</summary>
    public void Grant(int bytes)
    {
        lock (_gate)
        {
            _demand += Math.Max(bytes, 0);
            _demanded.TrySetResult();
        }
    }

    private async Task RunAsync()
    {
        using var left = exchange.Request.ClientLeft.UnsafeRegister(_ => worker.Tell(running, FrameKind.Abort, default), null);
        if (exchange.Request.Body is not { } body)
        {
            await WaitAsync(Task.Delay(Timeout.Infinite, exchange.Over));
            return;
        }

        try
        {
            await SendAsync(body);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            if (!exchange.Over.IsCancellationRequested) worker.Tell(running, FrameKind.RequestEnd, "The client closed the connection before the request was whole."u8);
        }

        await WaitAsync(Task.Delay(Timeout.Infinite, exchange.Over));
    }

    /// <summary>Until the exchange is over: the client may leave at any time.</summary>
    private static async Task WaitAsync(Task over) => await over.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task SendAsync(Stream body)
    {
        var buffer = new byte[Piece];
        long sent = 0;
        while (true)
        {
            var room = await DemandAsync();
            var count = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(room, Piece)), exchange.Over);
            if (count == 0) break;
            if ((sent += count) > exchange.MostRequestBytes)
            {
                exchange.IsRequestTooLarge = true;
                worker.Tell(running, FrameKind.RequestEnd, Encoding.UTF8.GetBytes(HttpActionRequest.TooLargeText(exchange.MostRequestBytes)));
                return;
            }

            lock (_gate) _demand -= count;
            worker.Tell(running, FrameKind.RequestBody, buffer.AsSpan(0, count));
        }

        worker.Tell(running, FrameKind.RequestEnd, default);
    }

    private async ValueTask<long> DemandAsync()
    {
        while (true)
        {
            Task demanded;
            lock (_gate)
            {
                if (_demand > 0) return _demand;
                if (_demanded.Task.IsCompleted) _demanded = new(TaskCreationOptions.RunContinuationsAsynchronously);
                demanded = _demanded.Task;
            }

            await demanded.WaitAsync(exchange.Over);
        }
    }
}
