using System.Text.Json.Nodes;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>What <c>ctx.db</c> and <c>ctx.run*</c> do, as an author sees it: the real library over the real engine.</summary>
public sealed class DatabaseTests(DatabaseTests.App app) : IClassFixture<DatabaseTests.App>
{
    private const string Source = """
        import { actionGeneric as action, anyApi, createFunctionHandle, internalMutationGeneric as internalMutation, internalQueryGeneric as internalQuery, log,
          makeFunctionReference as reference, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
        import { ConvexError } from "convex/values";
        import { AsyncLocalStorage } from "node:async_hooks";

        const drain = async (queryJson) => {
          const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", JSON.stringify({ query: queryJson, version: "1.48.0" })));
          const rows = [];
          for (;;) {
            const { value, done } = JSON.parse(await Convex.asyncSyscall("1.0/queryStreamNext", JSON.stringify({ queryId })));
            if (done) return rows;
            rows.push(value.n);
          }
        };
        const even = { filter: { $eq: [{ $mod: [{ $field: "n" }, { $literal: 2 }] }, { $literal: 0 }] } };
        export const limits = mutation(async (ctx) => {
          for (let n = 1; n <= 6; n++) await ctx.db.insert("six", { n });
          const source = { type: "FullTableScan", tableName: "six", order: null };
          return [await drain({ source, operators: [{ limit: 3 }, even] }), await drain({ source, operators: [even, { limit: 3 }] }), await drain({ source, operators: [{ limit: 5 }, even, { limit: 1 }] })];
        });

        export const spelled = mutation(async (ctx) => {
          for (let n = 0; n < 6; n++) await ctx.db.insert("spelled", { n });
          const query = { source: { type: "FullTableScan", tableName: "spelled", order: null }, operators: [] };
          const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", JSON.stringify({ query, version: "1.48.0" })));
          const next = (args) => Convex.asyncSyscall("1.0/queryStreamNext", args).then(JSON.parse).then(({ value, done }) => (done ? "end" : value.n));
          const rows = [];
          for (const args of [{ queryId }, { queryId, version: "1" }, { queryId }, { version: "1", queryId }, { queryId, queryID: 7 }]) rows.push(await next(JSON.stringify(args)));
          for (const args of [` { "queryId" : ${queryId} } `, `{"queryId":${queryId}}`]) rows.push(await next(args));
          const refused = await Promise.all(['{"queryId":}', '{"queryId":"0"}', "[0]", "null", '{"queryId":0'].map((args) => next(args).then(() => false, () => true)));
          return [rows, (await ctx.meta.getTransactionMetrics()).documentsRead.used, refused.every((one) => one)];
        });

        const inOrder = [undefined, null, -5n, 7n, -Infinity, -0, 0, 1.5, NaN, false, true, "", "a", new ArrayBuffer(1), [], [1], {}, { a: 1 }];
        export const types = mutation(async (ctx) => {
          for (const v of inOrder) await ctx.db.insert("types", v === undefined ? {} : { v });
          const wrong = [];
          for (let at = 0; at < inOrder.length; at++) {
            const below = (await ctx.db.query("types").filter((q) => q.lt(q.field("v"), inOrder[at])).collect()).length;
            const upTo = (await ctx.db.query("types").filter((q) => q.lte(q.field("v"), inOrder[at])).collect()).length;
            if (below !== at || upTo !== at + 1) wrong.push([at, below, upTo]);
          }
          return wrong;
        });

        const Ranges = {
          gap: (q) => q.eq("b", 1), again: (q) => q.eq("a", 1).eq("a", 2), twice: (q) => q.gt("a", 1).gte("a", 3), twoUpper: (q) => q.lt("a", 1).lte("a", 3),
          apart: (q) => q.gt("a", 1).lt("b", 3), unknown: (q) => q.eq("c", 1), fine: (q) => q.eq("a", 1).gt("b", 0).lte("b", 5),
        };
        const rangeJson = (name) => {
          const range = [];
          const q = new Proxy({}, { get: (_, type) => (fieldPath, value) => { range.push({ type: type[0].toUpperCase() + type.slice(1), fieldPath, value }); return q; } });
          Ranges[name](q);
          return { source: { type: "IndexRange", indexName: "pairs.by_a_b", range, order: null }, operators: [] };
        };
        export const range = query((_, { name }) => drain(rangeJson(name)));

        export const readSome = query(async (ctx, { most }) => {
          const used = async () => (await ctx.meta.getTransactionMetrics()).documentsRead.used;
          const before = await used();
          const stream = ctx.db.query("numbers")[Symbol.asyncIterator]();
          let read = 0;
          for await (const _ of ctx.db.query("numbers")) if (++read === most) break;
          const after = await used();
          await stream.next();
          await stream.return();
          return { read, counted: after - before, then: (await used()) - after };
        });

        export const stamp = mutation(async (ctx, { rows }) => {
          const { commitTs } = ctx.db.vars;
          const same = [];
          for (let n = 0; n < rows; n++) {
            const id = await ctx.db.insert("stamps", { at: commitTs, inner: { list: [commitTs] } });
            const row = await ctx.db.get(id);
            same.push(row.at === commitTs && row.inner.list[0] === commitTs);
          }
          await ctx.db.insert("stamps", { at: 9223372036854775807n });
          const nested = await ctx.runMutation(anyApi.app.echo, { at: commitTs });
          const own = await ctx.db.query("stamps").withIndex("by_at", (q) => q.eq("at", commitTs)).collect();
          const last = (await ctx.db.query("stamps").withIndex("by_at").order("desc").first()).at === commitTs;
          await ctx.db.patch(own[0]._id, { note: "patched" });
          return { same, own: own.length, last, nested: nested.at === commitTs, at: commitTs, deep: [{ at: commitTs }] };
        });
        export const echo = internalMutation((_, args) => args);
        export const stamped = query(async (ctx, { at }) => (await ctx.db.query("stamps").withIndex("by_at", (q) => q.eq("at", at)).collect()).map((row) => [row.at === at, row.inner?.list[0] === at, row.note ?? null]));
        export const stampArguments = action((ctx) => ctx.runMutation(anyApi.app.echo, { at: { $commitTs: null } }));

        export const stale = mutation(async (ctx) => {
          await ctx.db.insert("numbers", { n: 100 });
          const count = async (options) => (await ctx.runQuery(anyApi.app.countNumbers, {}, options));
          return (await count()) - (await count({ useStaleSnapshot: true }));
        });
        export const countNumbers = internalQuery(async (ctx) => (await ctx.db.query("numbers").collect()).length);
        export const counted = query(async (ctx) => (await ctx.db.query("numbers").count()) === (await ctx.db.query("numbers").collect()).length);
        export const budget = mutation(async (ctx) => {
          for (let n = 0; n < 12; n++) await ctx.db.insert("budget", { n });
          let message = "";
          try { await ctx.runQuery(anyApi.app.readBudget, {}, { transactionLimits: { documentsRead: 10 } }); } catch (error) { message = error.message; }
          return [message.split("\n")[0], await ctx.runQuery(anyApi.app.readBudget, {})];
        });
        export const readBudget = internalQuery(async (ctx) => (await ctx.db.query("budget").collect()).length);

        export const handle = query(() => createFunctionHandle(anyApi.app.echo));
        export const byHandle = action(async (ctx, { handle }) => ctx.runMutation(handle, { through: "handle" }));

        export const innerBoom = internalQuery(function innerHandler() { throw new Error("boom"); });
        export const outerBoom = query(async function outerHandler(ctx) { await ctx.runQuery(anyApi.app.innerBoom, {}); });
        export const actionBoom = action(async function actionHandler(ctx) { await ctx.runQuery(anyApi.app.outerBoom, {}); });
        export const innerData = internalMutation(() => { throw new ConvexError({ code: 7, at: [1n, new ArrayBuffer(2)] }); });
        export const outerData = internalMutation((ctx) => ctx.runMutation(anyApi.app.innerData, {}));
        export const actionData = action((ctx) => ctx.runMutation(anyApi.app.outerData, {}));
        export const caughtData = action(async (ctx) => {
          try { await ctx.runAction(anyApi.app.actionData, {}); } catch (error) { return [error instanceof ConvexError, error.data, error.message.split("\n")[0]]; }
        });
        export const caught = action(async (ctx) => {
          try { await ctx.runQuery(anyApi.app.outerBoom, {}); } catch (error) { return error.message; }
        });

        export const audited = query(async () => { await log.audit({ action: "seen", at: log.vars.now, deep: [{ ip: log.vars.ip }] }); return 1; });
        export const meta = mutation(async (ctx) => [await ctx.meta.getFunctionMetadata(), await ctx.meta.getDeploymentMetadata(), (await ctx.meta.getRequestMetadata()).requestId, typeof ctx.meta.getSnapshotTs(), Object.keys(await ctx.meta.getTransactionMetrics()).length]);
        const storage = new AsyncLocalStorage();
        export const context = mutation((ctx) => storage.run("mine", async () => [await ctx.runQuery(anyApi.app.seen, {}), storage.getStore()]));
        export const seen = internalQuery(() => storage.getStore() ?? null);
        """;

