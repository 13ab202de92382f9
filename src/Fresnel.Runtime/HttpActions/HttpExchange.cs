using System.Threading.Channels;

namespace Fresnel.Runtime.HttpActions;

/// <summary>One request and its answer, between the edge and the worker that runs the HTTP action.</summary>
/// <remarks>
/// The worker's side never waits: what the function answers lies in a queue, whose bytes are bounded by the credit that the worker was given. The edge
/// takes from the queue as fast as its client reads, and gives that much credit again.
/// </remarks>
internal sealed class HttpExchange : IDisposable
{
    /// <summary>Bytes of an answer that may be under way to a slow client.</summary>
    public const int Window = 256 * 1024;

    private readonly Channel<HttpResponsePart> _parts = Channel.CreateUnbounded<HttpResponsePart>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _over = new();

    public HttpExchange(HttpActionRequest request, long mostRequestBytes)
    {
        Request = request;
        MostRequestBytes = mostRequestBytes;
        Over = _over.Token;
    }

    public HttpActionRequest Request { get; }

    /// <summary>Bytes of the request's body after which it fails.</summary>
    public long MostRequestBytes { get; }

    /// <summary>How long the body of an answer to HEAD is read, which nobody gets: a stream may have no end.</summary>
    public TimeSpan HeadTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the body was longer. Starts false.</summary>
    public bool IsRequestTooLarge { get; set; }

    /// <summary>Canceled when the function has ended: the rest of the request is of no use.</summary>
    public CancellationToken Over { get; }

    /// <summary>Completes when nobody reads the request any more.</summary>
    public Task RequestRead { get; set; } = Task.CompletedTask;

    /// <summary>Told of the bytes that the edge has taken. Set by the runner before anything comes.</summary>
    public Action<int> Taken { get; set; } = _ => { };

    /// <summary>Told when the rest of the answer is not wanted, so that nobody makes it. Set by the runner before anything comes.</summary>
    public Action Stop { get; set; } = () => { };

    /// <summary>The answer, piece by piece.</summary>
    public IAsyncEnumerable<HttpResponsePart> ReadAsync() => _parts.Reader.ReadAllAsync();

    /// <summary>Puts a piece of the answer in line.</summary>
    public void Add(HttpResponsePart part) => _parts.Writer.TryWrite(part);

    /// <summary>Nothing more comes.</summary>
    public async ValueTask EndAsync()
    {
        _parts.Writer.TryComplete();
        await _over.CancelAsync();
        await RequestRead;
    }

    /// <summary>To be called after <see cref="EndAsync"/>.</summary>
    public void Dispose() => _over.Dispose();
}

/// <summary>A piece of an answer.</summary>
internal abstract record HttpResponsePart;

/// <summary>Status and headers: the first piece.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">In order; repeated ones apart.</param>
/// <param name="Route">What was matched, for the log, e.g. <c>/users/*</c>; null when nothing was.</param>
internal sealed record HttpResponseHead(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, string? Route) : HttpResponsePart;

/// <summary>Some of the body.</summary>
/// <param name="Bytes">The receiver's own.</param>
internal sealed record HttpResponseBody(ReadOnlyMemory<byte> Bytes) : HttpResponsePart;
