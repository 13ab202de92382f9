using System.Net.Http.Json;
using Fresnel.Conformance.Cli;
using Fresnel.Conformance.Clients;
using Fresnel.Testing.Issuers;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Auth;

/// <summary>A server with an app that trusts a test issuer in three ways: custom JWTs by either algorithm, and OIDC. One per test class.</summary>
public sealed class IdentityApp : IAsyncLifetime
{
    private const string Config = """
        export default {
          providers: [
            { type: "customJwt", issuer: process.env.ISSUER!, jwks: process.env.ISSUER_JWKS!, algorithm: "ES256", applicationID: "es256" },
            { type: "customJwt", issuer: process.env.ISSUER!, jwks: `${process.env.ISSUER}/jwks`, algorithm: "RS256", applicationID: "rs256" },
            { domain: process.env.ISSUER!, applicationID: "oidc" },
          ],
        };
        """;

    private const string Users = """
        import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        import { v } from "convex/values";

        export const me = query({ args: {}, handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null });
        export const everyone = query({ args: {}, handler: async (ctx) => (await ctx.db.query("users").collect()).map(({ name, role }) => `${name} ${role}`) });
        // The first visit makes the user; their token says what they are.
        export const arrive = mutation({
          args: {},
          handler: async (ctx) => {
            const identity = await ctx.auth.getUserIdentity();
            if (identity === null) throw new Error("Not authenticated");
            const known = await ctx.db.query("users").withIndex("by_token", (q) => q.eq("token", identity.tokenIdentifier)).unique();
            return known?._id ?? (await ctx.db.insert("users", { token: identity.tokenIdentifier, name: identity.subject, role: String(identity.role ?? "member") }));
          },
        });
        export const removeEveryone = mutation({
          args: {},
          handler: async (ctx) => {
            const identity = await ctx.auth.getUserIdentity();
            if (identity?.role !== "admin") throw new Error("Only an admin may do this");
            for (const user of await ctx.db.query("users").collect()) await ctx.db.delete(user._id);
          },
        });
        export const through = action({
          args: {},
          handler: async (ctx): Promise<(string | null)[]> => {
            await ctx.scheduler.runAfter(0, internal.users.note, {});
            return [(await ctx.auth.getUserIdentity())?.subject ?? null, await ctx.runQuery(internal.users.inside, {})];
          },
        });
        export const inside = internalQuery({ args: {}, handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null });
        export const note = internalMutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { by: (await ctx.auth.getUserIdentity())?.subject ?? "nobody" }); } });
        export const notes = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).map(({ by }) => by) });
        """;

    private const string Schema = """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          users: defineTable({ token: v.string(), name: v.string(), role: v.string() }).index("by_token", ["token"]),
          notes: defineTable({ by: v.string() }),
        });
        """;

    public CliHost Host { get; } = new();

    internal ConvexProject Project { get; private set; } = null!;

    internal TestIssuer Issuer { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Issuer = await TestIssuer.StartAsync();
        await Host.InitializeAsync();
        Project = await ConvexProject.CreateAsync([("convex/auth.config.ts", Config), ("convex/users.ts", Users), ("convex/schema.ts", Schema)]);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Convex {Host.AdminKey}");
        var changes = new[] { new { name = "ISSUER", value = Issuer.Url }, new { name = "ISSUER_JWKS", value = Issuer.JwksData } };
        using var answer = await http.PostAsJsonAsync($"{Host.Url}/api/update_environment_variables", new { changes });
        answer.EnsureSuccessStatusCode();
        await Host.PushAsync(Project);
    }

    /// <summary>Runs a program to its end: <c>tokenFor</c> gets a token from the issuer, <c>opened</c> counts the sockets of <c>connect</c>.</summary>
    internal async Task RunAsync(string program)
    {
        await using var script = ClientScript.Start(Project, ClientApp.Prologue + $$"""
            const tokenFor = async (asked) => await (await fetch("{{Issuer.Url}}/token?" + new URLSearchParams({ aud: "es256", ...asked }))).text();
            let opened = 0;
            class Counted extends WebSocket { constructor(...values) { super(...values); opened++; } }
            const connect = () => new ConvexClient(url, { webSocketConstructor: Counted, unsavedChangesWarning: false });
            // Signs in and resolves once the server has confirmed it.
            const signIn = (client, fetchToken) => new Promise((resolve) => client.setAuth(fetchToken, resolve));

            """ + program, Host.Url, Host.AdminKey);
        await script.SucceedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Project?.Dispose();
        await Host.DisposeAsync();
        if (Issuer is not null) await Issuer.DisposeAsync();
    }
}