    [Fact, Spec("function-runtime", 19)]
    public async Task A_limit_before_a_filter_is_another_query_than_one_behind_it() => Assert.Equal("[[2],[2,4,6],[2]]", Numbers(await app.Running.MutateAsync("limits")));

    [Fact]
    public async Task A_query_is_read_in_step_however_its_number_is_spelled() => Assert.Equal("[[0,1,2,3,4,5,\"end\"],6,true]", Numbers(await app.Running.MutateAsync("spelled")));

    [Fact, Spec("function-runtime", 20)]
    public async Task Filters_compare_across_types_with_missing_lowest() => Assert.Equal("[]", await app.Running.MutateAsync("types"));

    [Theory, Spec("function-runtime", 21)]
    [InlineData("gap", "Tried to query index pairs.by_a_b but the query didn't use the index fields in order.")]
    [InlineData("again", "Already defined equality bound in index range. Can't add \"a\" == 2")]
    [InlineData("twice", "Already defined lower bound in index range. Can't add \"a\" >= 3")]
    [InlineData("twoUpper", "Already defined upper bound in index range. Can't add \"a\" <= 3")]
    [InlineData("apart", "Upper and lower bounds in `range` can only be applied to a single index field.")]
    [InlineData("unknown", "The index range included a comparison with \"c\", but pairs.by_a_b with fields [\"a\", \"b\", \"_creationTime\"] doesn't index this field.")]
    public async Task A_range_that_does_not_fit_the_index_is_told(string name, string text) =>
        Assert.Contains(text, (await app.Running.ErrorAsync("range", $$"""{"name":"{{name}}"}""")).Message, StringComparison.Ordinal);

