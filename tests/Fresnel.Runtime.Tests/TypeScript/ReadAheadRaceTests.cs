using Fresnel.Runtime.Invocations;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>Functions that ask for several things at once, while documents were handed out ahead.</summary>
public sealed class ReadAheadRaceTests
{
    private const string Source = """
        import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";

        const message = (promise) => promise.then(({ value, done }) => (done ? "end" : value.n), (error) => error.message);
        const stream = (ctx, table) => ctx.db.query(table)[Symbol.asyncIterator]();
        export const fill = mutation(async (ctx) => { for (let n = 0; n < 40; n++) await ctx.db.insert("rows", { n }); });
        export const empty = query(async (ctx) => {
          const rows = stream(ctx, "none");
          return await Promise.all([rows.next(), rows.next()].map(message));
        });
        export const overtaken = mutation(async (ctx) => {
          const rows = stream(ctx, "rows");
          const all = await ctx.db.query("rows").collect();
          const [first] = await Promise.all([rows.next(), ctx.db.delete(all[1]._id), ctx.db.delete(all[2]._id)]);
          return [first.value.n, (await rows.next()).value.n, (await rows.next()).value.n];
        });
        export const closed = mutation(async (ctx) => {
          const rows = stream(ctx, "rows");
          await rows.next();
          const { documentsRead } = await ctx.meta.getTransactionMetrics();
          const steps = [rows.next(), rows.next()].map(message);
          await rows.return();
          const given = (await Promise.all(steps)).filter((n) => typeof n === "number").length;
          return given - ((await ctx.meta.getTransactionMetrics()).documentsRead.used - documentsRead.used);
        });
        export const shuffled = query(async (ctx) => {
          const [up, down] = [stream(ctx, "rows"), ctx.db.query("rows").order("desc")[Symbol.asyncIterator]()];
          const seen = [];
          for (let i = 0; i < 4; i++) seen.push(...(await Promise.all([up.next(), down.next(), up.next()])).map(({ value }) => value.n));
          return seen;
        });
        """;

    [Fact]
    public async Task Whoever_asks_for_several_things_at_once_is_told_the_truth()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        await app.MutateAsync("fill");

        Assert.Equal("""["end","in-progress query not found"]""", await app.QueryAsync("empty"));
        Assert.Equal("[0,39,1,2,38,3,4,37,5,6,36,7]", await app.QueryAsync("shuffled"));
        Assert.Equal("0", await app.MutateAsync("closed"));
        Assert.Equal("[0,3,4]", await app.MutateAsync("overtaken"));
    }
}
