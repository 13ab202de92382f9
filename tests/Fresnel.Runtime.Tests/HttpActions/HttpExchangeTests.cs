using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.HttpActions;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Tests.Node;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Runtime.Tests.HttpActions;

/// <summary>Bodies between the engine and a worker flow by credit: neither side holds more than the other has asked for.</summary>
public sealed class HttpExchangeTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A router without the library: one function for everything.</summary>
    private const string Router = """
        const handle = async (request) => { HANDLER };
        export default {
          isRouter: true,
          lookup: (path, method) => [null, method, path],
          runRequest: async () => JSON.stringify(Convex.jsSyscall("convexJsonFromResponse", { response: await handle(Convex.jsSyscall("requestFromConvexJson", {})) })),
        };
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_function_that_streams_to_a_slow_reader_waits_for_it()
    {
        const int Piece = 64 * 1024;
        var pulled = new SemaphoreSlim(0);
        using var exchange = new HttpExchange(Request(), long.MaxValue);
        var running = RunAsync(
            exchange,
            """
            let count = 0;
            return new Response(new ReadableStream({
              async pull(controller) { await Convex.asyncSyscall("pulled", "{}"); if (++count > 8) controller.close(); else controller.enqueue(new Uint8Array(65536)); },
            }, { highWaterMark: 0 }));
            """,
            () =>
            {
                pulled.Release();
                return Task.CompletedTask;
            });
        await using var parts = exchange.ReadAsync().GetAsyncEnumerator(Token);
        Assert.IsType<HttpResponseHead>(await NextAsync(parts));
        for (var taken = 0; taken < HttpExchange.Window; taken += Piece) Assert.Equal(Piece, Assert.IsType<HttpResponseBody>(await NextAsync(parts)).Bytes.Length);

        // The fifth piece is made and lies in the worker; nothing more is asked of the function before the reader has taken some.
        for (var pull = 0; pull < 5; pull++) Assert.True(await pulled.WaitAsync(Patience, Token));
        var fifth = parts.MoveNextAsync();
        Assert.False(fifth.IsCompleted);
        Assert.Equal(0, pulled.CurrentCount);
        exchange.Taken(Piece);
        Assert.True(await fifth.AsTask().WaitAsync(Patience, Token));
        exchange.Taken(8 * Piece);
        for (var piece = 5; piece < 8; piece++) Assert.IsType<HttpResponseBody>(await NextAsync(parts));
        Assert.Null((await running.WaitAsync(Patience, Token)).Error);
        await exchange.EndAsync();
        Assert.False(await parts.MoveNextAsync());
    }

    [Fact]
    public async Task A_request_that_the_function_does_not_read_is_not_read_ahead_beyond_a_window()
    {
        var body = new EndlessBody();
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var exchange = new HttpExchange(Request() with { Method = "POST", Body = body }, long.MaxValue);
        var running = RunAsync(
            exchange,
            """
            await Convex.asyncSyscall("called", "{}");
            const reader = request.body.getReader();
            let read = 0;
            while (read < 1_000_000) read += (await reader.read()).value.length;
            return new Response(String(read >= 1_000_000));
            """,
            () => called.Task.WaitAsync(Patience, Token));
        await body.Read(256 * 1024).WaitAsync(Patience, Token);
        Assert.Equal(256 * 1024, body.Bytes);
        called.SetResult();
        Assert.Null((await running.WaitAsync(Patience, Token)).Error);
        await exchange.EndAsync();
        Assert.InRange(body.Bytes, 1_000_000, 1_000_000 + (512 * 1024));
    }

    [Fact]
    public async Task A_body_that_is_too_long_fails_the_one_who_reads_it()
    {
        using var exchange = new HttpExchange(Request() with { Method = "POST", Body = new EndlessBody() }, 2 << 20);
        var result = await RunAsync(exchange, "return new Response(await request.text());").WaitAsync(Patience, Token);
        await exchange.EndAsync();
        Assert.Equal("Uncaught TypeError: The request body is too large: HTTP actions support requests up to 2 MiB.", result.Error!.Message);
        Assert.True(exchange.IsRequestTooLarge);
    }

    [Fact]
    public async Task The_signal_of_a_request_fires_when_the_client_leaves_and_what_runs_goes_on()
    {
        using var left = new CancellationTokenSource();
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var exchange = new HttpExchange(Request() with { ClientLeft = left.Token }, long.MaxValue);
        var running = RunAsync(
            exchange,
            """
            const gone = new Promise((resolve) => request.signal.addEventListener("abort", () => resolve(request.signal.reason.name)));
            await Convex.asyncSyscall("called", "{}");
            return new Response(`${await gone} ${request.signal.aborted}`);
            """,
            () =>
            {
                called.TrySetResult();
                return Task.CompletedTask;
            });
        await called.Task.WaitAsync(Patience, Token);
        await left.CancelAsync();
        Assert.Null((await running.WaitAsync(Patience, Token)).Error);
        await exchange.EndAsync();
        var parts = await exchange.ReadAsync().ToListAsync(Token);
        Assert.Equal("AbortError true", Encoding.UTF8.GetString(Assert.IsType<HttpResponseBody>(parts[1]).Bytes.Span));
    }

    [Fact]
    public async Task A_listener_of_the_signal_is_the_functions_own_code()
    {
        using var left = new CancellationTokenSource();
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var exchange = new HttpExchange(Request() with { ClientLeft = left.Token }, long.MaxValue);
        var running = RunAsync(
            exchange,
            """
            const told = new Promise((resolve) => request.signal.addEventListener("abort", () => resolve(Convex.asyncSyscall("told", "{}"))));
            await Convex.asyncSyscall("called", "{}");
            await told;
            return new Response(null);
            """,
            () =>
            {
                called.TrySetResult();
                return Task.CompletedTask;
            });
        await called.Task.WaitAsync(Patience, Token);
        await left.CancelAsync();
        Assert.Null((await running.WaitAsync(Patience, Token)).Error);
        await exchange.EndAsync();
    }

    [Fact]
    public async Task A_listener_that_throws_fails_its_function_and_no_other()
    {
        using var left = new CancellationTokenSource();
        var (called, begun, go) = (Signal(), Signal(), Signal());
        using var throws = new HttpExchange(Request() with { Url = "http://site.test/throws", ClientLeft = left.Token }, long.MaxValue);
        using var bystander = new HttpExchange(Request(), long.MaxValue);
        var code = Code("""
            await Convex.asyncSyscall("called", "{}");
            if (!request.url.endsWith("/throws")) return new Response(null);
            request.signal.addEventListener("abort", () => { throw new Error("in a listener"); });
            await Convex.asyncSyscall("listens", "{}");
            await new Promise(() => {});
            """);
        var calls = 0;
        var failing = RunAsync(throws, code, () =>
        {
            if (++calls == 2) called.TrySetResult();
            return Task.CompletedTask;
        });
        var standing = RunAsync(bystander, code, () =>
        {
            begun.TrySetResult();
            return go.Task.WaitAsync(Patience, Token);
        });
        await Task.WhenAll(called.Task, begun.Task).WaitAsync(Patience, Token);
        await left.CancelAsync();
        Assert.Equal("Uncaught Error: in a listener", (await failing.WaitAsync(Patience, Token)).Error?.Message);
        go.TrySetResult();
        Assert.Null((await standing.WaitAsync(Patience, Token)).Error);
        await throws.EndAsync();
        await bystander.EndAsync();
    }

    [Fact]
    public async Task A_function_whose_answer_is_too_long_is_asked_for_no_more_of_it()
    {
        using var exchange = new HttpExchange(Request(), long.MaxValue);
        var lines = new List<LogLine>();
        var client = new Client();
        var delivering = new HttpDelivery(exchange, client, 1 << 20, lines.Add, TimeProvider.System).RunAsync();
        var running = RunAsync(exchange, "return new Response(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(65536)); } }));");
        Assert.Null((await running.WaitAsync(Patience, Token)).Error);
        await exchange.EndAsync();
        await delivering;
        Assert.True(client.IsAborted);
        Assert.Equal(1 << 20, client.Bytes);
        Assert.Equal("HttpResponseTooLarge: HTTP actions support responses up to 1 MiB", Assert.Single(Assert.Single(lines).Messages));
    }

    [Theory]
    [InlineData("return 7;", "Uncaught Error: An HTTP action must return a Response.")]
    [InlineData("return Response.error();", "Uncaught Error: An HTTP action cannot answer with the status 0.")]
    [InlineData("const response = new Response('a'); await response.text(); return response;", "Uncaught Error: The body of the Response was read already.")]
    [InlineData("const response = new Response('a'); response.body.getReader(); return response;", "Uncaught Error: The body of the Response is being read already.")]
    [InlineData("return new Response(new ReadableStream({ start(c) { c.enqueue('text'); } }));", "Uncaught TypeError: The body of a Response streams bytes (Uint8Array); use a TextEncoder or a TextEncoderStream for text.")]
    public async Task What_is_no_answer_is_an_error_of_the_function(string handler, string message)
    {
        using var exchange = new HttpExchange(Request(), long.MaxValue);
        var result = await RunAsync(exchange, handler).WaitAsync(Patience, Token);
        await exchange.EndAsync();
        Assert.Equal(message, result.Error!.Message);
    }

    private static HttpActionRequest Request() => new()
    {
        Method = "GET",
        Url = "http://site.test/path",
        Path = "/path",
        Headers = [],
        Identity = Identity.Anonymous,
        RequestId = "0123456789abcdef",
    };

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task An_answer_to_HEAD_whose_body_has_no_end_ends_all_the_same()
    {
        foreach (var pull in (string[])["controller.enqueue(new Uint8Array(65536));", "controller.enqueue(new Uint8Array(1)); await new Promise((next) => setTimeout(next, 5));"])
        {
            using var exchange = new HttpExchange(Request() with { Method = "HEAD" }, long.MaxValue) { HeadTime = TimeSpan.FromMilliseconds(300) };
            var result = await RunAsync(
                exchange,
                $$"""
                return new Response(new ReadableStream({
                  async pull(controller) { {{pull}} },
                  async cancel() { await Convex.asyncSyscall("canceled", "{}"); },
                }));
                """).WaitAsync(Patience, Token);
            Assert.Null(result.Error);
            await exchange.EndAsync();
            Assert.IsType<HttpResponseHead>(Assert.Single(await exchange.ReadAsync().ToListAsync(Token)));
        }
    }

    [Theory]
    [InlineData("http://a b/")]
    [InlineData("http://[::1/")]
    [InlineData("http://1.2.3.999/")]
    [InlineData("http://a:70000/")]
    public async Task A_malformed_address_is_the_clients_mistake(string url)
    {
        using var exchange = new HttpExchange(Request() with { Url = url }, long.MaxValue);
        Assert.Null((await RunAsync(exchange, "return new Response('never');").WaitAsync(Patience, Token)).Error);
        await exchange.EndAsync();
        var parts = await exchange.ReadAsync().ToListAsync(Token);
        Assert.Equal(400, Assert.IsType<HttpResponseHead>(parts[0]).Status);
        Assert.Equal(
            """{"code":"BadRequest","message":"The Host header or the path of the request is malformed."}""",
            Encoding.UTF8.GetString(Assert.IsType<HttpResponseBody>(parts[1]).Bytes.Span));
    }

    private Task<InvocationResult> RunAsync(HttpExchange exchange, string handler, Func<Task>? onSyscall = null) => RunAsync(exchange, Code(handler), onSyscall);

    private static ComponentCode Code(string handler)
    {
        var modules = new ModuleSet(Guid.NewGuid().ToString("N"), [Bundle.Module("http.js", Router.Replace("HANDLER", handler, StringComparison.Ordinal))], new ImportPhase(new byte[32], Bundle.PushedAt));
        return new ComponentCode("", modules.Hash, modules, new Dictionary<FunctionPath, FunctionDefinition>(), new Dictionary<string, string>());
    }

    private Task<InvocationResult> RunAsync(HttpExchange exchange, ComponentCode code, Func<Task>? onSyscall)
    {
        var scope = new FakeScope
        {
            Answer = async (_, _, _) =>
            {
                if (onSyscall is not null) await onSyscall();
                return "null";
            },
        };
        return node.Runner.InvokeAsync(
            new Invocation
            {
                Function = new FunctionDefinition(new FunctionPath("http", "default"), FunctionKind.HttpAction, FunctionVisibility.Public, ModuleEnvironment.Isolate, Validator.Any, null),
                Code = code,
                Arguments = ReadOnlyMemory<byte>.Empty,
                InvocationId = Guid.NewGuid().ToString(),
                StartMilliseconds = 1_800_000_000_000,
                Seed = new byte[32],
                Scope = scope,
                Http = exchange,
            },
            Token).AsTask();
    }

    private static async Task<HttpResponsePart> NextAsync(IAsyncEnumerator<HttpResponsePart> parts)
    {
        Assert.True(await parts.MoveNextAsync().AsTask().WaitAsync(Patience, Token));
        return parts.Current;
    }

    /// <summary>A client that takes whatever comes.</summary>
    private sealed class Client : IHttpActionResponse
    {
        public long Bytes { get; private set; }

        public bool IsAborted { get; private set; }

        public ValueTask StartAsync(int status, IReadOnlyList<KeyValuePair<string, string>> headers) => ValueTask.CompletedTask;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            Bytes += bytes.Length;
            return ValueTask.CompletedTask;
        }

        public void Abort() => IsAborted = true;
    }

    /// <summary>A client that sends as long as somebody reads.</summary>
    private sealed class EndlessBody : Stream
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource? _reached;
        private long _wanted;

        public long Bytes { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Bytes; set => throw new NotSupportedException(); }

        /// <summary>Completes when so many bytes have been read.</summary>
        public Task Read(long bytes)
        {
            lock (_gate)
            {
                if (Bytes >= bytes) return Task.CompletedTask;
                _wanted = bytes;
                _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
                return _reached.Task;
            }
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (_gate)
            {
                Bytes += buffer.Length;
                if (Bytes >= _wanted) _reached?.TrySetResult();
            }

            return ValueTask.FromResult(buffer.Length);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}
