using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Workers that loop, crash or are no longer wanted: what they ran, and what else went on.</summary>
public sealed class FailureTests(RunnerFixture node) : IClassFixture<RunnerFixture>, IAsyncDisposable
{
    private const string TimedOut = "Function execution timed out (maximum duration: 0.2s)";
    private readonly NodeRunnerWith _quick = new(node, limits => limits with { UserTime = TimeSpan.FromMilliseconds(200) });

    [Fact]
    [Spec("function-runtime", 45)]
    public async Task A_query_that_loops_is_ended_and_the_next_one_runs()
    {
        var code = Code("export const queryLoop = query(() => { for (;;); }); export const queryFine = query(() => 1);");
        var ended = await AbandonedAsync(_quick.RunAsync(code, "queryLoop"));
        Assert.Equal((AbandonReason.TimedOut, TimedOut), (ended.Reason, ended.Message));
        Assert.Null((await _quick.RunAsync(code, "queryFine")).Error);
    }

    [Fact]
    public async Task A_query_that_works_too_long_in_small_pieces_is_ended()
    {
        var code = Code("""
            export const querySlow = query(async (context) => {
              for (;;) {
                for (let at = 0, sum = 0; at < 3e6; at++) sum += at % 7;
                await context.call("echo", {});
              }
            });
            """);
        Assert.Equal(TimedOut, (await AbandonedAsync(_quick.RunAsync(code, "querySlow"))).Message);
    }

    [Fact]
    public async Task An_invocation_that_waits_for_the_engine_is_not_blamed_for_another_that_loops()
    {
        var code = Code("export const queryLoop = query(() => { for (;;); }); export const queryWait = query((context) => context.call('wait', {}));");
        var asked = new TaskCompletionSource();
        var waiting = AbandonedAsync(_quick.RunAsync(code, "queryWait", new FakeScope
        {
            Answer = async (_, text, cancellationToken) => { asked.SetResult(); await Task.Delay(Timeout.Infinite, cancellationToken); return text; },
        }));
        await asked.Task;
        Assert.Equal(AbandonReason.TimedOut, (await AbandonedAsync(_quick.RunAsync(code, "queryLoop"))).Reason);
        Assert.Equal(AbandonReason.WorkerLost, (await waiting).Reason);
    }

    [Fact]
    public async Task Of_several_suspects_each_is_run_alone_and_only_the_culprit_is_blamed()
    {
        var code = Code("""
            export const queryLoop = query(async (context) => { await context.call("echo", {}); for (;;); });
            export const queryVictim = query(async (context) => { await context.call("echo", {}); return "fine"; });
            """);
        var both = new TaskCompletionSource();
        var waiting = 0;
        FakeScope Gathered() => new() { Answer = async (_, text, _) => { if (Interlocked.Increment(ref waiting) == 2) both.SetResult(); await both.Task; return text; } };

        // Both are let go in one turn, so that the worker cannot tell whose code holds the processor.
        var first = AbandonedAsync(_quick.RunAsync(code, "queryLoop", Gathered()));
        var second = _quick.RunAsync(code, "queryVictim", Gathered());
        if ((await first).Reason is AbandonReason.WorkerLost)
        {
            Assert.Equal(AbandonReason.WorkerLost, (await AbandonedAsync(second)).Reason);
            Assert.Null((await _quick.RunAsync(code, "queryVictim")).Error);
            Assert.Equal(AbandonReason.TimedOut, (await AbandonedAsync(_quick.RunAsync(code, "queryLoop"))).Reason);
        }
        else
        {
            // The victim had its turn first.
            Assert.Null((await second).Error);
        }
    }

    [Fact]
    public async Task A_worker_that_crashes_loses_what_it_ran_and_is_replaced()
    {
        // A "use node" module reaches its process, also where its queries run.
        var code = Code(Bundle.Of(Bundle.Module("m.js", """
            import process from "node:process";
            import { query } from "./_deps/LIB.js";
            export const queryWait = query((context) => context.call("wait", {}));
            export const queryCrash = query(() => process.kill(process.pid, "SIGKILL"));
            export const queryFine = query(() => 1);
            """, environment: ModuleEnvironment.Node)));
        var asked = new TaskCompletionSource();
        var waiting = AbandonedAsync(node.RunAsync(code, "queryWait", scope: new FakeScope
        {
            Answer = async (_, text, cancellationToken) => { asked.SetResult(); await Task.Delay(Timeout.Infinite, cancellationToken); return text; },
        }));
        await asked.Task;
        Assert.Equal(AbandonReason.WorkerLost, (await AbandonedAsync(node.RunAsync(code, "queryCrash"))).Reason);
        Assert.Equal(AbandonReason.WorkerLost, (await waiting).Reason);
        Assert.Equal("1", await node.ValueOf(code, "queryFine"));
    }

