using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>The official <c>ConvexHttpClient</c>, in Node, against the real server.</summary>
[Collection(ClientCollection.Name)]
public sealed class ConvexHttpClientTests(ClientApp app)
{
    [Fact, Spec("client-protocol", 47, 48, 54)]
    public Task Queries_mutations_and_actions_are_answered() => app.RunAsync("""
        const client = new ConvexHttpClient(url, { logger: false });
        assert.deepEqual(await client.query(api.items.list, { list: "http" }), []);
        await client.mutation(api.items.add, { list: "http", text: "one" });
        assert.equal(await client.action(api.items.shout, { list: "http", text: "two" }), 42n);
        assert.deepEqual(await client.query(api.items.list, { list: "http" }), ["one", "TWO"]);
        assert.deepEqual(await client.consistentQuery(api.items.list, { list: "http" }), ["one", "TWO"]);
        await client.mutation(api.items.add, { list: "http", text: "three" });
        assert.deepEqual(await client.consistentQuery(api.items.list, { list: "http" }), ["one", "TWO"], "a consistent client stays where it was");
        await assert.rejects(client.mutation(api.items.refuse, { list: "http" }), (error) => error instanceof ConvexError && error.data.code === "REFUSED");
        await assert.rejects(client.query(api.items.gone, {}), /Could not find public function for 'items:gone'/);
        """);

    [Fact, Spec("client-protocol", 45, 46, 47)]
    public Task An_admin_reaches_internal_functions_and_acts_as_somebody() => app.RunAsync("""
        const client = new ConvexHttpClient(url, { logger: false });
        client.setAdminAuth(adminKey, { issuer: "https://id.example.com", subject: "u_17", name: "Ada" });
        assert.equal(await client.query(api.items.whoami, {}), "Ada");
        assert.equal(await client.function("hidden:secret", undefined, {}), "hidden");
        const stranger = new ConvexHttpClient(url, { logger: false });
        stranger.setAdminAuth(adminKey + "0");
        await assert.rejects(stranger.query(api.items.whoami, {}), /BadAdminKey/);
        stranger.setAuth("a.b.c");
        await assert.rejects(stranger.query(api.items.whoami, {}), /InvalidAuthHeader.*Could not parse JWT payload/);
        """);
}
