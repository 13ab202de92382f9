using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>The official <c>ConvexClient</c>, in Node, against the real server.</summary>
[Collection(ClientCollection.Name)]
public sealed class ConvexClientTests(ClientApp app)
{
    [Fact, Spec("client-protocol", 29, 31)]
    public Task Queries_follow_mutations_and_a_mutations_promise_resolves_when_they_do() => app.RunAsync("""
        const client = open(), args = { list: "follow" };
        const list = follow(client, api.items.list, args);
        assert.deepEqual(await list.until(() => true), []);
        for (let number = 1; number <= 10; number++) {
          await client.mutation(api.items.add, { list: "follow", text: `${number}` });
          assert.equal(list.values.at(-1).length, number, "the write shows before the promise resolves");
        }
        const all = await Promise.all(Array.from({ length: 20 }, (_, number) => client.mutation(api.items.add, { list: "follow", text: `b${number}` })));
        assert.equal(new Set(all).size, 20);
        assert.deepEqual((await list.until((texts) => texts.length === 30)).slice(10), Array.from({ length: 20 }, (_, number) => `b${number}`));
        await client.close();
        """);

    [Fact]
    public Task Optimistic_updates_show_at_once_and_never_beside_the_real_ones() => app.RunAsync("""
        const client = open(), args = { list: "optimistic" };
        const list = follow(client, api.items.list, args);
        await list.until(() => true);
        for (let number = 0; number < 15; number++) {
          await client.mutation(api.items.add, { list: "optimistic", text: `real ${number}` }, {
            optimisticUpdate: (store) => store.setQuery(api.items.list, args, [...(store.getQuery(api.items.list, args) ?? []), `guess ${number}`]),
          });
        }
        for (const texts of list.values) assert.ok(!texts.some((text) => text.startsWith("guess") && texts.includes(text.replace("guess", "real"))), texts.join());
        assert.ok(list.values.some((texts) => texts.some((text) => text.startsWith("guess"))));
        assert.deepEqual(await list.until((texts) => texts.length === 15), Array.from({ length: 15 }, (_, number) => `real ${number}`));
        await client.close();
        """);

    [Fact, Spec("client-protocol", 34, 35)]
    public Task Actions_and_errors_come_through() => app.RunAsync("""
        const client = open();
        const list = follow(client, api.items.list, { list: "errors" });
        assert.equal(await client.action(api.items.shout, { list: "errors", text: "loud" }), 42n);
        assert.deepEqual(await list.until((texts) => texts.length === 1), ["LOUD"]);
        await assert.rejects(client.mutation(api.items.refuse, { list: "errors" }), (error) => error instanceof ConvexError && error.data.code === "REFUSED" && error.data.list === "errors");
        await assert.rejects(client.mutation(api.items.add, { list: "errors" }), /ArgumentValidationError: Object is missing the required field `text`/);
        await assert.rejects(client.mutation(api.items.gone, {}), /Could not find public function for 'items:gone'/);
        await assert.rejects(client.query(api.hidden.secret, {}), /Could not find public function for 'hidden:secret'/);
        assert.deepEqual(list.values.at(-1), ["LOUD"]);
        await client.close();
        """);

    [Fact]
    public Task Two_clients_see_each_other() => app.RunAsync("""
        const one = open(), other = open();
        const seen = follow(other, api.items.list, { list: "two" });
        await seen.until(() => true);
        await one.mutation(api.items.add, { list: "two", text: "hello" });
        assert.deepEqual(await seen.until((texts) => texts.length === 1), ["hello"]);
        seen.stop();
        await one.close(); await other.close();
        """);

    [Fact, Spec("client-protocol", 39)]
    public Task A_token_that_cannot_be_verified_is_given_up_soon_and_the_client_goes_on_as_nobody() => app.RunAsync("""
        const claims = Buffer.from(JSON.stringify({ iss: "https://id.example.com", sub: "u", iat: 1, exp: 4102444800 })).toString("base64url");
        let fetched = 0; const changes = [];
        const client = open({ logger: false });
        client.setAuth(async () => `eyJhbGciOiJSUzI1NiJ9.${claims}.${Buffer.from(`${fetched++}`).toString("base64url")}`, (isAuthenticated) => changes.push(isAuthenticated));
        const who = follow(client, api.items.whoami, {});
        assert.equal(await who.until(() => true), null);
        assert.ok(fetched <= 6, `${fetched} tokens were fetched`);
        assert.deepEqual([...new Set(changes)], [false]);
        await client.close();
        """);

    [Fact, Spec("client-protocol", 36)]
    public async Task A_server_that_is_killed_loses_nothing_and_does_nothing_twice()
    {
        await using var script = app.Start("""
            const client = open({ logger: false });
            const list = follow(client, api.items.list, { list: "crash" });
            await list.until(() => true);
            const promises = [];
            console.log("ready");
            for (let number = 0; number < 200; number++) {
              promises.push(client.mutation(api.items.add, { list: "crash", text: `${number}` }));
              if (number % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10));
            }
            const ids = await Promise.all(promises);
            assert.equal(new Set(ids).size, 200);
            assert.deepEqual(await list.until((texts) => texts.length >= 200), Array.from({ length: 200 }, (_, number) => `${number}`));
            await client.close();
            """);
        await script.ExpectAsync("ready");
        await app.Host.CrashAsync();
        await script.SucceedAsync();
    }
}
