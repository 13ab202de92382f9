using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>A mutation that waits for its turn in the middle of its run goes on from a newer snapshot; what it was told must be true of that one.</summary>
public sealed class MovingSnapshotTests
{
    private const string Source = """
        import { anyApi, mutationGeneric as mutation, queryGeneric as query } from "convex/server";

        const row = (ctx) => ctx.db.query("hot").first();
        const check = (at, { stamp }) => (at >= stamp ? "after" : `before by ${stamp - at}`);
        const snapshot = (ctx) => ctx.meta.getSnapshotTs();
        export const make = mutation(async (ctx) => { await ctx.db.insert("hot", { stamp: 0 }); });
        export const time = query(() => Date.now());
        export const plain = mutation(async (ctx) => { const { _id, stamp } = await row(ctx); await ctx.db.patch(_id, { told: stamp }); return stamp > 0; });
        export const late = mutation(async (ctx) => { const hot = await row(ctx); await ctx.db.patch(hot._id, { n: 1 }); return check(Date.now(), hot); });
        export const early = mutation(async (ctx) => { const now = Date.now(); const hot = await row(ctx); await ctx.db.patch(hot._id, { n: 2 }); return check(now, hot); });
        export const nested = mutation(async (ctx) => { const hot = await row(ctx); await ctx.db.patch(hot._id, { n: 3 }); return check(await ctx.runQuery(anyApi.app.time, {}), hot); });
        export const told = mutation(async (ctx) => {
          const hot = await row(ctx);
          await ctx.db.patch(hot._id, { n: 4 });
          return Number((await snapshot(ctx)) / 1_000_000n) >= hot.stamp ? "after" : "before";
        });
        export const fill = mutation(async (ctx) => { for (let n = 0; n < 40; n++) await ctx.db.insert("cold", { n }); });
        const glance = async (ctx, count) => { for await (const { n } of ctx.db.query("cold").filter((q) => q.gte(q.field("n"), 2))) if (n >= count) return n; };
        export const left = mutation(async (ctx) => { const n = await glance(ctx, 5); const hot = await row(ctx); await ctx.db.patch(hot._id, { n }); return n; });
        export const kept = mutation(async (ctx) => {
          const cold = ctx.db.query("cold")[Symbol.asyncIterator]();
          await cold.next();
          const hot = await row(ctx);
          await ctx.db.patch(hot._id, { n: 6 });
          return (await cold.next()).value.n;
        });
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mutation_that_waited_for_its_turn_is_told_no_time_before_what_it_reads()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        await app.MutateAsync("make");
        Assert.Equal("true", await WaitForTurnAsync(app, "plain"));
        foreach (var function in (string[])["late", "early", "nested", "told"]) Assert.Equal((function, "\"after\""), (function, await WaitForTurnAsync(app, function)));
    }

    [Fact]
    public async Task What_was_only_looked_at_is_forgotten_when_the_function_leaves_the_query()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        await app.MutateAsync("make");
        await app.MutateAsync("fill");
        var database = app.Deployment.Database;

        Assert.Equal("1", await WaitForTurnAsync(app, "kept"));
        Assert.Equal(1, database.Contended.Anew);
        Assert.Equal("5", await WaitForTurnAsync(app, "left"));
        Assert.Equal(1, database.Contended.Anew);
    }

    /// <summary>Runs a mutation that has to wait for somebody who writes the time where it reads.</summary>
    private static async Task<string> WaitForTurnAsync(TypeScriptApp app, string function)
    {
        var database = app.Deployment.Database;

        // Who lost once has its turn, and others wait for it.
        using var contender = database.Contend();
        var losing = await contender.BeginAsync(Token);
        await PatchAsync(losing, 1);
        using (var other = database.Contend())
        {
            var overtaking = await other.BeginAsync(Token);
            await PatchAsync(overtaking, 2);
            await (await database.SubmitAsync(overtaking, Token)).Published;
        }

        var lost = await database.SubmitAsync(losing, Token);
        contender.Lost(lost, await lost.Sealed);
        var holding = await contender.BeginAsync(Token);
        var waits = database.Contended.Waits;
        var waiting = app.MutateAsync(function);
        while (database.Contended.Waits == waits && !waiting.IsCompleted) await Task.Yield();
        await PatchAsync(holding, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        await (await database.SubmitAsync(holding, Token)).Published;
        contender.Dispose();
        return await waiting.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    private static async Task PatchAsync(Transaction transaction, double stamp)
    {
        var table = transaction.FindTable("", "hot")!;
        var document = (await transaction.Read(table, table.ById, KeyInterval.All).NextAsync(Token))!;
        await transaction.PatchAsync(table, document.Id, new ValuePatch([KeyValuePair.Create("stamp", Value.Float64(stamp))]), Token);
    }
}
