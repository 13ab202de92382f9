using Fresnel.Runtime.Invocations;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>Workers are handed documents ahead of those that were asked for; whatever a function can observe is as if they were not.</summary>
public sealed class ReadAheadTests
{
    private const string Source = """
        import { anyApi, mutationGeneric as mutation, queryGeneric as query } from "convex/server";

        const used = async (ctx) => (await ctx.meta.getTransactionMetrics()).documentsRead.used;
        export const fill = mutation(async (ctx, { count }) => { for (let n = 0; n < count; n++) await ctx.db.insert("rows", { n }); });
        export const counted = query(async (ctx) => {
          const counts = [];
          let taken = 0;
          for await (const _ of ctx.db.query("rows")) {
            counts.push(await used(ctx));
            if (++taken === 5) break;
          }
          counts.push(await used(ctx));
          await ctx.db.query("rows").filter((q) => q.gte(q.field("n"), 3)).first();
          counts.push(await used(ctx));
          await ctx.db.query("rows").take(7);
          counts.push(await used(ctx));
          await ctx.db.query("rows").collect();
          return [...counts, await used(ctx)];
        });
        export const grow = mutation(async (ctx) => {
          const seen = [];
          for await (const { _id, n } of ctx.db.query("rows")) {
            seen.push(n);
            if (n === 2) await ctx.db.insert("rows", { n: 1000 });
            if (n === 4) await ctx.db.delete((await ctx.db.query("rows").filter((q) => q.eq(q.field("n"), 5)).first())._id);
            if (n === 6) await ctx.runMutation(anyApi.app.drop, { n: 8 });
            if (n === 9) await ctx.db.patch(_id, { seen: true });
          }
          return [seen.filter((n) => n < 12), seen.at(-1)];
        });
        export const drop = mutation(async (ctx, { n }) => { await ctx.db.delete((await ctx.db.query("rows").filter((q) => q.eq(q.field("n"), n)).first())._id); });
        export const together = query(async (ctx) => {
          const rows = ctx.db.query("rows")[Symbol.asyncIterator]();
          const steps = await Promise.all([rows.next(), rows.next(), rows.next()]);
          return steps.map(({ value }) => value.n);
        });
        export const two = query(async (ctx) => {
          const [one, other] = [ctx.db.query("rows")[Symbol.asyncIterator](), ctx.db.query("rows").order("desc")[Symbol.asyncIterator]()];
          const read = [];
          for (let i = 0; i < 3; i++) read.push((await one.next()).value.n, (await other.next()).value.n);
          return [read, await used(ctx)];
        });
        export const limited = query(async (ctx) => {
          const rows = [];
          try { for await (const { n } of ctx.db.query("rows")) rows.push(n); } catch (error) { return [rows.length, error.message.slice(0, 23)]; }
        });
        export const nested = mutation(async (ctx) => {
          const caught = await ctx.runQuery(anyApi.app.limited, {}, { transactionLimits: { documentsRead: 30 } }).catch((error) => error.message);
          return [caught, await used(ctx)];
        });
        export const overdrawn = mutation(async (ctx) => {
          const caught = await ctx.runQuery(anyApi.app.greedy, {}, { transactionLimits: { documentsRead: 20 } }).catch((error) => error.message);
          return [typeof caught === "string" && caught.includes("Too many documents read"), await used(ctx)];
        });
        export const greedy = query(async (ctx) => {
          const rows = ctx.db.query("rows")[Symbol.asyncIterator]();
          const { value } = await rows.next();
          for (let i = 0; i < 10; i++) await ctx.db.get(value._id);
          for (let i = 0; i < 15; i++) await rows.next();
          return "finished";
        });
        export const failing = query(async (ctx) => { for await (const { n } of ctx.db.query("rows")) if (n === 11) throw new Error("at eleven"); });
        export const touch = mutation(async (ctx, { n }) => {
          const row = await ctx.db.query("rows").filter((q) => q.eq(q.field("n"), n)).first();
          if (row === null) await ctx.db.insert("rows", { n });
          else await ctx.db.patch(row._id, { touched: (row.touched ?? 0) + 1 });
        });
        export const first = query(async (ctx) => (await ctx.db.query("rows").withIndex("by_creation_time").first())?.n);
        """;

    [Fact, Spec("function-runtime", 22, 34, 35)]
    public async Task Documents_that_were_handed_out_ahead_count_when_the_function_takes_them()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        await app.MutateAsync("fill", """{"count":100}""");

        // The fourth document is the first that the filter lets through; the take ends after seven; collecting reads what there is.
        Assert.Equal("[1,2,3,4,5,5,9,16,116]", await app.QueryAsync("counted"));
        Assert.Equal("[[0,99,1,98,2,97],6]", await app.QueryAsync("two"));
        Assert.Equal("[0,1,2]", await app.QueryAsync("together"));
        Assert.Equal("""[[30,"Too many documents read"],31]""", await app.MutateAsync("nested"));
        Assert.Equal("[true,26]", await app.MutateAsync("overdrawn"));
    }

    [Fact]
    public async Task What_the_function_writes_while_it_reads_is_seen_by_what_it_reads_next()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        await app.MutateAsync("fill", """{"count":100}""");

        Assert.Equal("[[0,1,2,3,4,6,7,9,10,11],1000]", await app.MutateAsync("grow"));
    }

    [Fact]
    public async Task A_query_depends_on_what_it_was_given_and_not_on_what_was_only_handed_out()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        await app.MutateAsync("fill", """{"count":100}""");
        foreach (var (function, last) in (Dictionary<string, int>)new() { ["failing"] = 11, ["first"] = 0, ["counted"] = 99 })
        {
            var read = await app.Deployment.Invoker.QueryAsync(TestDeployment.Call($"app:{function}"), null, TestContext.Current.CancellationToken);
            using var watch = app.Deployment.Database.Watch(read.Reads, read.Snapshot.Timestamp, null);
            await app.MutateAsync("touch", $$"""{"n":{{last + 1}}}""");
            await app.MutateAsync("touch", $$"""{"n":{{last}}}""");
            var end = app.Deployment.Database.Published.Timestamp;
            await Publications.UntilAsync(app.Deployment.Database, () => Task.FromResult(watch.StaleSince is not null));
            Assert.Equal(function == "counted", watch.StaleSince < end);
        }
    }
}
