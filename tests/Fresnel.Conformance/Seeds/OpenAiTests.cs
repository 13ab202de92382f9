using Fresnel.Testing.LanguageModels;
using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>Pattern 5: the <c>openai</c> package where functions run, and models that fail.</summary>
public sealed class OpenAiTests(SeedFixture<OpenAiTests.Chef> fixture) : IClassFixture<SeedFixture<OpenAiTests.Chef>>
{
    private SeedApp App => fixture.App;

    [Fact]
    public async Task In_the_default_runtime_it_asks_the_address_in_the_variables_of_Chef()
    {
        App.Model.Answer = request => new(request.Messages[^1].Content.ToUpperInvariant());
        await App.RunAsync("""assert.equal(await http.action(api.ai.generateText, { prompt: "chef" }), "CHEF");""");
        var request = App.Model.Requests.Single(request => request.Messages[^1].Content == "chef");
        Assert.Equal(("/chef/v1/chat/completions", "Bearer sk-chef", "gpt-4.1-nano", false), (request.Path, request.Authorization, request.Model, request.IsStreamed));
    }

    [Fact]
    public async Task In_the_default_runtime_a_streamed_reply_grows_in_a_live_query()
    {
        using var said = new SemaphoreSlim(0);
        App.Model.Answer = _ => new("one two three") { BeforeWord = number => number == 0 ? Task.CompletedTask : said.WaitAsync(TestContext.Current.CancellationToken) };
        await using var script = App.Start("""
            const client = open();
            const writing = client.action(api.stream.write, { prompt: "count" });
            const reply = follow(client, api.stream.read, { prompt: "count" });
            for (const text of ["one", "one two", "one two three"]) {
              await reply.until((shown) => shown === text);
              console.log(text);
            }
            assert.equal(await writing, 3);
            await client.close();
            """);
        // The next word is not said before the one before has been seen.
        await script.ExpectAsync("one");
        said.Release();
        await script.ExpectAsync("one two");
        said.Release();
        await script.SucceedAsync();
    }

    [Fact]
    public async Task Any_base_url_is_the_same_path()
    {
        await App.SetAsync(("CONVEX_OPENAI_BASE_URL", $"{App.Model.Url}/v1beta/openai/"));
        App.Model.Answer = request => new(request.Path);
        await App.RunAsync("""assert.equal(await http.action(api.ai.generateText, { prompt: "gemini" }), "/v1beta/openai/chat/completions");""");
        await App.SetAsync(("CONVEX_OPENAI_BASE_URL", $"{App.Model.Url}/chef/v1"));
    }

    [Fact]
    public async Task A_model_that_sends_garbage_or_breaks_off_fails_the_action_and_nothing_else()
    {
        using var seen = new SemaphoreSlim(0);
        App.Model.Answer = request => new("a b c")
        {
            Garbage = request.Messages[^1].Content == "garbage" ? "{no json" : null,
            CutBefore = request.Messages[^1].Content == "cut" ? 1 : null,
            BeforeWord = number => request.Messages[^1].Content == "cut" && number == 1 ? seen.WaitAsync(TestContext.Current.CancellationToken) : Task.CompletedTask,
        };
        await using var script = App.Start("""
            await assert.rejects(http.action(api.stream.write, { prompt: "garbage" }), /Server Error\nUncaught SyntaxError: .*JSON/);
            const client = open(), cut = client.action(api.stream.write, { prompt: "cut" });
            cut.catch(() => {});
            await shows(client, api.stream.read, { prompt: "cut" }, (text) => text === "a");
            console.log("seen");
            await assert.rejects(cut, /Server Error\nUncaught (TypeError|Error|APIConnectionError): /);
            assert.equal(await client.query(api.stream.read, { prompt: "cut" }), "a");
            assert.equal(await client.action(api.stream.write, { prompt: "fine" }), 3);
            assert.equal(await client.query(api.stream.read, { prompt: "fine" }), "a b c");
            await client.close();
            """);
        await script.ExpectAsync("seen");
        seen.Release();
        await script.SucceedAsync();
    }

    [Fact]
    public async Task In_a_node_file_an_action_and_the_mutation_beside_it_work_as_written()
    {
        await using var app = await SeedApp.StartAsync(SeedApps.Documents);
        app.Model.Answer = request => new($"{request.Messages[0].Role}: {request.Messages[0].Content} {request.Messages[1].Content.Length}");
        await app.RunAsync("""
            const client = open();
            const id = await client.mutation(api.documents.add, { content: "a long document" });
            assert.equal(await shows(client, api.documents.read, { id }, (summary) => summary !== null), "system: Summarize the following document. 15");
            await client.mutation(api.documents.rewrite, { id, summary: "by the mutation in the node file" });
            assert.equal(await client.query(api.documents.read, { id }), "by the mutation in the node file");
            await client.close();
            """);
    }

    public sealed class Chef : ISeedApp
    {
        static (SeedAppDefinition Definition, (string, string)[] Variables) ISeedApp.Get() => (SeedApps.Chef, []);
    }
}
