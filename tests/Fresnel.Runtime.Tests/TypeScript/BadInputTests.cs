using System.Text;
using System.Text.Json.Nodes;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>What functions must not return, export, log or ask, through the real library and a real worker: each its error, and the next call as if nothing had been.</summary>
public sealed class BadInputTests(BadInputTests.App app) : IClassFixture<BadInputTests.App>
{
    private const string Source = """
        import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
        import { ConvexError } from "convex/values";

        class Point { x = 1; }
        const cyclic = {}; cyclic.self = cyclic;
        const Values = {
          queryObject: (ctx) => ctx.db.query("t"), filteredQuery: (ctx) => ctx.db.query("t").filter((q) => q.eq(1, 1)), iterator: (ctx) => ({ rows: ctx.db?.query("t") ?? new Date() }),
          cyclic: () => cyclic, date: () => new Date(0), map: () => new Map([[1, 2]]), set: () => new Set([1]), function: () => () => 1, symbol: () => Symbol("s"),
          instance: () => new Point(), nullPrototype: () => Object.assign(Object.create(null), { a: 1 }), regexp: () => /x/, promise: () => ({ p: Promise.resolve(1) }), error: () => new Error("e"), typed: () => new Uint8Array(2),
          loneSurrogate: () => "a\ud800", loneSurrogateKey: () => ({ "a\udc00": 1 }), large: () => "x".repeat(17 << 20), longArray: () => new Array(10_001).fill(0), holes: () => [1, , 2], undefinedElement: () => [undefined],
          dollar: () => ({ $a: 1 }), underscore: () => ({ _a: 1 }), ascii: () => ({ "é": 1 }), emptyKey: () => ({ "": 1 }), deep: () => { let v = 1; for (let i = 0; i < 100; i++) v = [v]; return v; },
          bigBigint: () => 2n ** 63n, many: () => Object.fromEntries(Array.from({ length: 1025 }, (_, i) => ["f" + i, i])),
          throwingGetter: () => ({ get a() { throw new Error("getter"); } }), proxy: () => new Proxy({}, { ownKeys() { throw new Error("trap"); } }),
          placeholder: (ctx) => ctx.db?.vars?.commitTs, toJson: () => ({ toJSON: () => 5 }), nothing: () => undefined, odd: () => [NaN, -0, Infinity, 5n, new ArrayBuffer(1)],
        };
        export const returned = query((ctx, { what }) => Values[what](ctx));
        export const returnedByMutation = mutation((ctx, { what }) => Values[what](ctx));
        export const returnedByAction = action((ctx, { what }) => Values[what](ctx));
        export const stored = mutation((ctx, { what }) => ctx.db.insert("t", { v: Values[what](ctx) }));
        export const thrown = mutation((ctx, { what }) => { throw new ConvexError(Values[what](ctx)); });
        export const passed = action((ctx, { what }) => ctx.runQuery("app:calm", { v: Values[what](ctx) }));
        export const calm = query(() => 1);

        export const logs = query((_, { statement }) => { new Function("console", statement)(console); return 1; });
        export const fails = query((_, { statement }) => { new Function(statement)(); });

        export const number = 5, plain = () => 1, nothing = null, missing = undefined, text = "isQuery", marked = { isQuery: true, isPublic: true };
        export const broken = Object.assign(() => 1, { isQuery: true, isPublic: true, invokeQuery: () => 5, exportArgs: () => '{"type":"any"}', exportReturns: () => "null" });
        export const garbage = Object.assign(() => 1, { isQuery: true, isPublic: true, invokeQuery: async () => "{not json", exportArgs: () => '{"type":"any"}', exportReturns: () => "null" });
        export const both = Object.assign(() => 1, { isQuery: true, isPublic: true, isInternal: true, invokeQuery: async () => "1", exportArgs: () => '{"type":"any"}', exportReturns: () => "null" });
        export const neither = Object.assign(() => 1, { isQuery: true, invokeQuery: async () => "1", exportArgs: () => '{"type":"any"}', exportReturns: () => "null" });

        const Oddities = [undefined, null, true, 0, NaN, -1, 1e400, "", "{}", "null", "[]", "{", "\ud800", 5n, Symbol("x"), () => 1, {}, [], cyclic, "x".repeat(70_000), { toString() { throw new Error("no"); } }];
        const Operations = ["1.0/get", "1.0/insert", "1.0/queryStream", "1.0/queryStreamNext", "1.0/queryCleanup", "1.0/db/normalizeId", "1.0/getSnapshotTs", "1.0/componentArgument", "1.0/runUdf", "1.0/actions/query", "storage/getBlob", "1.0/nothing"];
        async function byHand() {
          const wrong = [];
          let calls = 0;
          for (const name of ["syscall", "asyncSyscall", "jsSyscall"]) {
            for (const operation of [...Operations, ...Oddities]) {
              for (const args of operation === "storage/getBlob" ? [{}] : Oddities) {
                calls++;
                try {
                  const answer = await Convex[name](operation, args);
                  if (name !== "jsSyscall") JSON.parse(answer);
                } catch (error) {
                   if (!(error instanceof Error) || typeof error.message !== "string" || error.message === "") wrong.push([name, typeof operation, typeof args, String(error)]);
                }
              }
            }
          }
          return { wrong, calls };
        }
        export const handQuery = query(byHand), handMutation = mutation(byHand), handAction = action(byHand);
        """;

