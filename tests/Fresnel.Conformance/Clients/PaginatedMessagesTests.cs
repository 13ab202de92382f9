using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary><c>usePaginatedQuery</c> in a real Chromium: a conversation that is read page by page while it goes on.</summary>
[Collection(ClientCollection.Name)]
public sealed class PaginatedMessagesTests(ClientApp app)
{
    /// <summary>Every state that was shown must be a piece of the conversation from its newest message on: no gap, nothing twice.</summary>
    private const string Prologue = """
        const client = new ConvexHttpClient(url, { logger: false });
        const fill = (conversation, first, last) => client.mutation(api.feed.fill, { conversation, first, last });
        const whole = (numbers) => numbers.every((number, at) => at === 0 || number === numbers[at - 1] - 1);
        const range = (from, to) => Array.from({ length: from - to + 1 }, (_, at) => from - at);

        """;

    [Fact]
    public Task Pages_come_one_after_another_until_there_are_no_more() => app.RunPageAsync(Prologue + """
        await fill("pages", 1, 12);
        const page = await openPage("feed.tsx", { conversation: "pages" });
        assert.deepEqual((await page.shows(({ status }) => status === "CanLoadMore")).numbers, range(12, 8));
        await page.press("More");
        assert.deepEqual((await page.shows(({ status, numbers }) => status === "CanLoadMore" && numbers.length > 5)).numbers, range(12, 3));
        await page.press("More");
        assert.deepEqual((await page.shows(({ status }) => status === "Exhausted")).numbers, range(12, 1));
        const renders = await page.renders();
        assert.deepEqual(
          renders.map(({ status }) => status).filter((status, at, all) => status !== all[at - 1]),
          ["LoadingFirstPage", "CanLoadMore", "LoadingMore", "CanLoadMore", "LoadingMore", "Exhausted"],
        );
        for (const { numbers, status, isLoading } of renders) assert.ok(whole(numbers) && isLoading === status.startsWith("Loading"), `${status}: ${numbers}`);
        await page.press("Other");
        assert.deepEqual((await page.shows(({ conversation, status }) => conversation === "pages again" && status === "Exhausted")).numbers, []);
        """);

    [Fact]
    public Task New_messages_join_the_first_page_and_the_later_pages_stand_without_gap_or_overlap() => app.RunPageAsync(Prologue + """
        await fill("growing", 1, 12);
        const page = await openPage("feed.tsx", { conversation: "growing" });
        await page.shows(({ status }) => status === "CanLoadMore");
        await page.press("More");
        await page.shows(({ numbers }) => numbers.length === 10);
        // One by one, while the person reads on.
        for (const number of [13, 14, 15]) await fill("growing", number, number);
        await page.press("More");
        assert.deepEqual((await page.shows(({ numbers, status }) => numbers.length === 15 && status === "Exhausted")).numbers, range(15, 1));
        // So many at once that the page is cut in two.
        await fill("growing", 16, 40);
        assert.deepEqual((await page.shows(({ numbers }) => numbers.length === 40)).numbers, range(40, 1));
        await fill("growing", 41, 41);
        await page.shows(({ numbers }) => numbers.length === 41);
        const renders = await page.renders();
        for (const { numbers } of renders) assert.ok(whole(numbers), `${numbers}`);
        for (const [at, { numbers }] of renders.entries()) assert.ok(at === 0 || numbers.length >= renders[at - 1].numbers.length, "nothing that was read goes away");
        // A message at the border of two pages is taken away, and one in the middle.
        for (const number of [8, 30]) await client.mutation(api.feed.remove, { conversation: "growing", number });
        assert.deepEqual((await page.shows(({ numbers }) => numbers.length === 39)).numbers, range(41, 1).filter((number) => number !== 8 && number !== 30));
        assert.deepEqual(page.errors, []);
        """);

    [Fact, Spec("data-model", 34)]
    public Task Cursors_that_fit_no_more_start_the_reading_again() => app.RunPageAsync(Prologue + """
        await fill("turning", 1, 12);
        const page = await openPage("feed.tsx", { conversation: "turning" });
        await page.shows(({ status }) => status === "CanLoadMore");
        await page.press("More");
        await page.shows(({ numbers }) => numbers.length === 10);
        await client.mutation(api.feed.turn, { conversation: "turning" });
        assert.deepEqual((await page.shows(({ numbers, status }) => numbers[0] === 1 && status === "CanLoadMore")).numbers, [1, 2, 3, 4, 5]);
        await page.press("More");
        assert.deepEqual((await page.shows(({ numbers }) => numbers.length === 10)).numbers, range(10, 1).reverse());
        assert.deepEqual(page.errors, []);
        """);

    [Fact]
    public async Task A_server_that_is_killed_takes_no_page_away()
    {
        await using var script = await app.StartPageAsync(Prologue + """
            await fill("lasting", 1, 12);
            const page = await openPage("feed.tsx", { conversation: "lasting" });
            await page.shows(({ status }) => status === "CanLoadMore");
            await page.press("More");
            await page.shows(({ numbers }) => numbers.length === 10);
            console.log("reading");
            await again();
            await fill("lasting", 13, 13);
            assert.deepEqual((await page.shows(({ numbers }) => numbers[0] === 13)).numbers, range(13, 3));
            await page.press("More");
            assert.deepEqual((await page.shows(({ status }) => status === "Exhausted")).numbers, range(13, 1));
            assert.equal(page.wire.sockets > 1, true);
            const renders = await page.renders();
            for (const [at, { numbers }] of renders.entries()) assert.ok(whole(numbers) && (at === 0 || numbers.length >= renders[at - 1].numbers.length), `${numbers}`);
            """);
        await script.ExpectAsync("reading");
        await app.Host.CrashAsync();
        await script.SayAsync("again");
        await script.SucceedAsync();
    }
}
