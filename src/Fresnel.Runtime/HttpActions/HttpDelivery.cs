using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.HttpActions;

/// <summary>Brings an answer from its exchange to the client, within the limit. When the client is gone it goes on taking, so that the function goes on.</summary>
internal sealed class HttpDelivery(HttpExchange exchange, IHttpActionResponse response, long mostBytes, Action<LogLine> log, TimeProvider time)
{
    private bool _isBroken; // The client is gone, or the answer was broken off.
    private long _bytes;

    /// <summary>What was answered; null as long as nothing was.</summary>
    public HttpResponseHead? Head { get; private set; }

    /// <summary>Bytes of the body so far.</summary>
    public long Bytes => _bytes;

    /// <summary>Delivers until the exchange ends.</summary>
    public async Task RunAsync()
    {
        await foreach (var part in exchange.ReadAsync())
        {
            if (part is HttpResponseHead head) Head = head;
            try
            {
                if (!_isBroken) await DeliverAsync(part);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client is gone.
                Break();
            }
            catch (InvalidOperationException exception)
            {
                // A header that cannot be sent, or one that does not fit the body.
                Complain($"HttpResponseInvalid: {exception.Message}");
                Break();
            }

            if (part is HttpResponseBody body) exchange.Taken(body.Bytes.Length);
        }
    }

    /// <summary>Tells the client that what it has is not whole.</summary>
    public void Break()
    {
        _isBroken = true;
        response.Abort();
    }

    private async ValueTask DeliverAsync(HttpResponsePart part)
    {
        switch (part)
        {
            case HttpResponseHead head:
                await response.StartAsync(head.Status, head.Headers);
                break;
            case HttpResponseBody body when (_bytes += body.Bytes.Length) > mostBytes:
                Complain($"HttpResponseTooLarge: HTTP actions support responses up to {mostBytes >> 20} MiB");
                Break();
                exchange.Stop();
                break;
            case HttpResponseBody body:
                await response.WriteAsync(body.Bytes);
                break;
        }
    }

    private void Complain(string text) => log(new LogLine("ERROR", [text], false, time.GetUtcNow().ToUnixTimeMilliseconds()));
}