    [Theory, Spec("function-runtime", 3)]
    [InlineData("queryObject")]
    [InlineData("filteredQuery")]
    public async Task A_query_that_was_not_run_is_no_result(string what)
    {
        foreach (var function in (string[])["returned", "returnedByMutation"])
        {
            Assert.Equal(
                "Uncaught Error: Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), `.unique()`, or `.first()`.",
                (await app.Running.ErrorAsync(function, Named(what))).Message);
        }
    }

    [Theory]
    [InlineData("iterator", "is not a supported Convex type")]
    [InlineData("cyclic", "Uncaught RangeError: Maximum call stack size exceeded")]
    [InlineData("date", "is not a supported Convex type")]
    [InlineData("map", "is not a supported Convex type")]
    [InlineData("set", "is not a supported Convex type")]
    [InlineData("function", "is not a supported Convex type")]
    [InlineData("symbol", "is not a supported Convex type")]
    [InlineData("instance", "is not a supported Convex type")]
    [InlineData("regexp", "is not a supported Convex type")]
    [InlineData("promise", "is not a supported Convex type")]
    [InlineData("error", "is not a supported Convex type")]
    [InlineData("typed", "is not a supported Convex type")]
    [InlineData("undefinedElement", "undefined is not a valid Convex value")]
    [InlineData("dollar", "starts with a '$', which is reserved")]
    [InlineData("ascii", "has invalid character")]
    [InlineData("bigBigint", "does not fit into a 64-bit signed integer")]
    [InlineData("throwingGetter", "Uncaught Error: getter")]
    [InlineData("proxy", "Uncaught Error: trap")]
    [InlineData("toJson", "is not a supported Convex type")]
    [InlineData("loneSurrogate", "Function app.js:{0} return value is invalid: ")]
    [InlineData("loneSurrogateKey", "")]
    [InlineData("large", "Function app.js:{0} return value is too large (actual: 17.00 MiB, limit: 16 MiB)")]
    [InlineData("longArray", "Function app.js:{0} return value is invalid: ")]
    [InlineData("deep", "Function app.js:{0} return value is invalid: ")]
    [InlineData("many", "Function app.js:{0} return value is invalid: ")]
    [InlineData("placeholder", null)]
    [InlineData("nothing", null)]
    [InlineData("odd", null)]
    [InlineData("nullPrototype", null)]
    [InlineData("underscore", null)]
    public async Task What_is_no_value_is_no_result(string what, string? text)
    {
        foreach (var function in (string[])["returned", "returnedByMutation", "returnedByAction"])
        {
            var outcome = await app.Running.Deployment.Invoker.RunAsync(TestDeployment.Call($"app:{function}", Named(what)), TestContext.Current.CancellationToken);
            if (text is not null) Assert.Contains(text.Replace("{0}", function, StringComparison.Ordinal), outcome.Error!.Message, StringComparison.Ordinal);
            else Assert.Null(outcome.Error?.FullText);
        }

        Assert.Equal("1", await app.Running.QueryAsync("calm"));
    }

