using Fresnel.Testing.LanguageModels;
using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>Pattern 1: a mutation writes and schedules; an internal action asks the model and writes; whoever watches sees it come.</summary>
public sealed class SendAndReplyTests(SeedFixture<SendAndReplyTests.Blueprint> fixture) : IClassFixture<SeedFixture<SendAndReplyTests.Blueprint>>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private SeedApp App => fixture.App;

    [Fact]
    public async Task The_blueprint_runs_its_action_once_the_mutation_is_committed_and_only_then()
    {
        await App.RunAsync("""
            const client = open();
            const threadId = await client.mutation(api.threads.create, { title: "one" });
            const id = await client.mutation(api.messages.send, { threadId, content: "hello" });
            assert.match(id, /^[0-9a-z]{31,37}$/);
            const ofBlock = (jobs) => jobs.filter((job) => job.startsWith("messages.js:"));
            assert.deepEqual(ofBlock(await shows(client, api.threads.jobs, {}, (jobs) => ofBlock(jobs)[0]?.includes("success"))), ["messages.js:generateAndSummarize success repliedTo,threadId"]);
            const before = (await client.query(api.threads.jobs, {})).length;
            await assert.rejects(client.mutation(api.threads.sendAndFail, { threadId, content: "never" }), /changed my mind/);
            assert.deepEqual(await client.query(api.threads.said, { threadId }), ["user: hello"]);
            assert.equal((await client.query(api.threads.jobs, {})).length, before);
            await assert.rejects(client.action(api.messages.generateAndSummarize, { threadId, repliedTo: id }), /Could not find public function for 'messages:generateAndSummarize'/);
            await client.close();
            """);
        Assert.DoesNotContain(App.Model.Requests, request => request.Messages[^1].Content is "never" or "hello");
    }

    [Fact]
    public async Task The_reply_grows_word_by_word_before_whoever_watches_and_the_thread_is_summed_up()
    {
        using var said = new SemaphoreSlim(0);
        App.Model.Answer = _ => new("one two three") { BeforeWord = number => number == 0 ? Task.CompletedTask : said.WaitAsync(TestContext.Current.CancellationToken) };
        await using var script = App.Start("""
            const client = open(), threadId = await client.mutation(api.threads.create, { title: "growing" });
            const thread = follow(client, api.threads.said, { threadId });
            await client.mutation(api.replies.send, { threadId, content: "count" });
            for (const reply of ["one", "one two", "one two three"]) {
              assert.deepEqual(await thread.until((lines) => lines[1] === `assistant: ${reply}`), ["user: count", `assistant: ${reply}`]);
              console.log(reply);
            }
            assert.equal(await shows(client, api.threads.summary, { threadId }, (summary) => summary !== null), "2 messages");
            await client.close();
            """);
        // The next word is not said before the one before has been seen.
        await script.ExpectAsync("one");
        said.Release();
        await script.ExpectAsync("one two");
        said.Release();
        await script.SucceedAsync();
    }

    /// <summary>Some replies are done when the server dies, some are half said. What a question holds is its token: the model counts how often it comes.</summary>
    [Fact]
    public async Task Across_a_kill_no_question_is_asked_twice_and_what_was_written_stands()
    {
        var forever = Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
        App.Model.Answer = request => new("half whole") { BeforeWord = number => number == 1 && request.Messages[^1].Content.StartsWith("held", StringComparison.Ordinal) ? forever : Task.CompletedTask };
        const string Send = """
            const client = open(), threadId = await client.mutation(api.threads.create, { title: "killed" });
            const replies = async (count, text) => await shows(client, api.threads.said, { threadId }, (lines) => lines.filter((line) => line === `assistant: ${text}`).length === count);
            const ended = (jobs) => jobs.every((job) => / (success|failed) /.test(job));

            """;
        await App.RunAsync(Send + """
            for (const content of ["quick 1", "quick 2"]) await client.mutation(api.replies.send, { threadId, content });
            await replies(2, "half whole");
            for (const content of ["held 1", "held 2", "held 3"]) await client.mutation(api.replies.send, { threadId, content });
            await replies(3, "half");
            (await import("node:fs")).writeFileSync("thread", threadId);
            await client.close();
            """);
        await App.Host.CrashAsync();
        App.Model.Answer = _ => new("half whole");
        await App.RunAsync(Send + """
            const killed = (await import("node:fs")).readFileSync("thread", "utf8");
            const jobs = await shows(client, api.threads.jobs, {}, ended);
            assert.equal(jobs.filter((job) => job.startsWith("replies.js:generateAndSummarize failed ")).length, 3);
            assert.deepEqual((await client.query(api.threads.said, { threadId: killed })).sort(), [
              "assistant: half", "assistant: half", "assistant: half", "assistant: half whole", "assistant: half whole",
              "user: held 1", "user: held 2", "user: held 3", "user: quick 1", "user: quick 2",
            ]);
            await client.mutation(api.replies.send, { threadId, content: "after" });
            await replies(1, "half whole");
            await client.close();
            """);
        var asked = App.Model.Requests.Select(request => request.Messages[^1].Content).Where(token => token.StartsWith("held", StringComparison.Ordinal) || token.StartsWith("quick", StringComparison.Ordinal));
        Assert.Equal(["held 1", "held 2", "held 3", "quick 1", "quick 2"], asked.Order(StringComparer.Ordinal));
    }

    /// <summary>The blocks with a "use node" file: the action is a public one, which a mutation schedules through <c>internal</c> and a client calls as well.</summary>
    [Fact]
    public async Task A_reply_knows_what_was_said_before_scheduled_or_called_and_is_not_asked_for_again_after_a_kill()
    {
        await using var app = await SeedApp.StartAsync(SeedApps.Context);
        await app.RunAsync("""
            const client = open();
            const conversationId = await client.mutation(api.conversations.start, {});
            assert.equal(await client.mutation(api.messages.sendMessage, { conversationId, content: "hello" }), null);
            assert.deepEqual(await shows(client, api.conversations.read, { conversationId }, (lines) => lines.length === 2), ["user: hello", "assistant: HELLO"]);

            // More than the block takes; and the client waits for the reply itself.
            const long = await client.mutation(api.conversations.start, {});
            await client.mutation(api.conversations.fill, { conversationId: long, count: 60 });
            assert.equal(await client.action(api.ai.generateResponse, { conversationId: long }), "MESSAGE 49");
            assert.deepEqual((await client.query(api.conversations.read, { conversationId: long })).slice(59), ["user: message 59", "assistant: MESSAGE 49"]);
            await client.close();
            """);
        Assert.Equal([new ModelMessage("user", "hello")], app.Model.Requests.First().Messages);
        Assert.Equal(Enumerable.Range(0, 50).Select(number => new ModelMessage("user", $"message {number}")), app.Model.Requests.Last().Messages);

        // Killed while the model thinks: the message stands, the job is over, and nobody asks the model twice.
        app.Model.Answer = _ => new("never heard") { Before = Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken) };
        await app.RunAsync("""
            const conversationId = await http.mutation(api.conversations.start, {});
            await http.mutation(api.messages.sendMessage, { conversationId, content: "are you there?" });
            """);
        using (var deadline = new CancellationTokenSource(Patience))
        {
            while (app.Model.Requests.Count < 3) await Task.Delay(10, deadline.Token);
        }

        await app.Host.CrashAsync();
        app.Model.Answer = request => new(request.Messages[^1].Content.ToUpperInvariant());
        await app.RunAsync("""
            const client = open();
            const states = await shows(client, api.conversations.jobs, {}, (jobs) => jobs.every((job) => /success|failed/.test(job)));
            assert.deepEqual(states, ["ai.js:generateResponse success", "ai.js:generateResponse failed"]);
            const conversationId = await client.mutation(api.conversations.start, {});
            await client.mutation(api.messages.sendMessage, { conversationId, content: "again" });
            assert.deepEqual(await shows(client, api.conversations.read, { conversationId }, (lines) => lines.length === 2), ["user: again", "assistant: AGAIN"]);
            await client.close();
            """);
        Assert.Equal(["hello", "message 49", "are you there?", "again"], app.Model.Requests.Select(request => request.Messages[^1].Content));
    }

    public sealed class Blueprint : ISeedApp
    {
        static (SeedAppDefinition Definition, (string, string)[] Variables) ISeedApp.Get() => (SeedApps.Blueprint, []);
    }
}