    [Fact, Spec("function-runtime", 21)]
    public async Task A_range_that_fits_is_read() => Assert.Equal("[]", await app.Running.QueryAsync("range", """{"name":"fine"}"""));

    [Fact, Spec("function-runtime", 22, 35)]
    public async Task Breaking_out_of_a_loop_counts_what_was_read_and_no_more()
    {
        var result = JsonNode.Parse(await app.Running.QueryAsync("readSome", """{"most":3}"""))!;
        Assert.Equal((3.0, 3.0, 1.0), (Number("read"), Number("counted"), Number("then")));

        double Number(string name) => result[name]!.GetValue<double>();
    }

    [Fact, Spec("function-runtime", 27, 28)]
    public async Task The_commit_timestamp_stands_in_for_itself_until_it_is_known()
    {
        var first = JsonNode.Parse(await app.Running.MutateAsync("stamp", """{"rows":3}"""))!;
        var second = JsonNode.Parse(await app.Running.MutateAsync("stamp", """{"rows":2}"""))!;
        Assert.Equal("""[[true,true,true],3,true,true]""", new JsonArray([.. ((string[])["same", "own", "last", "nested"]).Select(name => first[name]!.DeepClone())]).ToJsonString().Replace(".0", "", StringComparison.Ordinal));
        Assert.Equal(2, second["own"]!.GetValue<double>());
        Assert.NotEqual(first["at"]!["$integer"]!.GetValue<string>(), second["at"]!["$integer"]!.GetValue<string>());
        Assert.Equal(first["at"]!.ToJsonString(), first["deep"]![0]!["at"]!.ToJsonString());
        Assert.Equal("""[[true,true,"patched"],[true,true,null],[true,true,null]]""", await app.Running.QueryAsync("stamped", $$"""{"at":{{first["at"]!.ToJsonString()}}}"""));
        Assert.Equal("""[[true,true,"patched"],[true,true,null]]""", await app.Running.QueryAsync("stamped", $$"""{"at":{{second["at"]!.ToJsonString()}}}"""));
        Assert.NotNull(await app.Running.ErrorAsync("stampArguments"));
    }

