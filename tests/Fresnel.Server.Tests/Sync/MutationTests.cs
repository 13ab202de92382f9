using System.Text.Json;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Server.Tests.Sync;

public sealed class MutationTests
{
    [Fact, Spec("client-protocol", 29)]
    public async Task Mutations_sent_back_to_back_run_and_are_answered_in_order()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        for (var number = 0; number < 10; number++) await client.MutateAsync(number, "numbers:add", $$"""{"table":"a","n":{{number}}}""");

        var answered = new List<int>();
        while (answered.Count < 10)
        {
            var message = (await client.NextAsync())!.Value;
            if (message.GetProperty("type").GetString() == "MutationResponse") answered.Add(message.GetProperty("requestId").GetInt32());
        }

        Assert.Equal(Enumerable.Range(0, 10), answered);
        await client.AddAsync(0, "numbers:list", """{"table":"a"}""");
        JsonElement modifications;
        do modifications = (await client.TransitionAsync()).GetProperty("modifications");
        while (modifications.GetArrayLength() == 0);
        Assert.Equal("[0,1,2,3,4,5,6,7,8,9]", modifications[0].GetProperty("value").GetRawText());
    }

    [Theory, Spec("client-protocol", 23, 30)]
    [InlineData("numbers:add")]
    [InlineData("numbers:nothing")]
    public async Task After_each_success_a_transition_follows_that_is_at_least_as_new(string path)
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        for (var number = 0; number < 3; number++)
        {
            await client.MutateAsync(number, path, """{"table":"a","n":1}""");
            var response = await client.ExpectAsync("MutationResponse");
            Assert.True(response.GetProperty("success").GetBoolean());
            Assert.Equal(JsonValueKind.Array, response.GetProperty("logLines").ValueKind);

            var transition = await client.TransitionAsync();
            Assert.True(TimestampOf(transition.GetProperty("endVersion").GetProperty("ts")) >= TimestampOf(response.GetProperty("ts")));
        }
    }

    [Fact, Spec("client-protocol", 31)]
    public async Task The_answer_comes_before_the_transition_that_shows_the_write()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.AddAsync(0, "numbers:list", """{"table":"a"}""");
        await client.TransitionAsync();
        for (var number = 1; number <= 20; number++)
        {
            await client.MutateAsync(number, "numbers:add", $$"""{"table":"a","n":{{number}}}""");
            await client.ExpectAsync("MutationResponse");
            var transition = await client.TransitionAsync();
            Assert.Equal(number, transition.GetProperty("modifications")[0].GetProperty("value").GetArrayLength());
        }
    }

    [Fact, Spec("client-protocol", 32)]
    public async Task A_mutation_that_is_sent_again_is_answered_as_the_first_time_and_has_one_effect()
    {
        await using var server = await ServerTestbed.StartAsync();
        var session = Guid.NewGuid().ToString();
        JsonElement first;
        await using (var client = await server.ConnectAsync(session))
        {
            await client.MutateAsync(7, "numbers:add", """{"table":"a","n":1}""");
            first = await client.ExpectAsync("MutationResponse");
        }

        await using var again = await server.ConnectAsync(session);
        await again.MutateAsync(7, "numbers:add", """{"table":"a","n":1}""");
        var second = await again.ExpectAsync("MutationResponse");

        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.Equal(1, server.Functions.Runs);
    }

    [Fact, Spec("client-protocol", 33, 35)]
    public async Task A_failed_mutation_writes_nothing_and_runs_again_when_it_is_sent_again()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        for (var run = 1; run <= 2; run++)
        {
            await client.MutateAsync(7, "numbers:failToAdd", """{"table":"a","n":1}""");
            var response = await client.ExpectAsync("MutationResponse");
            Assert.False(response.GetProperty("success").GetBoolean());
            Assert.Matches("^\\[Request ID: [0-9a-f]{16}\\] Server Error\n", response.GetProperty("result").GetString());
            Assert.Equal("""{"code":"NO"}""", response.GetProperty("errorData").GetRawText());
            await client.TransitionAsync();
            Assert.Equal(run, server.Functions.Runs);
        }

        await client.AddAsync(0, "numbers:list", """{"table":"a"}""");
        Assert.Equal("[]", (await client.TransitionAsync()).GetProperty("modifications")[0].GetProperty("value").GetRawText());
    }

    [Fact, Spec("client-protocol", 29)]
    public async Task What_follows_a_mutation_that_the_system_failed_does_not_overtake_it()
    {
        await using var server = await ServerTestbed.StartAsync(options => options.Limits = options.Limits with { TotalTime = TimeSpan.FromMilliseconds(200) });
        await using (var client = await server.ConnectAsync())
        {
            await client.MutateAsync(0, "numbers:addSlowly", """{"table":"a","n":1}""");
            await client.MutateAsync(1, "numbers:add", """{"table":"a","n":2}""");
            await client.ReadToCloseAsync();
            Assert.Equal((1013, "SystemTimeoutError"), ((int)client.CloseStatus!, client.CloseReason));
        }

        Assert.Equal(0, server.Functions.Runs);
    }

    [Fact]
    public async Task A_request_keeps_its_id_when_it_is_sent_again()
    {
        await using var server = await ServerTestbed.StartAsync();
        var session = Guid.NewGuid().ToString();
        var texts = new HashSet<string>();
        for (var time = 0; time < 2; time++)
        {
            await using var client = await server.ConnectAsync(session);
            await client.MutateAsync(7, "numbers:gone");
            texts.Add((await client.ExpectAsync("MutationResponse")).GetProperty("result").GetString()!);
        }

        Assert.Single(texts);
    }

    [Fact, Spec("client-protocol", 34)]
    public async Task A_slow_action_holds_up_nothing()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.ActAsync(0, "numbers:wait");
        await client.ActAsync(1, "numbers:now");
        var quick = await client.ExpectAsync("ActionResponse");
        Assert.Equal("""{"type":"ActionResponse","requestId":1,"success":true,"result":"done","logLines":["[INFO] acting"]}""", quick.GetRawText());
        await client.TransitionAsync();

        await client.MutateAsync(2, "numbers:add", """{"table":"a","n":1}""");
        await client.ExpectAsync("MutationResponse");
        await client.TransitionAsync();

        server.Functions.GoOn.SetResult();
        Assert.Equal(0, (await client.ExpectAsync("ActionResponse")).GetProperty("requestId").GetInt32());
    }

    [Fact]
    public async Task Too_many_mutations_at_once_end_the_session()
    {
        await using var server = await ServerTestbed.StartAsync(options => options.Sync = options.Sync with { PendingMutations = 3 });
        await using var client = await server.ConnectAsync();
        for (var number = 0; number < 4; number++) await client.MutateAsync(number, "numbers:addSlowly", """{"table":"a","n":1}""");

        await client.ReadToCloseAsync();

        Assert.Equal((1013, "TooManyConcurrentMutations"), ((int)client.CloseStatus!, client.CloseReason));
        server.Functions.GoOn.SetResult();
    }

    [Fact]
    public async Task Too_many_actions_at_once_end_the_session()
    {
        await using var server = await ServerTestbed.StartAsync(options => options.Sync = options.Sync with { PendingActions = 1 });
        await using var client = await server.ConnectAsync();
        await client.ActAsync(0, "numbers:wait");
        await client.ActAsync(1, "numbers:wait");

        await client.ReadToCloseAsync();

        Assert.Equal((1013, "TooManyInflightActionsForSingleClient"), ((int)client.CloseStatus!, client.CloseReason));
        server.Functions.GoOn.SetResult();
    }

    private static Timestamp TimestampOf(JsonElement text) => Timestamp.TryParseWire(text.GetString()!, out var timestamp) ? timestamp : throw new FormatException(text.GetRawText());
}
