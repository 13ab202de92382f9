using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Code that does its worst, and processes that are ended from outside: the culprit fails with the text of its limit, and the next call is served.</summary>
public sealed class HostileCodeTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("for (;;);")]
    [InlineData("const again = () => Promise.resolve().then(again); await again();")]
    [InlineData("const again = () => queueMicrotask(again); again(); await new Promise(() => {});")]
    [InlineData("/^(a+)+$/.test('a'.repeat(60) + 'b');")]
    [InlineData("for (;;) try { for (;;); } finally { continue; }")]
    [InlineData("JSON.stringify({ toJSON() { for (;;); } });")]
    [InlineData("return { get value() { for (;;); } };")]
    [Spec("function-runtime", 45)]
    public async Task A_loop_of_any_kind_is_ended_with_the_text_of_the_limit(string body)
    {
        var code = Code($$"""
            export const queryBad = query(async () => { {{body}} });
            export const queryFine = query(() => 1);
            """);
        await using var quick = new NodeRunnerWith(node, limits => limits with { UserTime = TimeSpan.FromMilliseconds(200) });
        var ended = await AbandonedAsync(quick.RunAsync(code, "queryBad"));
        Assert.Equal((AbandonReason.TimedOut, "Function execution timed out (maximum duration: 0.2s)"), (ended.Reason, ended.Message));
        Assert.Null((await quick.RunAsync(code, "queryFine")).Error);
    }

    [Fact]
    public async Task An_action_that_does_not_let_go_is_ended_and_others_do_not_wait_for_it()
    {
        var code = Code("""
            export const actionLoop = action(async (context) => { await context.call("1.0/actions/query", {}); for (;;); });
            export const actionFine = action(() => 1);
            """);
        await using var strict = new NodeRunnerWith(node, limits => limits with { ActionTurnTime = TimeSpan.FromSeconds(2) });
        var looping = new TaskCompletionSource();
        var ended = AbandonedAsync(strict.RunAsync(code, "actionLoop", new FakeScope { Answer = (_, text, _) => { looping.SetResult(); return new(text); } }));
        await looping.Task;
        // One that came while it was not known yet goes down with it; as soon as it is known, the next ones run elsewhere.
        var served = 0;
        while (!ended.IsCompleted && served == 0)
        {
            try
            {
                await strict.RunAsync(code, "actionFine");
                served++;
            }
            catch (InvocationAbandonedException)
            {
                // At most once.
            }
        }

        var timedOut = await ended;
        // If the other came before the worker was asked whether it still hears, both are suspects, and each runs alone.
        if (timedOut.Reason is AbandonReason.WorkerLost) timedOut = await AbandonedAsync(strict.RunAsync(code, "actionLoop"));
        Assert.Equal(AbandonReason.TimedOut, timedOut.Reason);
        Assert.Equal("Function execution timed out (maximum duration: 2s)", timedOut.Message);
        Assert.Null((await strict.RunAsync(code, "actionFine")).Error);
    }

    [Theory]
    [InlineData("const hoard = []; for (;;) hoard.push(new Uint8Array(8e6).fill(1));")]
    [InlineData("const hoard = []; for (let at = 0; ; at++) hoard.push(at.toString().padEnd(4e6, String.fromCharCode(at % 90 + 35)).split('').join(at));")]
    [InlineData("let hoard = {}; for (;;) hoard = { hoard, more: new Array(1e4).fill(hoard) };")]
    [InlineData("const hoard = new Map(); for (let at = 0; ; at++) { hoard.set(at, { at }); if (at % 1e6 === 0) await null; }")]
    public async Task Whatever_is_hoarded_the_memory_of_a_worker_is_bounded(string body)
    {
        foreach (var kind in (string[])["query", "action"])
        {
            var code = Code($$"""
                export const {{kind}}Bad = {{kind}}(async () => { {{body}} });
                export const {{kind}}Fine = {{kind}}(() => 1);
                """);
            await using var small = new NodeRunnerWith(node, limits => limits with { DeterministicMemory = 40, ActionMemory = 40, UserTime = TimeSpan.FromSeconds(30) });
            var ended = await AbandonedAsync(small.RunAsync(code, $"{kind}Bad"));
            Assert.Equal((AbandonReason.OutOfMemory, "JavaScript execution ran out of memory (maximum memory usage: 40 MB)"), (ended.Reason, ended.Message));
            Assert.Null((await small.RunAsync(code, $"{kind}Fine")).Error);
        }
    }

    [Theory]
    [InlineData("const deep = () => deep() + 1; deep();", "Uncaught RangeError: Maximum call stack size exceeded")]
    [InlineData("'x'.repeat(2 ** 29 - 25) + 'x'.repeat(100);", "Uncaught RangeError: Invalid string length")]
    [InlineData("new Array(-1);", "Uncaught RangeError: Invalid array length")]
    [InlineData("new ArrayBuffer(1e15);", "Uncaught RangeError: Array buffer allocation failed")]
    [InlineData("throw { get message() { throw 1; }, [Symbol.toPrimitive]() { throw 2; } };", "Uncaught Error: the value that was thrown cannot be shown")]
    [InlineData("throw null;", "Uncaught null")]
    [InlineData("Error.prepareStackTrace = () => { throw 1; }; throw new Error('x');", "Uncaught Error: x")]
    [InlineData("Promise.prototype.then = () => {}; Object.prototype.then = undefined; throw new Error('patched');", "Uncaught Error: patched")]
    public async Task What_the_engine_of_the_language_refuses_is_the_functions_own_error(string body, string expected)
    {
        var code = Code($$"""
            export const queryBad = query(async () => { {{body}} });
            export const queryFine = query(() => 1);
            """);
        Assert.Equal(expected, (await node.ErrorOf(code, "queryBad")).Message);
        Assert.Equal("1", await node.ValueOf(code, "queryFine"));
    }

    [Theory]
    [InlineData("-KILL")]
    [InlineData("-STOP")]
    public async Task A_worker_that_somebody_ends_or_stops_loses_what_it_ran_and_is_replaced(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        foreach (var kind in (string[])["query", "action"])
        {
            var code = ProcessCode(kind, $$"""
                export const {{kind}}Wait = {{kind}}((context) => context.call("1.0/actions/query", {}));
                export const {{kind}}Pid = {{kind}}(() => process.pid);
                """);
            var pid = await node.ValueOf(code, $"{kind}Pid");
            var (asked, never) = (new TaskCompletionSource(), new TaskCompletionSource());
            var waiting = AbandonedAsync(node.RunAsync(code, $"{kind}Wait", scope: new FakeScope
            {
                Answer = async (_, text, cancellationToken) =>
                {
                    asked.SetResult();
                    if (kind == "action" || signal == "-KILL") await never.Task.WaitAsync(cancellationToken);
                    return text;
                },
            }));
            await asked.Task;
            using (var kill = Process.Start("kill", [signal, pid])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            if (signal == "-KILL") Assert.Equal(AbandonReason.WorkerLost, (await waiting).Reason);

            // What is given to a stopped one is lost with it, and may be run again.
            string? next = null;
            for (var clock = Stopwatch.StartNew(); next is null;)
            {
                Assert.True(clock.Elapsed < Patience);
                try
                {
                    next = await node.ValueOf(code, $"{kind}Pid");
                }
                catch (InvocationAbandonedException lost)
                {
                    Assert.Equal(AbandonReason.WorkerLost, lost.Reason);
                }
            }

            if (signal == "-STOP" && kind == "query") continue;
            Assert.NotEqual(pid, next);
            Assert.Equal(AbandonReason.WorkerLost, (await waiting).Reason);
        }
    }

    [Fact]
    public async Task A_worker_that_is_old_is_replaced_and_ends_what_it_runs()
    {
        var code = ProcessCode("query", """
            export const queryWait = query(async (context) => { await context.call("wait", {}); return process.pid; });
            export const queryPid = query(() => process.pid);
            """);
        await using var hasty = new NodeRunnerWith(node, limits => limits, workers: new WorkerOptions { MostAge = TimeSpan.FromMilliseconds(300) });
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var waiting = hasty.RunAsync(code, "queryWait", new FakeScope { Answer = async (_, text, _) => { asked.SetResult(); await release.Task; return text; } });
        await asked.Task;
        var old = await PidAsync();
        using var process = Process.GetProcessById(old);
        var clock = Stopwatch.StartNew();
        while (await PidAsync() == old) Assert.True(clock.Elapsed < Patience);
        release.SetResult();
        Assert.Equal(old.ToString(CultureInfo.InvariantCulture), Encoding.UTF8.GetString((await waiting).Value.Span));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

        async Task<int> PidAsync() => int.Parse(Encoding.UTF8.GetString((await hasty.RunAsync(code, "queryPid")).Value.Span), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_worker_that_has_become_large_is_replaced()
    {
        var code = ProcessCode("action", """
            const kept = [];
            export const actionKeep = action(() => { kept.push(new Uint8Array(150e6).fill(1)); return process.pid; });
            export const actionPid = action(() => process.pid);
            """);
        await using var lean = new NodeRunnerWith(node, limits => limits, workers: new WorkerOptions { MostMemory = 180, LeastAge = TimeSpan.Zero });
        var large = (await lean.RunAsync(code, "actionKeep")).Value;
        var clock = Stopwatch.StartNew();
        while ((await lean.RunAsync(code, "actionPid")).Value.Span.SequenceEqual(large.Span)) Assert.True(clock.Elapsed < Patience);
    }

    /// <summary>A <c>"use node"</c> module, whose functions see their process, also its queries.</summary>
    private static ComponentCode ProcessCode(string kind, string source) =>
        Code(Bundle.Of(Bundle.Module("m.js", $"\"use node\";\nimport process from \"node:process\";\nimport {{ {kind} }} from \"./_deps/LIB.js\";\n" + source, environment: ModuleEnvironment.Node)));

    private static async Task<InvocationAbandonedException> AbandonedAsync(Task<InvocationResult> run) =>
        await Assert.ThrowsAsync<InvocationAbandonedException>(() => run.WaitAsync(Patience, TestContext.Current.CancellationToken));
}
