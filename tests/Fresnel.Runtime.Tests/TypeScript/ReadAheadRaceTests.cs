using Fresnel.Runtime.Invocations;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>Functions that ask for several things at once, while documents were handed out ahead.</summary>
public sealed class ReadAheadRaceTests(ReadAheadRaceTests.App app) : IClassFixture<ReadAheadRaceTests.App>
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
        const noted = async (steps) => {
          const order = [];
          await Promise.all(Object.entries(steps).map(([name, step]) => step.then(() => order.push(name))));
          return order.join("");
        };
        export const inOrder = query(async (ctx) => {
          const [up, down] = [stream(ctx, "rows"), ctx.db.query("rows").order("desc")[Symbol.asyncIterator]()];
          const { _id } = (await up.next()).value;
          await down.next();
          const first = await Promise.race([ctx.db.get(_id).then(() => "get"), up.next().then(() => "next")]);
          return [first, await noted({ a: ctx.db.get(_id), b: up.next(), c: down.next(), d: ctx.db.get(_id), e: up.next() }), await noted({ a: up.next(), b: ctx.db.get(_id), c: down.next() })];
        });
        export const writing = mutation(async (ctx) => {
          const rows = stream(ctx, "rows");
          const { _id } = (await rows.next()).value;
          const chained = async () => { await rows.next(); await ctx.db.patch(_id, { seen: 1 }); };
          const order = [await noted({ a: ctx.db.get(_id), b: rows.next(), c: ctx.db.patch(_id, { seen: 2 }), d: rows.next() })];
          order.push(await noted({ a: ctx.db.get(_id), d: chained(), b: rows.next(), c: ctx.db.get(_id) }));
          return [order, (await ctx.db.get(_id)).seen];
        });
        export const collecting = query(async (ctx) => {
          const [up, down] = await Promise.all([ctx.db.query("rows").collect(), ctx.db.query("rows").order("desc").collect()]);
          const same = up.length === down.length && up.every(({ _id }, at) => _id === down.at(-1 - at)._id);
          return [same, (await ctx.meta.getTransactionMetrics()).documentsRead.used - up.length - down.length];
        });
        """;

    [Fact]
    public async Task Whoever_asks_for_several_things_at_once_is_told_the_truth()
    {
        Assert.Equal("""["end","in-progress query not found"]""", await app.Running.QueryAsync("empty"));
        Assert.Equal("[0,39,1,2,38,3,4,37,5,6,36,7]", await app.Running.QueryAsync("shuffled"));
        Assert.Equal("0", await app.Running.MutateAsync("closed"));
        Assert.Equal("[0,3,4]", await app.Running.MutateAsync("overtaken"));
    }

    [Fact]
    public async Task What_was_asked_for_first_is_answered_first_whoever_answers()
    {
        Assert.Equal("""["get","abcde","abc"]""", await app.Running.QueryAsync("inOrder"));
        Assert.Equal("""[["abcd","abcd"],1]""", await app.Running.MutateAsync("writing"));
        Assert.Equal("[true,0]", await app.Running.QueryAsync("collecting"));
    }

    public sealed class App : IAsyncLifetime
    {
        internal TypeScriptApp Running { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Running = await TypeScriptApp.StartAsync(Source);
            await Running.MutateAsync("fill");
        }

        public ValueTask DisposeAsync() => Running.DisposeAsync();
    }
}
