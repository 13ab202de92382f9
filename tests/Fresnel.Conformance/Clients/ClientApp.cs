using Fresnel.Conformance.Cli;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>A real server with a pushed app for the clients to talk to. One per test class.</summary>
public sealed class ClientApp : IAsyncLifetime
{
    private const string Items = """
        import { query, mutation, action, internalQuery } from "./_generated/server";
        import { ConvexError, v } from "convex/values";

        export const list = query({
          args: { list: v.string() },
          handler: async (ctx, { list }) => (await ctx.db.query("items").collect()).filter((item) => item.list === list).map((item) => item.text),
        });
        export const add = mutation({
          args: { list: v.string(), text: v.string() },
          handler: async (ctx, args) => await ctx.db.insert("items", args),
        });
        export const refuse = mutation({
          args: { list: v.string() },
          handler: async (ctx, { list }) => {
            await ctx.db.insert("items", { list, text: "never" });
            throw new ConvexError({ code: "REFUSED", list });
          },
        });
        export const shout = action({
          args: { list: v.string(), text: v.string() },
          handler: async (ctx, { list, text }) => {
            await ctx.runMutation("items:add", { list, text: text.toUpperCase() });
            return 42n;
          },
        });
        export const whoami = query({ args: {}, handler: async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null });
        export const secret = internalQuery({ args: {}, handler: async () => "hidden" });
        """;

    public CliHost Host { get; } = new();

    public ConvexProject Project { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Host.InitializeAsync();
        Project = await ConvexProject.CreateAsync([("convex/items.ts", Items)]);
        await Host.PushAsync(Project);
    }

    /// <summary>Runs a program to its end. Before it stands what every one of them needs.</summary>
    internal async Task RunAsync(string program)
    {
        await using var script = Start(program);
        await script.SucceedAsync();
    }

    /// <summary>Starts a program.</summary>
    internal ClientScript Start(string program) => ClientScript.Start(Project, Prologue + program, Host.Url, Host.AdminKey);

    public async ValueTask DisposeAsync()
    {
        Project.Dispose();
        await Host.DisposeAsync();
    }

    internal const string Prologue = """
        import assert from "node:assert/strict";
        import { ConvexClient, ConvexHttpClient } from "convex/browser";
        import { anyApi } from "convex/server";
        import { ConvexError } from "convex/values";
        import WebSocket from "ws";

        const url = process.env.URL, adminKey = process.env.ADMIN_KEY, api = anyApi;
        const open = (options = {}) => new ConvexClient(url, { webSocketConstructor: WebSocket, unsavedChangesWarning: false, ...options });

        // Follows a query: until(check) resolves with the first value that passes.
        function follow(client, query, args) {
          let latest; const values = []; const waiting = new Set(); let failure;
          const look = () => { for (const entry of waiting) if (values.length && entry.check(latest)) { waiting.delete(entry); entry.resolve(latest); } };
          const stop = client.onUpdate(query, args, (value) => { latest = value; values.push(value); look(); }, (error) => { failure = error; for (const entry of waiting) entry.reject(error); waiting.clear(); });
          return { values, stop, until: (check) => new Promise((resolve, reject) => { if (failure) reject(failure); waiting.add({ check, resolve, reject }); look(); }) };
        }

        """;
}
