using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>Pattern 8: so many calls of a model per user and minute, with <c>getAuthUserId</c> of <c>@convex-dev/auth</c>.</summary>
public sealed class RateLimitTests
{
    /// <summary>Signs tokens as <c>@convex-dev/auth</c> does: the subject is the user, a bar, and the session.</summary>
    private const string Issuer = """
        const { exportJWK, generateKeyPair, SignJWT } = await import("jose");
        const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
        const jwks = "data:application/json," + encodeURIComponent(JSON.stringify({ keys: [{ ...await exportJWK(publicKey), kid: "one", alg: "ES256", use: "sig" }] }));
        const tokenFor = (user) => new SignJWT({}).setProtectedHeader({ alg: "ES256", kid: "one", typ: "JWT" }).setIssuer("https://issuer.test").setSubject(`${user}|session`).setIssuedAt().setExpirationTime("1h").sign(privateKey);
        const setVariable = async (name, value) => {
          const answer = await fetch(`${url}/api/update_environment_variables`, { method: "POST", headers: { Authorization: `Convex ${adminKey}`, "Content-Type": "application/json" }, body: JSON.stringify({ changes: [{ name, value }] }) });
          assert.equal(answer.status, 200, await answer.text());
        };

        """;

    [Fact]
    public async Task As_it_is_written_the_push_says_which_name_is_missing()
    {
        await using var app = await SeedApp.OpenAsync(SeedApps.RateLimitAsWritten, ("ISSUER_JWKS", """data:application/json,{"keys":[]}"""));
        var refused = await app.Host.FailToPushAsync(app.Project);
        Assert.Contains("Failed to analyze ai.js: Uncaught ReferenceError: internalQuery is not defined", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("../convex/ai.ts:", refused.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The smallest repair: the block lacks the imports of <c>internal</c>, <c>internalQuery</c> and <c>internalMutation</c>, and the model's client.</summary>
    [Fact]
    public async Task With_the_missing_imports_ten_calls_a_minute_are_let_through_for_each_user()
    {
        await using var app = await SeedApp.StartAsync(SeedApps.RateLimit, ("ISSUER_JWKS", """data:application/json,{"keys":[]}"""));
        await app.RunAsync(Issuer + """
            await setVariable("ISSUER_JWKS", jwks);
            const ask = (prompt) => http.action(api.ai.generateWithRateLimit, { prompt });
            const limit = /Uncaught Error: Rate limit exceeded\. Please wait before trying again\./;
            await assert.rejects(ask("as nobody"), limit);

            http.setAuth(await tokenFor("ada"));
            for (let number = 1; number <= 10; number++) assert.equal(await ask(`call ${number}`), `CALL ${number}`);
            await assert.rejects(ask("one too many"), limit);

            http.setAuth(await tokenFor("bob"));
            assert.equal(await ask("another user"), "ANOTHER USER");

            const admin = new ConvexHttpClient(url);
            admin.setAdminAuth(adminKey);
            await admin.function("clock:passAMinute", undefined, {});
            http.setAuth(await tokenFor("ada"));
            assert.equal(await ask("a minute later"), "A MINUTE LATER");
            await assert.rejects(http.query("ai:checkRateLimit", {}), /Could not find public function for 'ai:checkRateLimit'/);
            """);
        Assert.Equal(12, app.Model.Requests.Count);
    }
}
