using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>Pattern 4: validators, indexes and conversations; with the client that the quick reference sketches.</summary>
public sealed class ConversationTests(SeedFixture<ConversationTests.Conversation> fixture) : IClassFixture<SeedFixture<ConversationTests.Conversation>>
{
    private SeedApp App => fixture.App;

    /// <summary>The sketch says of itself that it is pseudocode: the package has no <c>convex/http</c>, and a function's name has a colon.</summary>
    [Fact]
    public async Task The_sketched_client_works_with_the_real_import_and_names()
    {
        var client = SeedDocuments.Take("001 Short Example (JS)")
            .Replace("import { ConvexHttpClient } from \"convex/http\"; // placeholder\n", "", StringComparison.Ordinal)
            .Replace("'messages.", "'messages:", StringComparison.Ordinal);
        await App.RunAsync($$"""
            process.env.CONVEX_URL = url;
            const conversationId = await http.mutation(api.messages.start, {}), userId = "ada", text = "hello";
            {{client}}
            assert.deepEqual(messages, [{ userId: "ada", text: "hello" }]);
            """);
    }

    [Fact]
    public async Task An_index_gives_what_is_equal_and_what_is_greater_in_either_order_and_so_many()
    {
        await App.RunAsync("""
            const conversationId = await http.mutation(api.messages.start, {}), another = await http.mutation(api.messages.start, {});
            await http.mutation(api.messages.add, { conversationId: another, userId: "bob", text: "elsewhere" });
            for (let number = 0; number < 60; number++) http.mutation(api.messages.add, { conversationId, userId: "ada", text: `${number}` });
            await http.mutation(api.messages.add, { conversationId, userId: "ada", text: "60" });
            const all = await http.query(api.messages.forConversation, { conversationId });
            assert.deepEqual(all.map(({ text }) => text), Array.from({ length: 61 }, (_, number) => `${number}`));
            const newest = await http.query(api.messages.after, { conversationId, number: 0 });
            assert.deepEqual(newest, Array.from({ length: 50 }, (_, number) => `${60 - number}`));
            const first = await http.query(api.messages.page, { conversationId, paginationOpts: { numItems: 25, cursor: null } });
            assert.deepEqual([first.page.length, first.isDone], [25, false]);
            const rest = await http.query(api.messages.page, { conversationId, paginationOpts: { numItems: 40, cursor: first.continueCursor } });
            assert.deepEqual([rest.page.length, rest.isDone, rest.page[0].text], [36, true, "25"]);
            """);
    }

    [Fact]
    public async Task Arguments_and_results_that_do_not_fit_are_refused_in_the_known_words()
    {
        await App.RunAsync("""
            const conversationId = await http.mutation(api.messages.start, {});
            const refuses = async (call, text) => await assert.rejects(call, (error) => {
              assert.equal(error.message.replace(/^\[Request ID: [0-9a-f]{16}\] Server Error\n/, ""), text);
              return true;
            });
            const validator = 'v.object({conversationId: v.id("conversations"), text: v.string(), userId: v.string()})';
            await refuses(http.mutation(api.messages.add, { conversationId, userId: "ada" }),
              `ArgumentValidationError: Object is missing the required field \`text\`. Consider wrapping the field validator in \`v.optional(...)\` if this is expected.\n\nObject: {conversationId: "${conversationId}", userId: "ada"}\nValidator: ${validator}\n\n`);
            await refuses(http.mutation(api.messages.add, { conversationId, userId: "ada", text: "a", extra: true }),
              `ArgumentValidationError: Object contains extra field \`extra\` that is not in the validator.\n\nObject: {conversationId: "${conversationId}", extra: true, text: "a", userId: "ada"}\nValidator: ${validator}\n\n`);
            const messageId = await http.mutation(api.messages.add, { conversationId, userId: "ada", text: "a" });
            await refuses(http.mutation(api.messages.add, { conversationId: messageId, userId: "ada", text: "a" }),
              `ArgumentValidationError: Found ID "${messageId}" from table \`messages\`, which does not match the table name in validator \`v.id("conversations")\`.Path: .conversationId\n\n`);
            await assert.rejects(http.query(api.messages.wrong, {}), /Server Error\nReturnsValidationError: Object contains extra field `_creationTime` that is not in the validator\.\nPath: \[0\]\n/);
            await assert.rejects(http.mutation(api.messages.add, { conversationId, userId: "ada", text: " " }), /Uncaught Error: A message has words\.\n    at handler \(\.\.\/convex\/messages\.ts:8:/);
            """);
    }

    public sealed class Conversation : ISeedApp
    {
        static (SeedAppDefinition Definition, (string, string)[] Variables) ISeedApp.Get() => (SeedApps.Conversation, []);
    }
}
