using Fresnel.Conformance.Clients;
using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary>What a developer does with the CLI all day, beside what <see cref="WatchTests"/>, <see cref="PushTests"/> and <see cref="CommandTests"/> show of it.</summary>
public sealed class DailyVerbTests(CliHost host) : IClassFixture<CliHost>
{
    private const string Ready = "Convex functions ready!";

    [Fact]
    [Spec("deploy-api", 12, 40)]
    public async Task Dev_pushes_an_edit_live_queries_run_on_the_new_code_and_sockets_stay_open()
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        await using var dev = project.Start(host.Url, host.AdminKey, "dev", "--typecheck", "disable");
        await dev.HearAsync(Ready);

        await using var page = ClientScript.Start(
            project,
            ClientApp.Prologue + """
                let opened = 0;
                class CountedSocket extends WebSocket { constructor(...rest) { super(...rest); opened++; } }
                const client = open({ webSocketConstructor: CountedSocket, logger: false });
                const http = new ConvexHttpClient(url, { logger: false });
                const list = follow(client, api.messages.list, {});
                await client.mutation(api.messages.send, { author: "ann", body: "hello" });
                await list.until((texts) => texts.includes("ann: hello"));
                console.log("watching");
                await list.until((texts) => texts.includes("ann says hello"));
                await http.mutation(api.messages.send, { author: "bob", body: "hi" });
                await list.until((texts) => texts.includes("bob says hi"));
                console.log("changed");
                await new Promise((resolve) => client.onUpdate(api.messages.list, { again: true }, assert.fail, resolve));
                await list.until((texts) => texts.includes("ann is back with hello"));
                assert.equal(opened, 1);
                await client.close();
                """,
            host.Url,
            host.AdminKey);

        // What functions say is streamed to the terminal, whoever called them.
        await page.ExpectAsync("watching");
        await dev.HearAsync("[CONVEX M(messages:send)] [LOG] 'sending for' 'ann'");

        project.Write("convex/messages.ts", Apps.Messages.Replace("}: ${", "} says ${", StringComparison.Ordinal));
        await dev.HearAsync(Ready);
        await page.ExpectAsync("changed");
        await dev.HearAsync("[CONVEX M(messages:send)] [LOG] 'sending for' 'bob'");
        await dev.HearAsync("[CONVEX Q(messages:list)] ArgumentValidationError: Object contains extra field `again`");

