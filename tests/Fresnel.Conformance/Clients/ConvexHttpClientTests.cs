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

    [Fact]
    public Task Every_value_goes_there_and_back() => app.RunAsync("""
        const client = new ConvexHttpClient(url, { logger: false });
        const values = [
          null, true, 0, -0, 1.5, NaN, Infinity, -Infinity, 5e-324, 0n, -(2n ** 63n), 2n ** 63n - 1n, "", "ÿ 😀 \u0000", new ArrayBuffer(0), new Uint8Array([0, 255]).buffer,
          [], {}, [[{ a: [1n, { b: null }] }]], Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`field${number}`, number])),
        ];
        for (const value of values) assert.deepEqual(await client.query(api.items.echo, { value }), value);
        assert.deepEqual(await client.query(api.items.echo, { value: values }), values);
        """);

    [Fact, Spec("client-protocol", 54)]
    public Task What_a_function_throws_reaches_the_caller() => app.RunAsync("""
        const client = new ConvexHttpClient(url, { logger: false });
        const about = { code: 7n, bytes: new Uint8Array([1, 2]).buffer, rate: -0, why: ["a", null] };
        const complaint = await client.query(api.items.complain, { about }).catch((error) => error);
        assert.ok(complaint instanceof ConvexError);
        assert.deepEqual(complaint.data, about);
        const stumble = await client.query(api.items.complain, { about: "over a stone" }).catch((error) => error);
        assert.ok(!(stumble instanceof ConvexError));
        assert.match(stumble.message, /^\[Request ID: [0-9a-f]{16}\] Server Error\nUncaught TypeError: over a stone\n    at .*\(\.\.\/convex\/items\.ts:\d+:\d+\)\n/);
        await assert.rejects(client.mutation(api.items.list, { list: "x" }), /Trying to execute items\.js:list as Mutation, but it is defined as Query\./);
        await assert.rejects(client.query(api.items.list, { list: 7 }), /ArgumentValidationError: Value does not match validator\.\nPath: \.list\nValue: 7\.0\nValidator: v\.string\(\)/);
        await assert.rejects(client.query(api.items.list, { list: "x", more: 1 }), /ArgumentValidationError: Object contains extra field `more`/);
        await assert.rejects(new ConvexHttpClient("http://127.0.0.1:9", { logger: false }).query(api.items.whoami, {}), /fetch failed/);
        """);

    [Fact]
    public Task Mutations_wait_for_one_another_unless_they_need_not() => app.RunAsync("""
        const client = new ConvexHttpClient(url, { logger: false }), args = { list: "queued" };
        const texts = Array.from({ length: 20 }, (_, number) => `${number}`);
        const ids = await Promise.all(texts.map((text) => client.mutation(api.items.add, { ...args, text })));
        assert.equal(new Set(ids).size, texts.length);
        assert.deepEqual(await client.query(api.items.list, args), texts);
        // One that fails does not stop those behind it.
        const ends = await Promise.allSettled([client.mutation(api.items.refuse, args), client.mutation(api.items.add, { ...args, text: "behind" })]);
        assert.deepEqual(ends.map(({ status }) => status), ["rejected", "fulfilled"]);
        await Promise.all(texts.map((text) => client.mutation(api.items.add, { list: "at once", text }, { skipQueue: true })));
        assert.deepEqual((await client.query(api.items.list, { list: "at once" })).toSorted(), texts.toSorted());
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
