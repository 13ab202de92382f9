using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Node;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>A worker that speaks the protocol and means harm: what it ran is lost, and whoever comes next is served.</summary>
public sealed class HostileWorkerTests(RunnerFixture node, ITestOutputHelper output) : IClassFixture<RunnerFixture>
{
    private static readonly ComponentCode App = Code("export const queryOne = query(() => 1); export const mutationOne = mutation(() => 1); export const actionOne = action(() => 1);");

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    /// <summary>What ends it: bytes that are no frame, kinds that are none of its own, payloads that cannot be read.</summary>
    public static TheoryData<string> Ends =>
    [
        "kind 0", "kind 255", "kind Setup", "kind Invoke", "kind Analysis", "length 0", "length huge", "garbage", "syscall cut", "post by a query", "syscall name too long", "log garbage", "log level", "log surrogate", "log infinite",
        "result empty", "result NaN", "result no message", "result surrogate", "hello again with another token", "importing empty", "hang up",
    ];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task What_it_ran_is_lost_and_the_next_worker_serves(string how)
    {
        using var hostile = new HostileNode();
        await using var runner = new NodeRunnerWith(node, limits => limits, hostile.Path);
        var lost = runner.RunAsync(App, "queryOne");
        using (var worker = await hostile.ConnectAsync(Patience))
        {
            var invoke = await worker.ReceiveAsync(FrameKind.Invoke, Patience);
            await worker.SendRawAsync(HarmOf(how, invoke!.Value.Invocation));
            if (how == "hang up") worker.Dispose();
            else Assert.Null(await worker.ReceiveAsync(FrameKind.Analyze, Patience));
        }

        Assert.Equal(AbandonReason.WorkerLost, (await Assert.ThrowsAsync<InvocationAbandonedException>(() => lost.WaitAsync(Patience))).Reason);

        var next = runner.RunAsync(App, "queryOne");
        using var other = await hostile.ConnectAsync(Patience);
        var second = await other.ReceiveAsync(FrameKind.Invoke, Patience);
        await other.SendAsync(FrameKind.Result, second!.Value.Invocation, HostileWorker.Result("7"));
        Assert.Equal("7", Encoding.UTF8.GetString((await next.WaitAsync(Patience)).Value.Span));
    }

    [Theory]
    [InlineData(nameof(FrameKind.Post))]
    [InlineData(nameof(FrameKind.Log))]
    public async Task One_that_asks_for_far_more_than_is_done_is_ended(string kind)
    {
        using var hostile = new HostileNode();
        await using var runner = new NodeRunnerWith(node, limits => limits, hostile.Path);
        var scope = new FakeScope { Answer = async (_, _, cancellationToken) => { await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken); return ""; } };
        var lost = runner.RunAsync(App, "mutationOne", scope, mayPost: true);
        using var worker = await hostile.ConnectAsync(Patience);
        var invocation = (await worker.ReceiveAsync(FrameKind.Invoke, Patience))!.Value.Invocation;
        byte[] text = [.. "\""u8, .. Enumerable.Repeat((byte)'x', 4 << 20), .. "\""u8];
        byte[] payload = kind switch
        {
            nameof(FrameKind.Post) => [8, 0, .. "1.0/echo"u8, .. text],
            _ => [.. """{"level":"LOG","messages":["""u8, .. text, .. """],"truncated":false,"at":1}"""u8],
        };
        await worker.SendAsync(FrameKind.Syscall, invocation, (byte[])[0, 0, 0, 0, 8, 0, .. "1.0/echo{}"u8]);
        var frame = HostileWorker.Bytes(Enum.Parse<FrameKind>(kind), invocation, payload);
        for (var sent = 0; sent < 100 && !lost.IsCompleted; sent++)
        {
            try
            {
                await worker.SendRawAsync(frame);
            }
            catch (Exception refused) when (refused is IOException or System.Net.Sockets.SocketException)
            {
                break;
            }
        }