        project.Write("convex/messages.ts", Apps.Messages.Replace("}: ${", "} is back with ${", StringComparison.Ordinal));
        await dev.HearAsync(Ready);
        await page.SucceedAsync();
    }

    [Fact]
    [Spec("deploy-api", 6)]
    public async Task Codegen_writes_types_that_hold_the_app_and_its_clients_to_each_other()
    {
        using var project = await ConvexProject.CreateAsync([.. Apps.Chat, ("convex/admin/reports.ts", Reports), ("page.ts", Page), ("tsconfig.json", Configuration)]);

        await host.SucceedAsync(project, "codegen", "--init", "--typecheck", "disable");

        Assert.Equal(
            ["api.d.ts", "api.js", "dataModel.d.ts", "server.d.ts", "server.js"],
            Directory.EnumerateFiles(Path.Combine(project.Folder, "convex", "_generated")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var api = project.Read("convex/_generated/api.d.ts");
        Assert.Contains("\"admin/reports\": typeof admin_reports;", api, StringComparison.Ordinal);
        Assert.Contains("messages: typeof messages;", api, StringComparison.Ordinal);
        var checking = await project.RunToolAsync("node", "node_modules/typescript/bin/tsc", "--noEmit");
        Assert.True(checking.ExitCode == 0, checking.ToString());
    }

    [Fact]
    [Spec("deploy-api", 31)]
    public async Task Run_pushes_first_when_told_so_tells_how_a_function_failed_and_follows_a_query()
    {
        using var project = await ConvexProject.CreateAsync(
            [.. Apps.Chat, ("convex/fail.ts", """
                import { mutation } from "./_generated/server";
                import { ConvexError } from "convex/values";
                export const plainly = mutation({ args: {}, handler: async () => { console.log("about to"); throw new Error("it broke"); } });
                export const politely = mutation({ args: {}, handler: async () => { throw new ConvexError({ code: 7n, why: "because" }); } });
                """)]);

        var plainly = await host.FailAsync(project, "run", "fail:plainly", "--push", "--typecheck", "disable");
        Assert.Contains("[LOG] 'about to'", plainly.Errors, StringComparison.Ordinal);
        Assert.Contains("Failed to run function \"fail:plainly\":", plainly.Errors, StringComparison.Ordinal);
        Assert.Contains("Uncaught Error: it broke\n    at handler (../convex/fail.ts:3:", plainly.Errors, StringComparison.Ordinal);
        Assert.Equal("", plainly.Output);

        var politely = await host.FailAsync(project, "run", "fail:politely");
        Assert.Contains("Uncaught ConvexError: {\"code\":\"7n\",\"why\":\"because\"}\n    at handler (../convex/fail.ts:4:", politely.Errors, StringComparison.Ordinal);

        await using var watching = project.Start(host.Url, host.AdminKey, "run", "messages:list", "--watch");
        await watching.HearAsync("Watching query messages:list");
        await host.CallAsync("mutation", "messages:send", new { author = "eve", body = "there" });
        await watching.HearAsync("eve: there");
    }

    [Fact]
    [Spec("deploy-api", 40)]
    public async Task Logs_shows_what_was_said_before_and_goes_on_with_what_is_said_now()
    {
        using var project = await ConvexProject.CreateAsync(
            ("convex/talk.ts", """
                import { mutation, query } from "./_generated/server";
                import { v } from "convex/values";
                import { internal } from "./_generated/api";
                import { internalMutation } from "./_generated/server";
                export const say = mutation({ args: { word: v.string() }, handler: async (ctx, { word }) => {
                  console.warn("said", word);
                  await ctx.scheduler.runAfter(0, internal.talk.later, { word });
                } });
                export const later = internalMutation({ args: { word: v.string() }, handler: async (_, { word }) => console.info("later", word) });
                export const stumble = query({ args: {}, handler: async () => { throw new Error("over a stone"); } });
                """));
        await host.PushAsync(project);
        await host.CallAsync("mutation", "talk:say", new { word = "early" });

        await using var logs = project.Start(host.Url, host.AdminKey, "logs", "--history", "20", "--success");

        await logs.HearAsync("[CONVEX M(talk:say)] [WARN] 'said' 'early'");
        await logs.HearAsync("[CONVEX M(talk:later)] [INFO] 'later' 'early'");
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.CallAsync("query", "talk:stumble", new { }));
        await logs.HearAsync("[CONVEX Q(talk:stumble)] Uncaught Error: over a stone");
        await host.CallAsync("mutation", "talk:say", new { word = "late" });
        await logs.HearAsync("[CONVEX M(talk:say)] [WARN] 'said' 'late'");
        await logs.HearAsync("[CONVEX M(talk:say)] Function executed in");
    }

    private const string Reports = """
        import { internal } from "../_generated/api";
        import { internalAction, internalQuery } from "../_generated/server";
        import type { Doc, Id } from "../_generated/dataModel";
        export const latest = internalQuery({ args: {}, handler: async (ctx): Promise<Doc<"messages"> | null> => await ctx.db.query("messages").withIndex("by_author").first() });
        export const send = internalAction({ args: {}, handler: async (ctx): Promise<Id<"messages"> | undefined> => (await ctx.runQuery(internal.admin.reports.latest, {}))?._id });
        """;

    /// <summary>What must fit, and what must not.</summary>
    private const string Page = """
        import { ConvexHttpClient } from "convex/browser";
        import { api, internal } from "./convex/_generated/api";
        const client = new ConvexHttpClient("http://127.0.0.1");
        export async function all(): Promise<string[]> {
          await client.mutation(api.messages.send, { author: "ann", body: "hello" });
          // @ts-expect-error An argument is missing.
          await client.mutation(api.messages.send, { author: "ann" });
          // @ts-expect-error It is a query.
          await client.mutation(api.messages.list, {});
          // @ts-expect-error It is internal.
          api.messages.count;
          internal.messages.count;
          // @ts-expect-error It returns texts.
          const numbers: number[] = await client.query(api.messages.list, {});
          return await client.query(api.messages.list, {});
        }
        """;

    private const string Configuration = """{ "extends": "./convex/tsconfig.json", "compilerOptions": { "types": [] }, "include": ["page.ts", "convex"] }""";
}
