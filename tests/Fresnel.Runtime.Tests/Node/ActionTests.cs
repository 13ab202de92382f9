using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Testing;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Actions: the network, timers, and what comes back to the engine.</summary>
public sealed class ActionTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    [Fact]
    [Spec("function-runtime", 40)]
    public async Task Actions_fetch()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener);
        var code = Code("export const actionFetch = action(async (_, { url }) => (await fetch(url)).text());");
        Assert.Equal("\"hello\"", await node.ValueOf(code, "actionFetch", $$"""{"url":"http://127.0.0.1:{{((IPEndPoint)listener.LocalEndpoint).Port}}/"}"""));
        await serving;
    }

    [Fact]
    public async Task A_response_is_read_as_it_comes()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heard = new TaskCompletionSource();
        var serving = StreamAsync(listener, heard.Task);
        var scope = new FakeScope { Answer = (_, text, _) => { heard.TrySetResult(); return new(text); } };
        var code = Code("""
            export const actionStream = action(async (context, { url }) => {
              const response = await fetch(url, { method: "POST", body: JSON.stringify({ stream: true }), signal: AbortSignal.timeout(30_000) });
              const parts = [];
              for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
                parts.push(part);
                await context.call("1.0/actions/mutation", { requestId: context.requestId, part });
              }
              return parts;
            });
            """);
        Assert.Equal("""["one","two"]""", await node.ValueOf(code, "actionStream", $$"""{"url":"http://127.0.0.1:{{((IPEndPoint)listener.LocalEndpoint).Port}}/"}""", scope));
        await serving;
    }

    [Fact]
    public async Task Timers_are_numbers_and_fire()
    {
        var code = Code("""
            export const actionTimers = action(async () => {
              const cleared = setTimeout(() => { throw new Error("never"); }, 1);
              clearTimeout(cleared);
              let ticks = 0;
              await new Promise((resolve) => { const timer = setInterval(() => { if (++ticks === 3) { clearInterval(timer); resolve(); } }, 1); });
              await new Promise((resolve) => setTimeout(resolve, 1));
              return [typeof cleared, ticks];
            });
            """);
        Assert.Equal("""["number",3]""", await node.ValueOf(code, "actionTimers"));
    }

    [Fact]
    public async Task An_error_in_a_timer_fails_its_action()
    {
        var code = Code("export const actionLate = action(() => new Promise(() => setTimeout(() => { throw new Error('late'); }, 1)));");
        Assert.Equal("Uncaught Error: late", (await node.ErrorOf(code, "actionLate")).Message);
    }

    [Fact]
    public async Task An_error_in_a_listener_fails_its_action_and_no_other()
    {
        var code = Code("""
            export const actionWaits = action(async (context) => { await context.call("1.0/actions/query", { requestId: context.requestId }); return "waited"; });
            export const actionListens = action(() => new Promise(() => {
              const controller = new AbortController();
              controller.signal.addEventListener("abort", () => { throw new Error("heard"); });
              controller.abort();
            }));
            """);
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var scope = new FakeScope
        {
            Answer = async (_, _, cancellationToken) =>
            {
                begun.TrySetResult();
                await go.Task.WaitAsync(cancellationToken);
                return "null";
            },
        };
        var waiting = node.ValueOf(code, "actionWaits", scope: scope);
        await begun.Task;
        Assert.Equal("Uncaught Error: heard", (await node.ErrorOf(code, "actionListens").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Message);
        go.SetResult();
        Assert.Equal("\"waited\"", await waiting);
    }

    [Fact]
    public async Task Syscalls_of_an_action_run_side_by_side()
    {
        var both = new TaskCompletionSource();
        var running = 0;
        var scope = new FakeScope
        {
            Answer = async (_, text, cancellationToken) =>
            {
                if (Interlocked.Increment(ref running) == 2) both.SetResult();
                await both.Task.WaitAsync(cancellationToken);
                return text;
            },
        };
        var code = Code("export const actionBoth = action((context) => Promise.all([1, 2].map((n) => context.call('1.0/actions/query', { n, requestId: context.requestId }))));");
        Assert.Contains("\"n\":2", await node.ValueOf(code, "actionBoth", scope: scope), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_id_of_another_action_is_leftover_state()
    {
        var code = Code("export const actionMixed = action((context) => context.call('1.0/actions/query', { requestId: 'another' }));");
        Assert.StartsWith("Uncaught Error: Leftover state detected.", (await node.ErrorOf(code, "actionMixed")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_of_the_engine_reach_actions_as_a_general_text()
    {
        var scope = new FakeScope { Answer = (_, _, _) => throw new InvalidOperationException("secret") };
        var code = Code("export const actionFault = action((context) => context.call('1.0/actions/query', {}));");
        Assert.Equal("Uncaught Error: Your request couldn't be completed. Try again later.", (await node.ErrorOf(code, "actionFault", scope: scope)).Message);
    }

    [Fact]
    public async Task File_storage_says_that_it_is_not_built_yet()
    {
        var code = Code("export const actionStore = action(() => Convex.jsSyscall('storage/storeBlob', {}));");
        Assert.Equal("Uncaught Error: File storage (ctx.storage.store) is not built yet in Fresnel.", (await node.ErrorOf(code, "actionStore")).Message);
    }

    [Fact]
    public async Task A_use_node_action_has_all_of_node()
    {
        var code = NodeCode(
            """
            import { readFileSync } from "node:fs";
            export const actionNode = action(async () => {
              console.log("x", { a: 1 });
              return [typeof require("os").platform(), typeof __dirname, Buffer.from("hi").toString("hex"), readFileSync(__filename.replace("index.js", "package.json"), "utf8").length > 0,
                process.env.NAME, process.env.TZ, typeof setImmediate, typeof setTimeout(() => {}, 1)];
            });
            """,
            new() { ["NAME"] = "value" });
        var scope = new FakeScope();
        Assert.Equal("""["string","string","6869",true,"value","UTC","function","object"]""", await node.ValueOf(code, "actionNode", scope: scope));
        Assert.Equal("[LOG] 'x' { a: 1 }", Assert.Single(scope.Lines).Pretty);
    }

    [Fact]
    public async Task Queries_of_a_use_node_module_run_as_deterministic_functions()
    {
        var code = NodeCode("""
            import * as fs from "node:fs";
            import { request } from "node:http";
            const size = fs.readdirSync(".").length;
            export const queryNode = query(() => {
              const refused = [];
              for (const work of [() => fs.readFileSync("/etc/hosts"), () => request("http://127.0.0.1:1"), () => setTimeout(() => {}, 1), () => require("child_process").execSync("true")]) {
                try { work(); } catch (error) { refused.push(error.message.split(" in queries")[0]); }
              }
              return [size > 0, Buffer.from("hi").toString("hex"), refused, Date.now()];
            });
            """);
        Assert.Equal(
            """[true,"6869",["Can't use fs.readFileSync()","Can't use http.request()","Can't use setTimeout","Can't use child_process.execSync()"],55]""",
            await node.ValueOf(code, "queryNode", adjust: sketch => sketch.Now = 55));
    }

    [Fact]
    public async Task A_process_that_a_node_action_started_ends_with_its_worker()
    {
        if (!OperatingSystem.IsLinux()) return;
        var code = NodeCode("""
            import { spawn } from "node:child_process";
            export const actionSpawn = action(() => spawn("sleep", ["600"], { stdio: "ignore" }).pid);
            """);
        Process child;
        await using (var other = new NodeRunnerWith(node, limits => limits))
        {
            var result = await other.RunAsync(code, "actionSpawn");
            child = Process.GetProcessById(int.Parse(Encoding.UTF8.GetString(result.Value.Span), CultureInfo.InvariantCulture));
        }

        using (child) await child.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Process_exit_fails_the_action_and_only_it()
    {
        var code = NodeCode("export const actionExit = action(() => process.exit(3)); export const actionFine = action(() => 1);");
        Assert.Equal("Uncaught process.exit: The action called process.exit(3)", (await node.ErrorOf(code, "actionExit")).Message);
        Assert.Equal("1", await node.ValueOf(code, "actionFine"));
    }

    /// <summary>Sends the second part only when the first one was heard.</summary>
    private static async Task StreamAsync(TcpListener listener, Task heard)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.ReadAtLeastAsync(new byte[1024], 1, cancellationToken: TestContext.Current.CancellationToken);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\none\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await heard.WaitAsync(TestContext.Current.CancellationToken);
        await stream.WriteAsync("3\r\ntwo\r\n0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
    }

    private static async Task ServeAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.ReadAtLeastAsync(new byte[1024], 1, cancellationToken: TestContext.Current.CancellationToken);
        await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"), TestContext.Current.CancellationToken);
    }
}
