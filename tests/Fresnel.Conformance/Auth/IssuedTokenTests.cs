using Fresnel.Conformance.Cli;
using Fresnel.Conformance.Clients;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Auth;

/// <summary>Tokens that a deployment issues by <c>ctx.auth.signJwt</c>: anyone verifies them by its public keys, and it may trust itself.</summary>
public sealed class IssuedTokenTests
{
    private static readonly (string, string)[] Files =
    [
        ("convex/auth.config.ts", """
            export default {
              providers: [{
                type: "customJwt", issuer: process.env.CONVEX_CLOUD_URL!, jwks: `${process.env.CONVEX_CLOUD_URL}/.well-known/jwks.json`, algorithm: "ES256", applicationID: "app",
              }],
            };
            """),
        ("convex/tokens.ts", """
            import { mutation, query } from "./_generated/server";
            import { v } from "convex/values";
            export const issue = mutation({
              args: { subject: v.string(), audience: v.string() },
              handler: (ctx, { subject, audience }) => ctx.auth.signJwt({ claims: { sub: subject, aud: audience, rooms: ["a", "b"] }, expiresInSeconds: 600 }),
            });
            export const me = query({ args: {}, handler: (ctx) => ctx.auth.getUserIdentity() });
            """),
    ];

    private const string Program = """
        const { createRemoteJWKSet, jwtVerify } = await import("jose");
        const http = new ConvexHttpClient(url), keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
        const expected = { issuer: url, audience: "app", algorithms: ["ES256"], typ: "JWT" };
        const token = await http.mutation(api.tokens.issue, { subject: "ada", audience: "app" });
        const { payload } = await jwtVerify(token, keys, expected);
        assert.deepEqual([payload.sub, payload.rooms, payload.exp - payload.iat], ["ada", ["a", "b"], 600]);
        await assert.rejects(jwtVerify(token.slice(0, -8) + "AAAAAAAA", keys, expected), /signature verification failed/);

        http.setAuth(token);
        const me = await http.query(api.tokens.me, {});
        assert.deepEqual([me.subject, me.issuer, me.tokenIdentifier, me.rooms], ["ada", url, `${url}|ada`, ["a", "b"]]);
        http.setAuth(await http.mutation(api.tokens.issue, { subject: "eve", audience: "another app" }));
        await assert.rejects(http.query(api.tokens.me, {}));

        // The same key after the server was killed.
        console.log("issued");
        await again();
        assert.equal((await jwtVerify(token, createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`)), expected)).payload.sub, "ada");
        http.setAuth(token);
        assert.equal((await http.query(api.tokens.me, {})).subject, "ada");
        """;

    [Fact]
    public async Task Anyone_verifies_them_and_the_deployment_takes_them_also_after_it_was_killed()
    {
        await using var host = new CliHost();
        await host.InitializeAsync();
        using var project = await ConvexProject.CreateAsync(Files);
        await host.PushAsync(project);
        await using var script = ClientScript.Start(project, ClientApp.Prologue + Program, host.Url, host.AdminKey);
        await script.ExpectAsync("issued");
        await host.CrashAsync();
        await script.SayAsync("again");
        await script.SucceedAsync();
    }
}