    [Fact]
    public async Task The_same_may_not_be_stored_thrown_or_passed()
    {
        string[] all = ["queryObject", "cyclic", "date", "map", "set", "function", "symbol", "instance", "loneSurrogate", "longArray", "dollar", "ascii", "bigBigint", "deep"];
        foreach (var what in all)
        {
            foreach (var function in (string[])["stored", "thrown", "passed"])
            {
                var error = await app.Running.ErrorAsync(function, Named(what));
                Assert.Null(error.SystemCode);
                Assert.NotEmpty(error.Message);
                Assert.Null(error.Data);
            }
        }

        Assert.Contains("too large", (await app.Running.ErrorAsync("passed", Named("large"))).Message, StringComparison.Ordinal);
        Assert.Contains("too large", (await app.Running.ErrorAsync("stored", Named("large"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("console.log('a\\ud800b')", "'a\ufffdb'")]
    [InlineData("console.time('\\ud800'); console.time('\\ud800')", "Timer '\ufffd' already exists")]
    [InlineData("console.log({ get a() { throw new Error('getter'); } })", "")]
    [InlineData("console.log(new Proxy({}, { ownKeys() { throw 1; }, get() { throw 1; } }))", "")]
    [InlineData("console.log({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('custom'); } })", "")]
    [InlineData("const a = []; let b = a; for (let i = 0; i < 20000; i++) { b.push([]); b = b[0]; } console.log(a)", "")]
    [InlineData("console.log('x'.repeat(20_000_000))", "")]
    [InlineData("console.log(new Array(2_000_000).fill('y'))", "")]
    [InlineData("console.log(Object.create(null), new Date(NaN), new (class extends Array {})(3))", "")]
    public async Task What_is_hard_to_show_harms_nobody(string statement, string shown)
    {
        var outcome = (await app.Running.Deployment.Invoker.QueryAsync(
            TestDeployment.Call("app:logs", new JsonObject { ["statement"] = statement }.ToJsonString()), null, TestContext.Current.CancellationToken)).Outcome;
        Assert.Null(outcome.Error?.SystemCode);
        // On a busy machine a warning that it took long may follow.
        if (outcome.Error is null) Assert.Contains(shown, Assert.Single(outcome.LogLines, line => line.SystemCode is null).Messages[0], StringComparison.Ordinal);
        Assert.Equal("1", await app.Running.QueryAsync("calm"));
    }

    [Theory]
    [InlineData("throw new Error('a\\ud800b')", "Uncaught Error: a\ufffdb")]
    [InlineData("throw '\\ud800'", "Uncaught \ufffd")]
    [InlineData("throw null", "Uncaught null")]
    [InlineData("throw Symbol('s')", "Uncaught Symbol(s)")]
    [InlineData("throw Object.create(null)", "Uncaught Error: the value that was thrown cannot be shown")]
    [InlineData("throw new Proxy(new Error('x'), { get() { throw 1; } })", "Uncaught Error: the value that was thrown cannot be shown")]
    [InlineData("throw Object.defineProperty(new Error('x'), 'stack', { get() { throw 1; } })", "Uncaught Error")]
    [InlineData("throw Object.assign(new Error('x'), { stack: 5 })", "Uncaught Error: x")]
    [InlineData("const e = new Error('x'); e.message = { toString() { return 'odd'; } }; throw e", "Uncaught Error: odd")]
    [InlineData("throw Object.assign(new Error('x'), { [Symbol.for('ConvexError')]: true, data: 5n ** 50n })", "")]
    public async Task What_is_hard_to_throw_harms_nobody(string statement, string shown)
    {
        var error = await app.Running.ErrorAsync("fails", new JsonObject { ["statement"] = statement }.ToJsonString());
        Assert.StartsWith(shown, error.Message, StringComparison.Ordinal);
        Assert.Null(error.SystemCode);
        Assert.Equal("1", await app.Running.QueryAsync("calm"));
    }

    [Fact]
    public async Task Exports_that_are_no_functions_are_not_there()
    {
        foreach (var export in (string[])["number", "plain", "nothing", "missing", "text", "marked", "both", "neither", "never"])
            Assert.Equal($"Could not find public function for 'app:{export}'.", (await app.Running.ErrorAsync(export)).Message);

        Assert.Equal("Uncaught Error: The function's wrapper returned no text", (await app.Running.ErrorAsync("broken")).Message);
        Assert.StartsWith("Function app.js:garbage return value is invalid: ", (await app.Running.ErrorAsync("garbage")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("handQuery")]
    [InlineData("handMutation")]
    [InlineData("handAction")]
    public async Task Syscalls_made_by_hand_are_answered_or_fail_with_an_error(string function)
    {
        var result = JsonNode.Parse(Encoding.UTF8.GetString((await app.Running.Deployment.Invoker.RunAsync(TestDeployment.Call($"app:{function}"), TestContext.Current.CancellationToken)).Value.Span))!;
        Assert.Empty(result["wrong"]!.AsArray().Select(one => one!.ToJsonString()).Take(20));
        Assert.True(result["calls"]!.GetValue<double>() > 1_000);
        Assert.Equal("1", await app.Running.QueryAsync("calm"));
    }

    private static string Named(string what) => $$"""{"what":"{{what}}"}""";

    /// <summary>One push for all of them.</summary>
    public sealed class App : IAsyncLifetime
    {
        internal TypeScriptApp Running { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Running = await TypeScriptApp.StartAsync(Source);

        public ValueTask DisposeAsync() => Running.DisposeAsync();
    }
}
