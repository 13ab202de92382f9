namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>A mutation goes on without waiting for its writes, and cannot tell.</summary>
public sealed class PostedWriteTests(PostedWriteTests.App app) : IClassFixture<PostedWriteTests.App>
{
    private const string Source = """
        import { anyApi, mutationGeneric as mutation, queryGeneric as query } from "convex/server";

        const gone = async (ctx) => { const id = await ctx.db.insert("rows", { n: 0 }); await ctx.db.delete(id); return id; };
        const text = (error, id) => error.message.replace(id, "ID");
        export const patched = mutation(async (ctx) => {
          const id = await gone(ctx);
          try { await ctx.db.patch(id, { n: 1 }); } catch (error) { return text(error, id); }
          return "went on";
        });
        export const replaced = mutation(async (ctx) => {
          const id = await gone(ctx);
          return await ctx.db.replace(id, { n: 1 }).then(() => "went on", (error) => text(error, id));
        });
        export const deleted = mutation(async (ctx) => {
          const id = await gone(ctx);
          return await ctx.db.delete(id).then(() => "went on", (error) => text(error, id));
        });
        export const thrownLater = mutation(async (ctx) => { await ctx.db.patch(await gone(ctx), { n: 1 }); throw new Error("later"); });
        export const told = mutation(async (ctx) => { await ctx.db.patch(await gone(ctx), { n: 1 }); console.log("went on"); return ""; });

        export const inner = mutation(async (ctx, { n }) => {
          await ctx.db.insert("inner", { n });
          await ctx.db.patch(await gone(ctx), { n });
        });
        export const outer = mutation(async (ctx) => {
          const said = await ctx.runMutation(anyApi.app.inner, { n: 1 }).then(() => "went on", (error) => error.message.includes("Update on nonexistent document"));
          return [said, (await ctx.db.query("inner").collect()).length];
        });

        export const seen = mutation(async (ctx) => {
          const id = await ctx.db.insert("rows", { n: 1, at: "seen" });
          await ctx.db.patch(id, { n: 2 });
          const first = (await ctx.db.get(id)).n;
          await ctx.db.replace(id, { n: 3 });
          await ctx.db.patch(id, { more: 4 });
          const { n, more, at } = await ctx.db.get(id);
          await ctx.db.delete(id);
          return [first, n, more, at === undefined, await ctx.db.get(id)];
        });
        export const counted = mutation(async (ctx) => {
          const id = await ctx.db.insert("rows", { n: 0 });
          const { documentsWritten } = await ctx.meta.getTransactionMetrics();
          for (let n = 1; n <= 200; n++) await ctx.db.patch(id, { n });
          return [(await ctx.meta.getTransactionMetrics()).documentsWritten.used - documentsWritten.used, (await ctx.db.get(id)).n];
        });
        export const inOrder = mutation(async (ctx) => {
          const id = await ctx.db.insert("rows", { n: 0 });
          const order = [];
          const note = (name) => () => { order.push(name); };
          await Promise.all([
            ctx.db.patch(id, { n: 1 }).then(note("a")), ctx.db.patch(id, { n: 2 }).then(note("b")), ctx.db.get(id).then(note("c")),
            ctx.db.patch(id, { n: 3 }).then(note("d")), ctx.db.get(id).then(note("e")), ctx.db.patch(id, { n: 4 }).then(note("f")),
          ]);
          return [order.join(""), (await ctx.db.get(id)).n];
        });
        export const tooMany = mutation(async (ctx) => {
          const id = await ctx.db.insert("rows", { n: 0 });
          const all = await Promise.allSettled(Array.from({ length: 1_002 }, (_, n) => ctx.db.patch(id, { n })));
          return [all.filter(({ status }) => status === "rejected").length, all.at(-1).reason.message.slice(0, 30)];
        });
        export const left = mutation(async (ctx) => { const id = await ctx.db.insert("left", { n: 0 }); ctx.db.patch(id, { n: 1 }); return id; });
        let runs = 0;
        export const counting = mutation(async (ctx) => {
          runs++;
          await ctx.db.delete(await gone(ctx)).catch(() => {});
          return runs;
        });
        export const leftBehind = query(async (ctx) => (await ctx.db.query("left").first()).n);
        """;

    [Theory]
    [InlineData("patched", "\"Update on nonexistent document ID ID\"")]
    [InlineData("replaced", "\"Replace on nonexistent document ID ID\"")]
    [InlineData("deleted", "\"Delete on nonexistent document ID ID\"")]
    public async Task An_error_of_a_write_is_seen_where_it_was_made(string export, string said) => Assert.Equal(said, await app.Running.MutateAsync(export));

    [Fact]
    public async Task What_the_function_threw_after_a_refused_write_is_never_heard()
    {
        Assert.StartsWith("Uncaught Error: Update on nonexistent document", (await app.Running.ErrorAsync("thrownLater")).Message, StringComparison.Ordinal);
        var refused = await app.Running.Deployment.Invoker.Mutate(TestDeployment.Call("app:told"), null, TestContext.Current.CancellationToken).Completed;
        Assert.StartsWith("Uncaught Error: Update on nonexistent document", refused.Error?.Message, StringComparison.Ordinal);
        Assert.Empty(refused.LogLines);
    }

    [Fact]
    public async Task The_librarys_own_writes_are_taken_for_what_they_are_and_posted() => Assert.Equal("2", await app.Running.MutateAsync("counting"));

    [Fact]
    public async Task A_refused_write_of_a_nested_mutation_fails_that_one_alone() => Assert.Equal("[true,0]", await app.Running.MutateAsync("outer"));

    [Fact]
    public async Task What_is_read_afterwards_knows_of_each_write()
    {
        Assert.Equal("[2,3,4,true,null]", await app.Running.MutateAsync("seen"));
        Assert.Equal("[200,200]", await app.Running.MutateAsync("counted"));
    }

    [Fact]
    public async Task Promises_are_settled_in_the_order_of_the_calls() => Assert.Equal("[\"abcdef\",4]", await app.Running.MutateAsync("inOrder"));

    [Fact]
    public async Task Writes_that_nobody_waits_for_count_as_operations_under_way() => Assert.Equal("[2,\"Too many concurrent operations\"]", await app.Running.MutateAsync("tooMany"));

    [Fact]
    public async Task A_write_that_the_function_did_not_wait_for_is_made()
    {
        await app.Running.MutateAsync("left");
        Assert.Equal("1", await app.Running.QueryAsync("leftBehind"));
    }

    public sealed class App : IAsyncLifetime
    {
        internal TypeScriptApp Running { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Running = await TypeScriptApp.StartAsync(Source);

        public ValueTask DisposeAsync() => Running.DisposeAsync();
    }
}
