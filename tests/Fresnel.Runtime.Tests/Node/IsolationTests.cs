using Fresnel.Runtime.Catalog;
using Fresnel.Testing;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Invocations share a process and must not notice: what one stores, replaces, leaves behind or ends is its own.</summary>
public sealed class IsolationTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    [Fact]
    [Spec("function-runtime", 47)]
    public async Task What_is_in_an_async_local_storage_does_not_flow_into_callees()
    {
        var code = Code("""
            const storage = new AsyncLocalStorage();
            export const queryOuter = query((context) => storage.run("outer", async () => [await context.call("1.0/runUdf", {}), storage.getStore()]));
            export const queryInner = query(() => storage.getStore() ?? "nothing");
            """);
        var scope = new FakeScope { Answer = async (_, _, _) => await node.ValueOf(code, "queryInner") };
        Assert.Equal("""["nothing","outer"]""", await node.ValueOf(code, "queryOuter", scope: scope));
    }

    [Fact]
    [Spec("function-runtime", 43, 44)]
    public async Task In_Node_too_what_an_action_replaces_or_sets_is_its_own()
    {
        var code = NodeCode(
            """
            const seen = () => [typeof process, process?.env.SECRET ?? null, process?.env.NAME, Math.random() === 4, Date.now() === 5, typeof fetch, Object.keys(process?.env ?? {}).includes("SECRET")];
            export const actionReplaces = action(async (context) => {
              process.env.SECRET = "mine";
              process.env.NAME = "changed";
              globalThis.fetch = undefined;
              Math.random = () => 4;
              Date.now = () => 5;
              const { log } = console;
              console.log = (text) => log(`replaced ${text}`);
              await context.call("1.0/actions/query", { requestId: context.requestId });
              console.log("x");
              return seen();
            });
            export const actionLooks = action(() => { console.log("y"); return seen(); });
            """,
            new() { ["NAME"] = "value" });
        var (replaced, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var scope = new FakeScope { Answer = async (_, text, _) => { replaced.SetResult(); await release.Task; return text; } };
        var first = node.ValueOf(code, "actionReplaces", scope: scope);
        await replaced.Task;
        var other = new FakeScope();
        Assert.Equal("""["object",null,"value",false,false,"function",false]""", await node.ValueOf(code, "actionLooks", scope: other));
        release.SetResult();
        Assert.Equal("""["object","mine","changed",true,true,"undefined",true]""", await first);
        Assert.Equal("[LOG] 'replaced x'", Assert.Single(scope.Lines).Pretty);
        Assert.Equal("[LOG] 'y'", Assert.Single(other.Lines).Pretty);
    }

    [Fact]
    public async Task A_context_that_another_action_left_behind_is_leftover_state()
    {
        var code = Code("""
            let kept;
            export const actionKeeps = action((context) => { kept = context; });
            export const actionUses = action(() => kept.call("1.0/actions/query", { requestId: kept.requestId }));
            """);
        await node.ValueOf(code, "actionKeeps");
        var scope = new FakeScope();
        Assert.Equal(
            "Uncaught Error: Leftover state detected. This typically happens if there are dangling promises from a previous request. Did you forget to await your promises?",
            (await node.ErrorOf(code, "actionUses", scope: scope)).Message);
        Assert.Empty(scope.Calls);
    }

    [Fact]
    public async Task What_an_action_still_does_when_it_has_ended_reaches_nobody()
    {
        var code = Code("""
            let goOn;
            export const actionLeaves = action((context) => {
              new Promise((resolve) => { goOn = resolve; }).then(async () => { console.log("late"); await context.call("1.0/actions/mutation", { requestId: context.requestId }); });
              setTimeout(() => console.log("never"), 5);
            });
            export const actionWakes = action(async () => { goOn(); await new Promise((resolve) => setTimeout(resolve, 20)); });
            """);
        var (left, woke) = (new FakeScope(), new FakeScope());
        await node.ValueOf(code, "actionLeaves", scope: left);
        await node.ValueOf(code, "actionWakes", scope: woke);
        Assert.Empty(left.Lines);
        Assert.Empty(woke.Lines);
        Assert.Empty(left.Calls);
        Assert.Empty(woke.Calls);
    }

    [Theory]
    [InlineData("query")]
    [InlineData("mutation")]
    [InlineData("action")]
    public async Task A_rejection_that_nobody_handles_fails_its_function_and_no_other(string kind)
    {
        var code = Code($$"""
            export const {{kind}}Lost = {{kind}}(async (context) => { await context.call("1.0/actions/query", {}); Promise.reject(new TypeError("lost")); return "fine"; });
            export const {{kind}}Later = {{kind}}(async (context) => { Promise.resolve().then(() => { throw "later"; }); await context.call("1.0/actions/query", {}); return "fine"; });
            export const {{kind}}Fine = {{kind}}(async (context) => { await context.call("1.0/actions/query", {}); return "fine"; });
            """);
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var fine = node.ValueOf(code, $"{kind}Fine", scope: new FakeScope { Answer = async (_, text, _) => { asked.SetResult(); await release.Task; return text; } });
        await asked.Task;
        Assert.Equal("Uncaught TypeError: lost", (await node.ErrorOf(code, $"{kind}Lost")).Message);
        Assert.Equal("Uncaught later", (await node.ErrorOf(code, $"{kind}Later")).Message);
        release.SetResult();
        Assert.Equal("\"fine\"", await fine);
    }

    [Theory]
    [InlineData("Promise.reject(new Error('lost')); await wait(20);", "Uncaught unhandledRejection: lost")]
    [InlineData("setTimeout(() => { throw new Error('thrown'); }, 1); await wait(1000);", "Uncaught uncaughtException: thrown")]
    [InlineData("require('events').prototype.emit.call(new (require('events'))(), 'error', new Error('emitted'));", "Uncaught Error: emitted")]
    [InlineData("process.exit();", "Uncaught process.exit: The action called process.exit()")]
    [InlineData("process.reallyExit(1);", "Uncaught process.exit: The action called process.exit(1)")]
    [InlineData("process.abort();", "Uncaught process.abort: The action called process.abort()")]
    [InlineData("process.kill(process.pid, 'SIGKILL');", "Uncaught process.kill: The action called process.kill(")]
    [InlineData("try { process.exit(3); } catch {} return 'still here';", "Uncaught process.exit: The action called process.exit(3)")]
    public async Task What_would_end_the_process_fails_the_Node_action_and_the_others_in_it_go_on(string body, string expected)
    {
        var code = NodeCode($$"""
            const wait = (delay) => new Promise((resolve) => setTimeout(resolve, delay));
            export const actionBad = action(async () => { {{body}} });
            export const actionWaits = action(async (context) => { await context.call("1.0/actions/query", { requestId: context.requestId }); return process.pid; });
            export const actionPid = action(() => process.pid);
            """);
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var waiting = node.ValueOf(code, "actionWaits", scope: new FakeScope { Answer = async (_, text, _) => { asked.SetResult(); await release.Task; return text; } });
        await asked.Task;
        Assert.StartsWith(expected, (await node.ErrorOf(code, "actionBad")).Message, StringComparison.Ordinal);
        // What comes next runs in another process, unless nothing was torn down.
        var next = await node.ValueOf(code, "actionPid");
        release.SetResult();
        var before = await waiting;
        Assert.Equal(expected == "Uncaught Error: emitted", before == next);
    }

    [Fact]
    public async Task What_is_printed_to_the_streams_of_the_process_harms_nobody()
    {
        var code = NodeCode("""
            export const actionFloods = action(() => { for (let at = 0; at < 300; at++) { process.stdout.write("x".repeat(100_000)); process.stderr.write("y".repeat(100_000)); } return "done"; });
            """);
        Assert.Equal("\"done\"", await node.ValueOf(code, "actionFloods"));
        Assert.Equal("\"done\"", await node.ValueOf(code, "actionFloods"));
    }
}