    [Fact]
    public async Task A_heap_that_is_full_is_told()
    {
        var code = Code("export const queryHoard = query(() => { const hoard = []; for (;;) hoard.push(new Array(1e6).fill({})); });");
        await using var small = new NodeRunnerWith(node, limits => limits with { DeterministicMemory = 40, UserTime = TimeSpan.FromSeconds(30) });
        var ended = await AbandonedAsync(small.RunAsync(code, "queryHoard"));
        Assert.Equal((AbandonReason.OutOfMemory, "JavaScript execution ran out of memory (maximum memory usage: 40 MB)"), (ended.Reason, ended.Message));
    }

    [Fact]
    public async Task An_action_that_overruns_its_time_is_ended()
    {
        var code = Code("export const actionLong = action(() => new Promise((resolve) => setTimeout(resolve, 1e6)));");
        await using var strict = new NodeRunnerWith(node, limits => limits with { ActionTime = TimeSpan.FromMilliseconds(300) });
        var ended = await AbandonedAsync(strict.RunAsync(code, "actionLong"));
        Assert.Equal((AbandonReason.TimedOut, "Function execution timed out (maximum duration: 0.3s)"), (ended.Reason, ended.Message));
    }

    [Fact]
    public async Task A_use_node_action_that_overruns_its_time_is_named()
    {
        var code = NodeCode("export const actionLong = action(() => new Promise((resolve) => setTimeout(resolve, 1e6)));");
        await using var strict = new NodeRunnerWith(node, limits => limits with { NodeActionTime = TimeSpan.FromMilliseconds(300) });
        var ended = await AbandonedAsync(strict.RunAsync(code, "actionLong"));
        Assert.Equal((AbandonReason.TimedOut, "Action `m:actionLong` execution timed out (maximum duration 0.3s)"), (ended.Reason, ended.Message));
    }

    [Fact]
    [Spec("function-runtime", 37)]
    public async Task What_ends_an_invocation_from_outside_is_never_caught()
    {
        var code = Code("""
            export const mutationCatch = mutation(async (context) => {
              try { await context.call("conflict", {}); } catch {} finally { await context.call("caught", {}); }
            });
            """);
        var scope = new FakeScope { Answer = (_, _, _) => throw new InvocationAbandonedException(AbandonReason.Internal, "conflict") };
        Assert.Equal("conflict", (await AbandonedAsync(node.RunAsync(code, "mutationCatch", scope: scope))).Message);
        Assert.Single(scope.Calls);
    }

    [Fact]
    public async Task An_invocation_whose_caller_gave_up_is_ended_and_waits_for_its_syscall()
    {
        var code = Code("export const mutationWait = mutation(async (context) => { try { await context.call('wait', {}); } finally { await context.call('late', {}); } });");
        var asked = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var scope = new FakeScope { Answer = async (_, text, _) => { asked.SetResult(); await release.Task; return text; } };
        using var caller = new CancellationTokenSource();

        var run = AbandonedAsync(node.RunAsync(code, "mutationWait", scope: scope, cancellationToken: caller.Token));
        await asked.Task;
        await caller.CancelAsync();
        Assert.False(run.IsCompleted);
        release.SetResult();

        Assert.Equal(AbandonReason.Canceled, (await run).Reason);
        Assert.Single(scope.Calls);
    }

    [Fact]
    public async Task A_new_generation_does_not_disturb_what_the_old_one_runs()
    {
        const string Source = "export const queryWait = query(async (context) => { await context.call('wait', {}); return process.env.V; });";
        var release = new TaskCompletionSource();
        var old = Code(Source, new Dictionary<string, string> { ["V"] = "old" });
        var asked = new TaskCompletionSource();
        var running = node.ValueOf(old, "queryWait", scope: new FakeScope { Answer = async (_, text, _) => { asked.SetResult(); await release.Task; return text; } });
        await asked.Task;
        Assert.Equal("\"new\"", await node.ValueOf(Code(Source, new Dictionary<string, string> { ["V"] = "new" }), "queryWait"));
        release.SetResult();
        Assert.Equal("\"old\"", await running);
    }

    [Fact]
    public async Task A_runner_that_is_disposed_ends_what_runs()
    {
        var code = Code("export const queryWait = query((context) => context.call('wait', {}));");
        var runner = new NodeRunnerWith(node, limits => limits);
        var asked = new TaskCompletionSource();
        var run = AbandonedAsync(runner.RunAsync(code, "queryWait", new FakeScope
        {
            Answer = async (_, text, cancellationToken) => { asked.SetResult(); await Task.Delay(Timeout.Infinite, cancellationToken); return text; },
        }));
        await asked.Task;
        await runner.DisposeAsync();
        Assert.Equal(AbandonReason.Canceled, (await run).Reason);
        Assert.Equal(AbandonReason.Canceled, (await AbandonedAsync(runner.RunAsync(code, "queryWait"))).Reason);
    }

    public ValueTask DisposeAsync() => _quick.DisposeAsync();

    private static async Task<InvocationAbandonedException> AbandonedAsync(Task<InvocationResult> run) =>
        await Assert.ThrowsAsync<InvocationAbandonedException>(() => run.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
}
