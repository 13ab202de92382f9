using Fresnel.Testing;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>The globals that functions see: <c>spec/function-runtime.md</c> §5.</summary>
public sealed class EnvironmentTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private const string Refusal = "in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.";

    [Fact]
    [Spec("function-runtime", 38)]
    public async Task The_clock_stands_still_in_a_query()
    {
        var code = Code("""
            export const queryClock = query(async (context) => {
              const first = [Date.now(), +new Date(), Date().length > 0, performance.now()];
              await context.call("echo", {});
              for (let at = 0; at < 1e5; at++);
              return [first, [Date.now(), +new Date(), Date().length > 0, performance.now()], new Date() instanceof Date, new Date(5).getTime(), performance.timeOrigin];
            });
            """);
        Assert.Equal(
            $"[[1234,1234,true,{1234 - Bundle.PushedAt}],[1234,1234,true,{1234 - Bundle.PushedAt}],true,5,{Bundle.PushedAt}]",
            await node.ValueOf(code, "queryClock", adjust: sketch => sketch.Now = 1234));
    }

    [Fact]
    [Spec("function-runtime", 38)]
    public async Task Performance_advances_in_a_mutation_and_the_clock_runs_in_an_action()
    {
        var code = Code("""
            const spin = (clock) => { const start = clock(); for (let at = 0; at < 1e8 && clock() === start; at++); return clock() > start; };
            export const mutationClock = mutation(() => [spin(() => performance.now()), Date.now()]);
            export const actionClock = action(() => [spin(() => performance.now()), spin(Date.now)]);
            """);
        Assert.Equal("[true,1234]", await node.ValueOf(code, "mutationClock", adjust: sketch => sketch.Now = 1234));
        Assert.Equal("[true,true]", await node.ValueOf(code, "actionClock"));
    }

    [Fact]
    [Spec("function-runtime", 39)]
    public async Task The_same_seed_gives_the_same_chance_and_another_seed_another()
    {
        var code = Code("""
            export const queryChance = query(() => [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(5))], Math.random()]);
            """);
        Task<string> With(int seed) => node.ValueOf(code, "queryChance", adjust: sketch => sketch.Seed = Seed(seed));

        var first = await With(1);
        Assert.Equal(first, await With(1));
        Assert.NotEqual(first, await With(2));
        Assert.Matches("\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"", first);
    }

    [Fact]
    [Spec("function-runtime", 40)]
    public async Task Queries_and_mutations_have_no_way_out()
    {
        var code = Code("""
            const attempt = async (work) => { try { await work(); } catch (error) { return error.message; } };
            export const mutationOut = mutation(async () => [
              await attempt(() => fetch("http://127.0.0.1:1")),
              await attempt(() => setTimeout(() => {}, 1)),
              await attempt(() => setInterval(() => {}, 1)),
              await attempt(() => crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"])),
              await attempt(() => new Response("", { headers: { "content-type": "multipart/form-data; boundary=x" } }).formData()),
              clearTimeout(5),
            ]);
            """);
        var expected = string.Join(',', new[] { "fetch()", "setTimeout", "setInterval", "cryptographic randomness", "formData()" }.Select(what => $"\"Can't use {what} {Refusal}\""));
        Assert.Equal($"[{expected},null]", await node.ValueOf(code, "mutationOut"));
    }

    [Fact]
    public async Task What_is_deterministic_of_the_web_platform_works_in_queries()
    {
        var code = Code("""
            export const queryWeb = query(async () => {
              const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("x")));
              const url = new URL("https://a.b/c?d=1");
              const form = new FormData();
              form.append("k", "v");
              return [digest[0], url.searchParams.get("d"), atob(btoa("é".normalize("NFD")[0])), structuredClone({ a: [1] }), await new Blob(["hi"]).text(),
                new Headers({ A: "b" }).get("a"), await new Response("body").text(), form.get("k"), new AbortController().signal.aborted,
                await new Promise((resolve) => queueMicrotask(() => resolve("micro"))), new WeakRef({ x: 1 }).deref().x, self === globalThis];
            });
            """);
        Assert.Equal("""[45,"1","e",{"a":[1]},"hi","b","body","v",false,"micro",1,true]""", await node.ValueOf(code, "queryWeb"));
    }

    [Fact]
    public async Task Nothing_of_node_is_seen_in_the_default_runtime()
    {
        var code = Code("""
            const names = ["Buffer", "require", "global", "setImmediate", "clearImmediate", "WebSocket", "navigator", "window", "document", "module", "__dirname", "MessageChannel"];
            const visible = () => [names.filter((name) => typeof globalThis[name] !== "undefined"), Object.keys(process)];
            export const queryHost = query(visible);
            export const actionHost = action(visible);
            """);
        Assert.Equal("""[[],["env"]]""", await node.ValueOf(code, "queryHost"));
        Assert.Equal("""[[],["env"]]""", await node.ValueOf(code, "actionHost"));
    }

    [Fact]
    [Spec("function-runtime", 41)]
    public async Task Modules_are_imported_at_the_time_of_the_push_and_with_its_seed()
    {
        var code = Code("""
            const at = [Date.now(), new Date().getTime(), performance.now()], chance = [Math.random(), crypto.randomUUID()];
            let problems = [];
            try { setTimeout(() => {}, 1); } catch (error) { problems.push(error.message); }
            try { Convex.syscall("1.0/queryStream", "{}"); } catch (error) { problems.push(error.message); }
            await Convex.asyncSyscall("1.0/getUserIdentity", "{}").catch((error) => problems.push(error.message));
            export const queryImport = query(() => [at, chance, problems]);
            export const actionImport = action(() => [at, chance, problems]);
            """);
        var inQuery = await node.ValueOf(code, "queryImport");
        Assert.StartsWith($"[[{Bundle.PushedAt},{Bundle.PushedAt},0],", inQuery, StringComparison.Ordinal);
        Assert.EndsWith(
            """["Can't use setTimeout during module imports","Can't use database at import time","Cannot invoke syscall during module imports"]]""", inQuery, StringComparison.Ordinal);
        // Another process, another pool: the same.
        Assert.Equal(inQuery, await node.ValueOf(code, "actionImport"));
    }

    [Fact]
    public async Task Environment_variables_are_looked_up_by_name()
    {
        var code = Code(
            """
            const early = process.env.NAME;
            export const queryVariables = query(() => [early, process.env.NAME, process.env.PATH ?? null, process.env.toString ?? null, "NAME" in process.env, Object.keys(process.env)]);
            """,
            new Dictionary<string, string> { ["NAME"] = "value \"1\"" });
        Assert.Equal("""["value \"1\"","value \"1\"",null,null,true,[]]""", await node.ValueOf(code, "queryVariables"));
    }

    [Fact]
    [Spec("function-runtime", 44)]
    public async Task A_global_that_one_invocation_replaces_is_its_own()
    {
        var code = Code("""
            export const mutationReplace = mutation(async (context) => {
              const { log } = console;
              globalThis.Math = { random: () => 4 };
              globalThis.Date = { now: () => 5 };
              globalThis.process = undefined;
              console.log = (text) => log("replaced " + text);
              process;
              await context.call("wait", {});
              console.log("x");
              return [Math.random(), Date.now(), typeof process];
            });
            export const queryOther = query(() => { console.log("y"); return [Math.floor(1.5), Date.now(), typeof process]; });
            """);
        var replaced = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var scope = new FakeScope { Answer = async (_, text, _) => { replaced.SetResult(); await release.Task; return text; } };

        var first = node.ValueOf(code, "mutationReplace", scope: scope);
        await replaced.Task;
        var otherScope = new FakeScope();
        Assert.Equal("[1,77,\"object\"]", await node.ValueOf(code, "queryOther", scope: otherScope, adjust: sketch => sketch.Now = 77));
        release.SetResult();

        Assert.Equal("[4,5,\"undefined\"]", await first);
        Assert.Equal("[LOG] 'replaced x'", Assert.Single(scope.Lines).Pretty);
        Assert.Equal("[LOG] 'y'", Assert.Single(otherScope.Lines).Pretty);
    }

    [Fact]
    [Spec("function-runtime", 47)]
    public async Task Async_local_storage_works_in_queries()
    {
        // The bundler replaces imports of async_hooks by these globals.
        var code = Code("""
            const storage = new globalThis.AsyncLocalStorage();
            export const queryStorage = query((context) => storage.run("mine", async () => { await context.call("echo", {}); return storage.getStore(); }));
            """);
        Assert.Equal("\"mine\"", await node.ValueOf(code, "queryStorage"));
    }

    [Fact]
    public async Task Reading_the_clock_or_chance_is_noticed_and_nothing_else()
    {
        var code = Code("""
            export const queryTimeless = query(() => Math.max(1, 2) + new Date(3).getTime());
            export const queryTimely = query(() => Date.now());
            export const queryChancy = query(() => Math.random());
            """);
        Assert.False((await node.RunAsync(code, "queryTimeless")).ObservedTime);
        Assert.True((await node.RunAsync(code, "queryTimely")).ObservedTime);
        Assert.True((await node.RunAsync(code, "queryChancy")).ObservedTime);
    }
}
