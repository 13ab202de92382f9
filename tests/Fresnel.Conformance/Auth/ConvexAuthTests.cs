using Fresnel.Conformance.Cli;
using Fresnel.Conformance.Clients;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Auth;

/// <summary>The package <c>@convex-dev/auth</c> as a whole, unmodified: the app issues its own tokens, serves its own discovery document by HTTP actions, and trusts itself.</summary>
public sealed class ConvexAuthTests
{
    private static readonly (string, string)[] Files =
    [
        ("convex/auth.config.ts", """export default { providers: [{ domain: process.env.CONVEX_SITE_URL, applicationID: "convex" }] };"""),
        ("convex/auth.ts", """
            import { Password } from "@convex-dev/auth/providers/Password";
            import { convexAuth } from "@convex-dev/auth/server";
            export const { auth, signIn, signOut, store, isAuthenticated } = convexAuth({ providers: [Password] });
            """),
        ("convex/http.ts", """
            import { httpRouter } from "convex/server";
            import { auth } from "./auth";
            const http = httpRouter();
            auth.addHttpRoutes(http);
            export default http;
            """),
        ("convex/schema.ts", """
            import { defineSchema } from "convex/server";
            import { authTables } from "@convex-dev/auth/server";
            export default defineSchema({ ...authTables });
            """),
        ("convex/users.ts", """
            import { query } from "./_generated/server";
            import { getAuthUserId } from "@convex-dev/auth/server";
            export const me = query({
              args: {},
              handler: async (ctx) => {
                const id = await getAuthUserId(ctx);
                return id === null ? null : ((await ctx.db.get(id))?.email ?? null);
              },
            });
            """),
    ];

    /// <summary>The keys that its set-up command would make.</summary>
    private const string Keys = """
        const { exportJWK, exportPKCS8, generateKeyPair } = await import("jose");
        const keys = await generateKeyPair("RS256", { extractable: true });
        const variables = {
          JWT_PRIVATE_KEY: (await exportPKCS8(keys.privateKey)).trimEnd().replace(/\n/g, " "),
          JWKS: JSON.stringify({ keys: [{ use: "sig", ...(await exportJWK(keys.publicKey)) }] }),
          SITE_URL: "http://localhost:3000",
        };
        const set = await fetch(`${url}/api/update_environment_variables`, {
          method: "POST", headers: { Authorization: `Convex ${adminKey}`, "Content-Type": "application/json" },
          body: JSON.stringify({ changes: Object.entries(variables).map(([name, value]) => ({ name, value })) }),
        });
        assert.equal(set.status, 200, await set.text());

        """;

    [Fact]
    public async Task Signing_up_in_and_on_with_a_password_works_as_it_is()
    {
        await using var host = new CliHost();
        await host.InitializeAsync();
        using var project = await ConvexProject.CreateAsync(Files);
        await host.PushAsync(project);
        await using var script = ClientScript.Start(project, ClientApp.Prologue + Keys + """
            const http = new ConvexHttpClient(url), person = { email: "ada@example.com", password: "hunter2hunter2" };
            const sign = (flow, params = {}) => http.action(api.auth.signIn, { provider: "password", params: { ...person, ...params, flow } });
            const up = await sign("signUp");
            http.setAuth(up.tokens.token);
            assert.equal(await http.query(api.users.me, {}), "ada@example.com");
            http.clearAuth();
            assert.equal(await http.query(api.users.me, {}), null);
            await assert.rejects(sign("signIn", { password: "another password" }), /Uncaught Error: InvalidSecret/);
            await assert.rejects(sign("signIn", { email: "nobody@example.com" }), /Uncaught Error: InvalidAccountId/);

            const back = await sign("signIn");
            const fresh = await http.action(api.auth.signIn, { refreshToken: back.tokens.refreshToken });
            const client = open(), me = follow(client, api.users.me, {});
            assert.equal(await me.until(() => true), null);
            await new Promise((signedIn) => client.setAuth(async () => fresh.tokens.token, signedIn));
            assert.equal(await me.until((email) => email !== null), "ada@example.com");
            assert.equal(await client.query(api.auth.isAuthenticated, {}), true);
            await client.action(api.auth.signOut, {});
            assert.equal((await http.action(api.auth.signIn, { refreshToken: fresh.tokens.refreshToken })).tokens, null);
            await client.close();
            """, host.Url, host.AdminKey);
        await script.SucceedAsync();
    }
}
