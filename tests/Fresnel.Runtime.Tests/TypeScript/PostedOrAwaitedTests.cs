using System.Text;
using System.Text.RegularExpressions;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>Random mutations whose writes are posted, and the same ones where they are not.</summary>
public sealed partial class PostedOrAwaitedTests(ITestOutputHelper output)
{
    private const int Programs = 200;

    /// <summary>What a program does next depends on what was answered first, so it ends the same only when everything was answered in the same order.</summary>
    private const string Source = """
        import { anyApi, mutationGeneric as mutation } from "convex/server";

        let runs = 0;
        export const counted = mutation(async () => runs);
        export const fill = mutation(async (ctx) => { for (let n = 0; n < 40; n++) await ctx.db.insert("rows", { n }); });
        export const inner = mutation((ctx, { seed }) => program(ctx, seed, false));
        export const run = mutation((ctx, { seed }) => { runs++; return program(ctx, seed, true); });

        async function program(ctx, seed, isRoot) {
          let state = Math.imul(seed, 2654435761) >>> 0;
          const random = (below) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor((state / 4294967296) * below); };
          const own = [];
          for (let n = 0; n < 3; n++) own.push(await ctx.db.insert("own", { n }));
          const rows = await ctx.db.query("rows").take(5);
          const streams = [ctx.db.query("rows"), ctx.db.query("own").order("desc")].map((query) => query[Symbol.asyncIterator]());
          const order = [];
          const shown = (value) => ("done" in (value ?? {}) ? (value.done ? "end" : value.value.n) : value?.n ?? typeof value);
          const begin = () => {
            const id = random(4) === 0 ? rows[random(5)]._id : own[random(3)];
            switch (random(isRoot ? 13 : 12)) {
              case 0: case 1: case 2: return ctx.db.patch(id, { n: random(100) });
              case 3: return ctx.db.replace(id, { n: random(100) });
              case 4: return random(3) === 0 ? ctx.db.delete(own[random(3)]) : ctx.db.patch(id, { more: 1 });
              case 5: case 6: return ctx.db.get(id);
              case 7: case 8: case 9: return streams[random(2)].next();
              case 10: return ctx.db.insert("own", { n: random(9) });
              case 11: return (async () => { for (let left = random(20); left > 0; left--) await null; })();
              default: return ctx.runMutation(anyApi.app.inner, { seed: random(100_000) + 1 }).then((n) => ({ n }));
            }
          };
          let begun = 0;
          const one = () => { const at = begun++; return begin().then((value) => order.push(`${at}:${shown(value)}`), (error) => order.push(`${at}:${error.message}`)); };
          const several = async () => { for (let left = random(5); left >= 0; left--) await one(); };
          for (let left = random(5); left >= 0; left--) {
            switch (random(5)) {
              case 0: await one(); break;
              case 1: await Promise.all([one(), one(), one()]); break;
              case 2: await Promise.all([several(), several()]); break;
              case 3: await Promise.race([several(), several(), several()]); break;
              default: one(); // Left alone.
            }
          }
          if (random(12) === 0) throw new Error(order.join(" "));
          const { used } = (await ctx.meta.getTransactionMetrics()).documentsWritten;
          return [order.join(" "), used, ...(await Promise.all(own.map((id) => ctx.db.get(id)))).map((document) => document?.n ?? null)].join(", ");
        }
        """;

    [Fact]
    public async Task A_mutation_ends_the_same_whether_its_writes_are_posted_or_not()
    {
        var seed = System.Environment.TickCount & 0xFFFFFF;
        output.WriteLine($"Seed {seed}");
        await using var posting = await TypeScriptApp.StartAsync(Source);
        await using var waiting = await TypeScriptApp.StartAsync(Source + """ export const makesSyscalls = ["asyncSyscall"];"""); // So its writes may not be posted.
        await posting.MutateAsync("fill");
        await waiting.MutateAsync("fill");

        for (var program = seed; program < seed + Programs; program++)
            Assert.Equal($"{program}: {await EndOfAsync(waiting, program)}", $"{program}: {await EndOfAsync(posting, program)}");

        Assert.Equal($"{Programs}", await waiting.MutateAsync("counted"));
        Assert.NotEqual($"{Programs}", await posting.MutateAsync("counted")); // Some were refused.
    }

    private static async Task<string> EndOfAsync(TypeScriptApp app, int program)
    {
        var outcome = await app.Deployment.Invoker.Mutate(TestDeployment.Call("app:run", $$"""{"seed":{{program}}}"""), null, TestContext.Current.CancellationToken).Completed;
        return AnyId.Replace(outcome.Error?.Message ?? Encoding.UTF8.GetString(outcome.Value.Span), "ID");
    }

    [GeneratedRegex("[0-9a-z]{32}")]
    private static partial Regex AnyId { get; }
}
