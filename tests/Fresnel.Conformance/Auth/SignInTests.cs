using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.Auth;

/// <summary>Pattern 8: who somebody is, by tokens that an issuer signed, with the official clients.</summary>
public sealed class SignInTests(IdentityApp app) : IClassFixture<IdentityApp>
{
    [Fact, Spec("client-protocol", 44, 45)]
    public Task Custom_tokens_of_either_algorithm_and_OIDC_tokens_are_taken_over_HTTP() => app.RunAsync("""
        const http = new ConvexHttpClient(url);
        assert.equal(await http.query(api.users.me, {}), null);
        for (const asked of [{ alg: "ES256", aud: "es256" }, { alg: "RS256", aud: "rs256" }, { alg: "RS256", aud: "oidc" }]) {
          // Both custom providers have one issuer, so the audience tells which is meant.
          http.setAuth(await tokenFor({ sub: asked.aud, ...asked }));
          assert.equal(await http.query(api.users.me, {}), asked.aud);
          assert.deepEqual(await http.action(api.users.through, {}), [asked.aud, asked.aud]);
        }
        for (const token of [await tokenFor({ seconds: "-60" }), await tokenFor({ aud: "another" }), await tokenFor({ alg: "RS256" }), "garbage"]) {
          http.setAuth(token);
          await assert.rejects(http.query(api.users.me, {}), (error) => typeof JSON.parse(error.message).code === "string");
        }
        http.clearAuth();
        assert.equal(await http.query(api.users.me, {}), null);
        """);

    [Fact, Spec("client-protocol", 38, 41)]
    public Task Signing_in_and_out_on_a_live_socket_changes_what_is_shown_and_the_socket_stays() => app.RunAsync("""
        const client = connect(), me = follow(client, api.users.me, {});
        assert.equal(await me.until(() => true), null);
        const ada = await tokenFor({ sub: "ada" }), bob = await tokenFor({ sub: "bob" });
        assert.equal(await signIn(client, async () => ada), true);
        assert.equal(await me.until((subject) => subject !== null), "ada");
        await client.mutation(api.users.arrive, {});
        assert.equal(await signIn(client, async () => bob), true);
        assert.equal(await me.until((subject) => subject === "bob"), "bob");
        client.client.clearAuth(); // As ConvexReactClient does when its user signs out.
        assert.equal(await me.until((subject) => subject === null), null);
        assert.deepEqual(me.values.filter((value, at, all) => at === 0 || value !== all[at - 1]), [null, "ada", "bob", null]);
        assert.equal(opened, 1);
        await client.close();
        """);

    [Fact]
    public Task A_role_in_the_token_decides_what_a_mutation_may_do_and_a_users_table_knows_who_came() => app.RunAsync("""
        const member = connect(), admin = connect();
        const everyone = follow(admin, api.users.everyone, {});
        await assert.rejects(member.mutation(api.users.arrive, {}), /Uncaught Error: Not authenticated/);
        const tokens = [await tokenFor({ sub: "mary" }), await tokenFor({ sub: "otto", role: "admin" })];
        await signIn(member, async () => tokens[0]);
        await signIn(admin, async () => tokens[1]);
        const id = await member.mutation(api.users.arrive, {});
        assert.equal(await member.mutation(api.users.arrive, {}), id);
        await admin.mutation(api.users.arrive, {});
        assert.ok(["mary member", "otto admin"].every((user) => everyone.values.at(-1).includes(user)));
        await assert.rejects(member.mutation(api.users.removeEveryone, {}), /Uncaught Error: Only an admin may do this/);
        await admin.mutation(api.users.removeEveryone, {});
        assert.deepEqual(await everyone.until((users) => users.length === 0), []);
        await member.close();
        await admin.close();
        """);

    [Fact]
    public Task An_action_and_what_it_calls_run_as_the_user_and_what_it_schedules_as_nobody() => app.RunAsync("""
        const client = connect(), token = await tokenFor({ sub: "carl" });
        await signIn(client, async () => token);
        assert.deepEqual(await client.action(api.users.through, {}), ["carl", "carl"]);
        assert.ok((await follow(client, api.users.notes, {}).until((notes) => notes.length > 0)).every((by) => by === "nobody"));
        await client.close();
        """);

    [Fact, Spec("client-protocol", 40, 42)]
    public Task The_client_fetches_a_fresh_token_before_the_old_one_runs_out_and_nobody_notices() => app.RunAsync("""
        const client = connect(), me = follow(client, api.users.me, {});
        await me.until(() => true);
        const fetched = [];
        // The client asks for the next token ten seconds before the end of one.
        const signedIn = await signIn(client, async ({ forceRefreshToken }) => {
          const token = await tokenFor({ sub: "dora", seconds: "12" });
          fetched.push(forceRefreshToken);
          return token;
        });
        assert.equal(signedIn, true);
        await me.until((subject) => subject === "dora");
        const shown = me.values.length;
        await new Promise((resolve) => { const look = setInterval(() => { if (fetched.length >= 3) { clearInterval(look); resolve(); } }, 20); });
        await client.mutation(api.users.arrive, {});
        assert.equal(me.values.length, shown, "the same user with another token is the same user");
        assert.equal(opened, 1);
        await client.close();
        """);

    [Fact, Spec("client-protocol", 39)]
    public Task A_client_whose_tokens_are_refused_gives_up_and_goes_on_as_nobody() => app.RunAsync("""
        const client = connect(), me = follow(client, api.users.me, {});
        await me.until(() => true);
        let asked = 0;
        assert.equal(await signIn(client, async () => { asked++; return await tokenFor({ sub: "eve", aud: "another" }); }), false);
        assert.ok(asked >= 2 && asked <= 5, `${asked}`);
        await assert.rejects(client.mutation(api.users.arrive, {}), /Uncaught Error: Not authenticated/);
        assert.ok(me.values.every((subject) => subject === null));
        await client.close();
        """);

    [Fact, Spec("deploy-api", 3)]
    public async Task The_CLI_runs_a_function_as_whom_it_is_told()
    {
        var run = await app.Host.SucceedAsync(app.Project, "run", "users:me", "--identity", """{"subject":"fred","issuer":"https://elsewhere.test"}""");
        Assert.Equal("\"fred\"", run.Output.Trim());
    }
}