    [Fact, Spec("function-runtime", 33)]
    public async Task A_query_of_the_stale_snapshot_does_not_see_what_was_written() => Assert.Equal("1", Numbers(await app.Running.MutateAsync("stale")));

    [Fact]
    public async Task A_table_is_counted() => Assert.Equal("true", await app.Running.QueryAsync("counted"));

    [Fact, Spec("function-runtime", 34)]
    public async Task A_lowered_limit_holds_for_the_call_and_the_caller_goes_on()
    {
        var result = JsonNode.Parse(await app.Running.MutateAsync("budget"))!.AsArray();
        Assert.Equal((
            "Uncaught Error: Too many documents read in a single function execution (limit: 10). Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.", 12.0),
            (result[0]!.GetValue<string>(), result[1]!.GetValue<double>()));
    }

    [Fact]
    public async Task A_handle_reaches_an_internal_function() =>
        Assert.Equal("""{"through":"handle"}""", await app.Running.ActAsync("byHandle", $$"""{"handle":{{await app.Running.QueryAsync("handle")}}}"""));

    [Fact, Spec("function-runtime", 10)]
    public async Task Data_and_whole_texts_come_through_every_kind_of_call()
    {
        Assert.Equal("""{"at":[{"$integer":"AQAAAAAAAAA="},{"$bytes":"AAA="}],"code":7.0}""".Replace(".0", "", StringComparison.Ordinal), Numbers(DataOf(await app.Running.ErrorAsync("actionData"))));
        var caught = JsonNode.Parse(await app.Running.ActAsync("caughtData"))!.AsArray();
        Assert.Equal((true, 7.0), (caught[0]!.GetValue<bool>(), caught[1]!["code"]!.GetValue<double>()));

        // The message of what a caller catches is the whole text of what it called, and so on upwards.
        var text = JsonNode.Parse(await app.Running.ActAsync("caught"))!.GetValue<string>();
        Assert.Matches(@"^Uncaught Error: Uncaught Error: boom\n    at innerHandler \(app\.ts:\d+:\d+\)\n    at async outerHandler \(app\.ts:\d+:\d+\)$", text);
        var boom = await app.Running.ErrorAsync("actionBoom");
        Assert.StartsWith("Uncaught Error: Uncaught Error: Uncaught Error: boom\n    at innerHandler (", boom.Message, StringComparison.Ordinal);
        Assert.StartsWith("at async actionHandler (", Assert.Single(boom.Frames), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_and_the_audit_log_work_through_the_library()
    {
        Assert.Equal(
            """[{"componentPath":"","name":"app:meta","type":"mutation","visibility":"public"},{"class":"s16","name":"fresnel","region":null},"0123456789abcdef","bigint",11]""",
            Numbers(await app.Running.MutateAsync("meta")));
        Assert.Equal("1", Numbers(await app.Running.QueryAsync("audited")));
    }

    [Fact, Spec("function-runtime", 47)]
    public async Task What_is_stored_asynchronously_does_not_flow_into_callees() => Assert.Equal("""[null,"mine"]""", await app.Running.MutateAsync("context"));

    private static string DataOf(FunctionError error) => System.Text.Encoding.UTF8.GetString(error.Data!.Value.Span);

    /// <summary>Canonical JSON prints whole numbers with a fraction or without; what counts here is the number.</summary>
    private static string Numbers(string json) => json.Replace(".0", "", StringComparison.Ordinal);

    /// <summary>One push for all of them, and the indexes that a schema would bring.</summary>
    public sealed class App : IAsyncLifetime
    {
        internal TypeScriptApp Running { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Running = await TypeScriptApp.StartAsync(Source);
            await TestDeployment.CreateTableAsync(Running.Deployment, "pairs", "by_a_b", "a", "b");
            await TestDeployment.CreateTableAsync(Running.Deployment, "stamps", "by_at", "at");
            for (var at = 0; at < 5; at++) await Running.MutateAsync("stale");
        }

        public ValueTask DisposeAsync() => Running.DisposeAsync();
    }
}
