using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>The official <c>ConvexReactClient</c> and its hooks, in a page of a real Chromium. What is checked is what a person could have seen.</summary>
[Collection(ClientCollection.Name)]
public sealed class ReactClientTests(ClientApp app)
{
    private const string Prologue = """
        const client = new ConvexHttpClient(url, { logger: false });
        const add = (list, text) => client.mutation(api.items.add, { list, text });
        const asked = (page) => page.wire.said.flatMap(({ modifications = [] }) => modifications.map(({ type, udfPath }) => (udfPath ? `${type} ${udfPath}` : type)));

        """;

    [Fact]
    public Task A_query_is_live_and_a_skipped_one_is_not_asked() => app.RunPageAsync(Prologue + """
        await add("live", "one");
        const page = await openPage("list.tsx", { list: "live", follows: "no" });
        await page.shows(({ connected }) => connected);
        assert.deepEqual(asked(page), []);
        await page.press("Follow");
        assert.deepEqual((await page.shows(({ texts }) => texts)).texts, ["one"]);
        assert.deepEqual(asked(page), ["Add items:list"]);
        await add("live", "two");
        await page.shows(({ texts }) => texts.length === 2);
        await page.press("Follow");
        await page.shows(({ texts }) => texts === null);
        assert.deepEqual(asked(page), ["Add items:list", "Remove"]);
        """);

    [Fact, Spec("client-protocol", 31)]
    public Task An_optimistic_update_shows_before_the_server_answers_and_gives_way_without_a_flicker() => app.RunPageAsync(Prologue + """
        await add("before and after", "before");
        const page = await openPage("list.tsx", { list: "before and after" });
        await page.shows(({ texts }) => texts?.length === 1);
        page.wire.hold();
        await page.getByLabel("Text").fill("mine");
        await page.press("Add");
        assert.deepEqual((await page.shows(({ texts }) => texts.length === 2)).texts, ["before", "mine"]);
        // The server has long done it, and somebody else has written too.
        const other = open();
        await follow(other, api.items.list, { list: "before and after" }).until((texts) => texts.includes("mine"));
        await other.close();
        await add("before and after", "theirs");
        assert.equal((await page.renders()).at(-1).said, "waiting");
        page.wire.release();
        const { texts } = await page.shows(({ said, texts }) => said.startsWith("answered ") && texts.length === 3);
        assert.deepEqual(texts, ["before", "mine", "theirs"]);
        const renders = await page.renders(), first = renders.findIndex(({ texts }) => texts?.includes("mine"));
        for (const { texts } of renders.slice(first)) assert.equal(texts.filter((text) => text === "mine").length, 1, texts.join());
        """);

    [Fact]
    public Task A_refused_mutation_takes_its_optimistic_update_back() => app.RunPageAsync(Prologue + """
        const page = await openPage("list.tsx", { list: "rolled back" });
        await page.shows(({ texts }) => texts?.length === 0);
        page.wire.hold();
        await page.getByLabel("Text").fill("never");
        await page.press("Refuse");
        await page.shows(({ texts }) => texts.length === 1);
        page.wire.release();
        assert.deepEqual((await page.shows(({ said }) => said !== "waiting")).said, "refused REFUSED");
        assert.deepEqual((await page.shows(({ texts }) => texts.length === 0)).texts, []);
        assert.deepEqual(await client.query(api.items.list, { list: "rolled back" }), []);
        """);

    [Fact]
    public Task An_action_is_waited_for_and_what_it_did_shows() => app.RunPageAsync(Prologue + """
        const page = await openPage("list.tsx", { list: "shouted" });
        await page.shows(({ texts }) => texts?.length === 0);
        await page.getByLabel("Text").fill("loud");
        await page.press("Shout");
        await page.shows(({ said, texts }) => said === "answered 42" && texts[0] === "LOUD");
        assert.ok((await page.renders()).some(({ said }) => said === "waiting"));
        assert.deepEqual(page.errors, []);
        """);

    [Fact]
    public Task A_query_that_fails_reaches_the_error_boundary_and_recovers() => app.RunPageAsync(Prologue + """
        await add("fragile", "good");
        const page = await openPage("boundary.tsx", { query: "items:fragile", args: '{"list":"fragile"}' });
        await page.shows(({ value }) => value?.length === 1);
        await add("fragile", "poison");
        const { failure } = await page.shows(({ failure }) => failure);
        assert.deepEqual([failure.name, failure.data], ["ConvexError", { code: "POISONED", list: "fragile" }]);
        // Still poisoned: trying again shows the same.
        const { length } = await page.renders();
        await page.press("Try again");
        await page.waitForFunction((seen) => window.renders.length > seen && window.renders.at(-1).failure, length);
        await client.mutation(api.items.clear, { list: "fragile" });
        await add("fragile", "better");
        await page.press("Try again");
        assert.deepEqual((await page.shows(({ value }) => value?.length === 1)).value, ["better"]);
        """);

    [Fact, Spec("client-protocol", 36)]
    public async Task A_server_that_is_killed_comes_back_with_everything_that_was_written_meanwhile()
    {
        await using var script = await app.StartPageAsync(Prologue + """
            await add("killed", "before");
            const page = await openPage("list.tsx", { list: "killed" });
            await page.shows(({ texts }) => texts?.length === 1);
            console.log("open");
            await again();
            await page.shows(({ connected }) => !connected);
            await page.getByLabel("Text").fill("meanwhile");
            await page.press("Add");
            await page.shows(({ texts, said }) => texts.length === 2 && said === "waiting");
            console.log("written");
            await page.shows(({ connected, said }) => connected && said.startsWith("answered "));
            await add("killed", "after");
            assert.deepEqual((await page.shows(({ texts }) => texts.length === 3)).texts, ["before", "meanwhile", "after"]);
            const renders = await page.renders();
            for (const [at, { texts }] of renders.entries()) assert.ok(at === 0 || (texts?.length ?? 0) >= (renders[at - 1].texts?.length ?? 0), "nothing goes away");
            """);
        await script.ExpectAsync("open");
        await app.Host.Host.KillAsync();
        await script.SayAsync("again");
        await script.ExpectAsync("written");
        await app.Host.RestartAsync();
        await script.SucceedAsync();
    }
}
