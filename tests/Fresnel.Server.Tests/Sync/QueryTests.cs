using System.Text.Json;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Server.Tests.Sync;

public sealed class QueryTests
{
    [Fact, Spec("client-protocol", 15, 16)]
    public async Task Transitions_begin_at_zero_and_each_begins_where_the_one_before_ended()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.ModifyAsync();
        var first = await client.TransitionAsync();
        Assert.Equal("""{"querySet":0,"identity":0,"ts":"AAAAAAAAAAA="}""", first.GetProperty("startVersion").GetRawText());
        Assert.Equal(1, first.GetProperty("endVersion").GetProperty("querySet").GetInt32());

        await client.AddAsync(4, "numbers:list", """{"table":"a"}""");
        var second = await client.TransitionAsync();

        Assert.Equal(first.GetProperty("endVersion").GetRawText(), second.GetProperty("startVersion").GetRawText());
        Assert.Equal(2, second.GetProperty("endVersion").GetProperty("querySet").GetInt32());
    }

    [Fact, Spec("client-protocol", 18, 23, 24)]
    public async Task A_query_is_told_with_its_log_lines_and_again_when_it_changes()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.AddAsync(4, "numbers.js:list", """{"table":"a"}""");
        var first = await client.TransitionAsync();
        Assert.Equal("""[{"type":"QueryUpdated","queryId":4,"value":[],"logLines":["[INFO] listing"],"journal":null}]""", Modifications(first));
        Assert.Equal(JsonValueKind.Number, first.GetProperty("clientClockSkew").ValueKind);
        Assert.Equal(JsonValueKind.Number, first.GetProperty("serverTs").ValueKind);

        await using var other = await server.ConnectAsync();
        await other.MutateAsync(0, "numbers:add", """{"table":"a","n":1}""");
        var second = await client.TransitionAsync();

        Assert.Equal("[1]", Modification(second).GetProperty("value").GetRawText());
    }

    [Fact, Spec("client-protocol", 24)]
    public async Task Without_the_clients_clock_there_is_no_clock()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.OpenAsync();
        await client.ModifyAsync();
        var transition = await client.TransitionAsync();
        Assert.False(transition.TryGetProperty("clientClockSkew", out _));
        Assert.False(transition.TryGetProperty("serverTs", out _));
    }

    [Fact, Spec("client-protocol", 17)]
    public async Task A_wrong_base_version_is_fatal()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync("""{"type":"ModifyQuerySet","baseVersion":3,"newVersion":4,"modifications":[]}""");

        var last = await client.ReadToCloseAsync();

        Assert.Equal("""{"type":"FatalError","error":"Base version 3 passed up doesn't match the current version 0"}""", last!.Value.GetRawText());
        Assert.True(client.IsClosedWithoutStatus);
    }

    [Fact, Spec("client-protocol", 21)]
    public async Task A_removed_query_is_told()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.AddAsync(4, "numbers:list", """{"table":"a"}""");
        await client.TransitionAsync();
        await client.ModifyAsync("""{"type":"Remove","queryId":4}""");

        Assert.Equal("""[{"type":"QueryRemoved","queryId":4}]""", Modifications(await client.TransitionAsync()));
    }

    [Theory]
    [InlineData("""{"type":"Remove","queryId":4}""")]
    [InlineData("""{"type":"Add","queryId":1,"udfPath":"numbers:list","args":[{"table":"a"}]},{"type":"Add","queryId":1,"udfPath":"numbers:list","args":[{"table":"a"}]}""")]
    public async Task Numbers_of_queries_that_are_misused_end_the_session(string modification)
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.ModifyAsync(modification);

        Assert.Null(await client.ReadToCloseAsync());
        Assert.Equal((1011, "InternalServerError"), ((int)client.CloseStatus!, client.CloseReason));
    }

    [Fact, Spec("client-protocol", 22)]
    public async Task A_query_that_throws_is_told_and_told_again_when_its_data_is_mended()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.ModifyAsync(
            """{"type":"Add","queryId":0,"udfPath":"numbers:fail","args":[{"table":"a"}]}""",
            """{"type":"Add","queryId":1,"udfPath":"numbers:fail","args":[{"table":"a","data":{"code":"EMPTY"}}]}""");
        var failed = (await client.TransitionAsync()).GetProperty("modifications").EnumerateArray().OrderBy(modification => modification.GetProperty("queryId").GetInt32()).ToList();
        Assert.All(failed, modification => Assert.Equal("QueryFailed", modification.GetProperty("type").GetString()));
        Assert.Matches("^\\[Request ID: [0-9a-f]{16}\\] Server Error\n.*the table is empty", failed[0].GetProperty("errorMessage").GetString());
        Assert.False(failed[0].TryGetProperty("errorData", out _));
        Assert.Equal("""{"code":"EMPTY"}""", failed[1].GetProperty("errorData").GetRawText());
        Assert.Equal(JsonValueKind.Array, failed[0].GetProperty("logLines").ValueKind);

        await client.MutateAsync(0, "numbers:add", """{"table":"a","n":1}""");
        await client.ExpectAsync("MutationResponse");
        var mended = await client.TransitionAsync();

        Assert.Equal(["fixed", "fixed"], mended.GetProperty("modifications").EnumerateArray().Select(modification => modification.GetProperty("value").GetString()));
    }

    [Theory, Spec("client-protocol", 62)]
    [InlineData(true)]
    [InlineData(false)] // An application that says nothing is in production, unless its own environment is Development.
    public async Task In_production_neither_texts_nor_log_lines_are_told_but_data_is(bool isStated)
    {
        await using var server = await ServerTestbed.StartAsync(options => options.Environment = isStated ? Fresnel.Runtime.DeploymentEnvironment.Production : null);
        await using var client = await server.ConnectAsync();
        await client.ModifyAsync(
            """{"type":"Add","queryId":0,"udfPath":"numbers:list","args":[{"table":"a"}]}""",
            """{"type":"Add","queryId":1,"udfPath":"numbers:fail","args":[{"table":"a","data":"told"}]}""");
        var modifications = (await client.TransitionAsync()).GetProperty("modifications").EnumerateArray().OrderBy(modification => modification.GetProperty("queryId").GetInt32()).ToList();

        Assert.Equal("[]", modifications[0].GetProperty("logLines").GetRawText());
        Assert.Matches("^\\[Request ID: [0-9a-f]{16}\\] Server Error$", modifications[1].GetProperty("errorMessage").GetString());
        Assert.Equal("told", modifications[1].GetProperty("errorData").GetString());
    }

    [Fact, Spec("client-protocol", 55)]
    public async Task An_internal_function_looks_like_one_that_is_missing()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.ModifyAsync(
            """{"type":"Add","queryId":0,"udfPath":"numbers:secret","args":[{}]}""",
            """{"type":"Add","queryId":1,"udfPath":"numbers:gone","args":[{}]}""");
        var messages = (await client.TransitionAsync()).GetProperty("modifications").EnumerateArray()
            .Select(modification => modification.GetProperty("errorMessage").GetString()!.Split('\n')[1]).Order().ToList();

        Assert.Equal(["Could not find public function for 'numbers:gone'.", "Could not find public function for 'numbers:secret'."], messages);
    }

    [Fact, Spec("client-protocol", 25)]
    public async Task On_a_new_socket_every_query_is_told_though_nothing_changed()
    {
        await using var server = await ServerTestbed.StartAsync();
        var session = Guid.NewGuid().ToString();
        for (var time = 0; time < 2; time++)
        {
            await using var client = await server.ConnectAsync(session);
            await client.AddAsync(4, "numbers:list", """{"table":"a"}""");
            Assert.Equal("QueryUpdated", Modification(await client.TransitionAsync()).GetProperty("type").GetString());
        }
    }

    [Theory, Spec("client-protocol", 28)]
    [InlineData("/api/1.48.0/sync", true)]
    [InlineData("/api/1.27.9/sync", false)]
    public async Task A_large_transition_comes_in_chunks_to_those_who_know_them(string path, bool isChunked)
    {
        await using var server = await ServerTestbed.StartAsync(options => options.Sync = options.Sync with { TransitionChunkBytes = 10_001 });
        await using var client = await server.ConnectAsync(path: path);
        await client.AddAsync(0, "numbers:big", """{"length":30000}""");

        var message = await client.NextAsync();
        var text = message!.Value.GetRawText();
        if (isChunked)
        {
            text = "";
            for (var part = 0; ; part++)
            {
                Assert.Equal(("TransitionChunk", part), (message!.Value.GetProperty("type").GetString(), message.Value.GetProperty("partNumber").GetInt32()));
                text += message.Value.GetProperty("chunk").GetString();
                if (part + 1 == message.Value.GetProperty("totalParts").GetInt32()) break;
                message = await client.NextAsync();
            }
        }

        var transition = JsonDocument.Parse(text).RootElement;
        Assert.Equal("Transition", transition.GetProperty("type").GetString());
        Assert.Equal(new string('ä', 30000), Modification(transition).GetProperty("value").GetString());
    }

    private static string Modifications(JsonElement transition) => transition.GetProperty("modifications").GetRawText();

    private static JsonElement Modification(JsonElement transition) => Assert.Single(transition.GetProperty("modifications").EnumerateArray());
}
