using System.Text;
using System.Text.Json.Nodes;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>The unmodified client library over everything below it: worker, syscalls, transactions, jobs.</summary>
public sealed class ClientLibraryTests
{
    private const string Source = """
        import { actionGeneric as action, anyApi, internalActionGeneric as internalAction, internalMutationGeneric as internalMutation, makeFunctionReference,
          mutationGeneric as mutation, queryGeneric as query } from "convex/server";
        import { ConvexError, v } from "convex/values";

        export const add = mutation({ args: { text: v.string() }, returns: v.id("tasks"), handler: async (ctx, { text }) => {
          console.log("adding", text);
          return await ctx.db.insert("tasks", { text, done: false });
        } });
        export const list = query({ args: {}, handler: (ctx) => ctx.db.query("tasks").order("desc").collect() });
        export const texts = query(async (ctx) => {
          const texts = [];
          for await (const task of ctx.db.query("tasks").filter((q) => q.eq(q.field("done"), false))) texts.push(task.text);
          return texts;
        });
        export const some = query(async (ctx) => [
          (await ctx.db.query("tasks").first())?.text, (await ctx.db.query("tasks").take(2)).length,
          (await ctx.db.query("tasks").withIndex("by_creation_time", (q) => q.gt("_creationTime", 0)).collect()).length,
        ]);
        export const finish = mutation(async (ctx, { id }) => {
          await ctx.db.patch(id, { done: true, text: undefined });
          const task = await ctx.db.get(id);
          await ctx.db.replace(id, { note: "replaced" });
          const replaced = await ctx.db.get(id);
          await ctx.db.delete(id);
          return [task, replaced, await ctx.db.get(id), ctx.db.normalizeId("tasks", id), ctx.db.normalizeId("users", id)];
        });
        export const unique = query((ctx) => ctx.db.query("tasks").unique());
        export const fail = mutation(async (ctx) => {
          await ctx.db.insert("tasks", { text: "never" });
          throw new ConvexError({ code: 7 });
        });
        export const nested = mutation(async (ctx) => {
          try {
            await ctx.runMutation(anyApi.app.fail, {});
          } catch (error) {
            return [error instanceof ConvexError, error.data, (await ctx.runQuery(anyApi.app.list, {})).length];
          }
        });
        export const note = internalMutation({ args: { text: v.string() }, handler: (ctx, { text }) => ctx.db.insert("notes", { text }) });
        export const notes = query(async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.text));
        export const act = action(async (ctx, { text }) => {
          await ctx.runMutation(makeFunctionReference("app:note"), { text });
          return await ctx.runQuery(makeFunctionReference("app:notes"), {});
        });
        export const later = mutation((ctx) => ctx.scheduler.runAfter(0, anyApi.app.background, { text: "from a job" }));
        export const background = internalAction(async (ctx, { text }) => { await ctx.runMutation(anyApi.app.note, { text }); });
        export const job = query((ctx, { id }) => ctx.db.system.get(id));
        export const who = query((ctx) => ctx.auth.getUserIdentity());
        export const page = query((ctx, { cursor }) => ctx.db.query("tasks").paginate({ cursor, numItems: 1 }));
        export const file = query((ctx) => ctx.storage.getUrl("kg2x"));
        export const boom = mutation(() => { throw new Error("boom"); });
        """;

    [Fact, Spec("function-runtime", 8, 9, 15, 23)]
    public async Task The_library_works_as_on_convex()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);

        var first = JsonNode.Parse(await app.MutateAsync("add", """{"text":"Milk"}"""))!.GetValue<string>();
        await app.MutateAsync("add", """{"text":"Tea"}""");
        var tasks = JsonNode.Parse(await app.QueryAsync("list"))!.AsArray();
        Assert.Equal(["Tea", "Milk"], tasks.Select(task => task!["text"]!.GetValue<string>()));
        Assert.Equal("""["Milk","Tea"]""", await app.QueryAsync("texts"));
        Assert.Equal("""["Milk",2,2]""", await app.QueryAsync("some"));
        Assert.Contains("unique() query returned more than one result from table tasks", (await app.ErrorAsync("unique")).Message, StringComparison.Ordinal);

        var steps = JsonNode.Parse(await app.MutateAsync("finish", $$"""{"id":"{{first}}"}"""))!.AsArray();
        Assert.Equal(["_creationTime", "_id", "done"], steps[0]!.AsObject().Select(field => field.Key));
        Assert.Equal(["_creationTime", "_id", "note"], steps[1]!.AsObject().Select(field => field.Key));
        Assert.Null(steps[2]);
        Assert.Equal(first, steps[3]!.GetValue<string>());
        Assert.Null(steps[4]);

        var error = await app.ErrorAsync("fail");
        Assert.Equal("""Uncaught ConvexError: {"code":7}""", error.Message);
        Assert.Equal("""{"code":7}""", Encoding.UTF8.GetString(error.Data!.Value.Span));
        Assert.Equal("""[true,{"code":7},1]""", await app.MutateAsync("nested"));

        var boom = await app.ErrorAsync("boom");
        Assert.Equal("Uncaught Error: boom", boom.Message);
        Assert.Contains("app.ts:", Assert.Single(boom.Frames), StringComparison.Ordinal);

        Assert.Equal("""["now"]""", await app.ActAsync("act", """{"text":"now"}"""));
        Assert.Equal("null", await app.QueryAsync("who"));
        Assert.Contains("is not built yet in Fresnel", (await app.ErrorAsync("file")).Message, StringComparison.Ordinal);

        var page = JsonNode.Parse(await app.QueryAsync("page", """{"cursor":null}"""))!;
        Assert.Equal(("Tea", false), (page["page"]![0]!["text"]!.GetValue<string>(), page["isDone"]!.GetValue<bool>()));
        var rest = JsonNode.Parse(await app.QueryAsync("page", $$"""{"cursor":"{{page["continueCursor"]}}"}"""))!;
        Assert.Equal((0, true), (rest["page"]!.AsArray().Count, rest["isDone"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task A_scheduled_action_runs_and_its_job_tells_so()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        var job = JsonNode.Parse(await app.MutateAsync("later"))!.GetValue<string>();
        await Publications.UntilAsync(app.Deployment.Database, async () => await StateAsync() is not ("pending" or "inProgress"));
        Assert.Equal("success", await StateAsync());
        Assert.Equal("""["from a job"]""", await app.QueryAsync("notes"));

        async Task<string> StateAsync() => JsonNode.Parse(await app.QueryAsync("job", $$"""{"id":"{{job}}"}"""))!["state"]!["kind"]!.GetValue<string>();
    }
}