        Assert.Equal(AbandonReason.WorkerLost, (await Assert.ThrowsAsync<InvocationAbandonedException>(() => lost.WaitAsync(Patience))).Reason);
    }

    [Theory]
    [InlineData("queryOne")]
    [InlineData("actionOne")]
    public async Task Well_formed_frames_in_any_order_end_nothing_but_what_they_are_about(string export)
    {
        var seed = System.Environment.TickCount;
        output.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        using var hostile = new HostileNode();
        await using var runner = new NodeRunnerWith(node, limits => limits, hostile.Path);
        var scope = new FakeScope { Answer = (_, text, _) => ValueTask.FromResult(text) };
        var running = runner.RunAsync(App, export, scope);
        using var worker = await hostile.ConnectAsync(Patience);
        var invocation = (await worker.ReceiveAsync(FrameKind.Invoke, Patience))!.Value.Invocation;
        for (var round = 0; round < 200; round++)
        {
            var batch = new MemoryStream();
            for (var at = 0; at < 100; at++) batch.Write(WellFormed(random, random.Next(4) == 0 ? (ulong)random.NextInt64() : invocation));
            await worker.SendRawAsync(batch.ToArray());
        }

        await worker.SendAsync(FrameKind.Result, invocation, HostileWorker.Result("7"));
        Assert.Equal("7", Encoding.UTF8.GetString((await running.WaitAsync(Patience)).Value.Span));

        // It may still be given work, and what it says of invocations that are over is nothing.
        var next = runner.RunAsync(App, export);
        var second = (await worker.ReceiveAsync(FrameKind.Invoke, Patience))!.Value.Invocation;
        await worker.SendAsync(FrameKind.Result, invocation, HostileWorker.Result("1"));
        await worker.SendAsync(FrameKind.Result, second, HostileWorker.Result("8"));
        await worker.SendAsync(FrameKind.Result, second, HostileWorker.Result("9"));
        Assert.Equal("8", Encoding.UTF8.GetString((await next.WaitAsync(Patience)).Value.Span));
    }

    private static byte[] HarmOf(string how, ulong invocation) => how switch
    {
        "kind 0" => HostileWorker.Bytes(0, 0, default),
        "kind 255" => HostileWorker.Bytes((FrameKind)255, invocation, default),
        "kind Setup" => HostileWorker.Bytes(FrameKind.Setup, invocation, "{}"u8),
        "kind Invoke" => HostileWorker.Bytes(FrameKind.Invoke, invocation, "{}"u8),
        "kind Analysis" => HostileWorker.Bytes(FrameKind.Analysis, invocation, "{}"u8),
        "length 0" => new byte[64],
        "length huge" => [255, 255, 255, 127, 0],
        "garbage" => Encoding.UTF8.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        "syscall cut" => HostileWorker.Bytes(FrameKind.Syscall, invocation, [1, 2, 3]),
        "post by a query" => HostileWorker.Bytes(FrameKind.Post, invocation, [10, 0, .. "1.0/remove{}"u8]),
        "syscall name too long" => HostileWorker.Bytes(FrameKind.Syscall, invocation, [0, 0, 0, 0, 255, 255, 65]),
        "log garbage" => HostileWorker.Bytes(FrameKind.Log, invocation, "nonsense"u8),
        "log level" => HostileWorker.Bytes(FrameKind.Log, invocation, """{"level":"EVIL","messages":[],"truncated":false,"at":1}"""u8),
        "log surrogate" => HostileWorker.Bytes(FrameKind.Log, invocation, """{"level":"LOG","messages":["\ud800"],"truncated":false,"at":1}"""u8),
        "log infinite" => HostileWorker.Bytes(FrameKind.Log, invocation, """{"level":"LOG","messages":[],"truncated":false,"at":1e999}"""u8),
        "result empty" => HostileWorker.Bytes(FrameKind.Result, invocation, default),
        "result NaN" => HostileWorker.Bytes(FrameKind.Result, invocation, [1, .. BitConverter.GetBytes(double.NaN), .. "1"u8]),
        "result no message" => HostileWorker.Bytes(FrameKind.Result, invocation, [0, .. new byte[8], .. """{"frames":[]}"""u8]),
        "result surrogate" => HostileWorker.Bytes(FrameKind.Result, invocation, [0, .. new byte[8], .. """{"message":"\udc00","frames":[]}"""u8]),
        "hello again with another token" => HostileWorker.Bytes(FrameKind.Hello, 0, """{"token":"x"}"""u8),
        "importing empty" => HostileWorker.Bytes(FrameKind.Importing, 0, default),
        _ => [],
    };

    private static byte[] WellFormed(Random random, ulong invocation) => random.Next(6) switch
    {
        0 => HostileWorker.Bytes(FrameKind.Syscall, invocation, [.. BitConverter.GetBytes(random.Next()), 8, 0, .. "1.0/echo{}"u8]),
        1 => HostileWorker.Bytes(FrameKind.OpenQuery, invocation, [.. BitConverter.GetBytes(random.Next()), .. "{}"u8]),
        2 => HostileWorker.Bytes(FrameKind.CloseQuery, invocation, BitConverter.GetBytes(random.Next())),
        3 => HostileWorker.Bytes(FrameKind.Log, invocation, """{"level":"LOG","messages":["'x'"],"truncated":false,"at":1}"""u8),
        4 => HostileWorker.Bytes(FrameKind.Demand, invocation, BitConverter.GetBytes(random.Next(int.MinValue, int.MaxValue))),
        _ => HostileWorker.Bytes(FrameKind.ResponseBody, invocation, new byte[random.Next(100)]),
    };
}
