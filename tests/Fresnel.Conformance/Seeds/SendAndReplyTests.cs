using Fresnel.Testing.LanguageModels;
using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>Pattern 1: a mutation writes and schedules; an internal action asks the model and writes; whoever watches sees it come.</summary>
public sealed class SendAndReplyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_blueprint_runs_its_action_once_the_mutation_is_committed_and_only_then()
    {
        await using var app = await SeedApp.StartAsync(SeedApps.Blueprint);
        await app.RunAsync("""
            const client = open();
            const threadId = await client.mutation(api.threads.create, { title: "one" });
            const id = await client.mutation(api.messages.send, { threadId, content: "hello" });
            assert.match(id, /^[0-9a-z]{31,37}$/);
            assert.deepEqual(await shows(client, api.threads.jobs, {}, (jobs) => jobs.length === 1 && jobs[0].includes("success")), ["messages.js:generateAndSummarize success repliedTo,threadId"]);
            await assert.rejects(client.mutation(api.threads.sendAndFail, { threadId, content: "never" }), /changed my mind/);
            assert.deepEqual(await client.query(api.threads.said, {}), ["hello"]);
            assert.equal((await client.query(api.threads.jobs, {})).length, 1);
            await assert.rejects(client.action(api.messages.generateAndSummarize, { threadId, repliedTo: id }), /Could not find public function for 'messages:generateAndSummarize'/);
            await client.close();
            """);
    }

    [Fact]
    public async Task A_scheduled_action_answers_with_what_was_said_before_and_is_not_run_again_after_a_kill()
    {
        await using var app = await SeedApp.StartAsync(SeedApps.Context);
        await app.RunAsync("""
            const client = open();
            const conversationId = await client.mutation(api.conversations.start, {});
            assert.equal(await client.mutation(api.messages.sendMessage, { conversationId, content: "hello" }), null);
            assert.deepEqual(await shows(client, api.conversations.read, { conversationId }, (lines) => lines.length === 2), ["user: hello", "assistant: HELLO"]);
            await client.close();
            """);
        Assert.Equal([new ModelMessage("user", "hello")], Assert.Single(app.Model.Requests).Messages);

        // Killed while the model thinks: the message stands, the job is over, and nobody asks the model twice.
        app.Model.Answer = _ => new("never heard") { Before = Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken) };
        await app.RunAsync("""
            const conversationId = await http.mutation(api.conversations.start, {});
            await http.mutation(api.messages.sendMessage, { conversationId, content: "are you there?" });
            """);
        using (var deadline = new CancellationTokenSource(Patience))
        {
            while (app.Model.Requests.Count < 2) await Task.Delay(10, deadline.Token);
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
        Assert.Equal(["hello", "are you there?", "again"], app.Model.Requests.Select(request => request.Messages[^1].Content));
    }
}
