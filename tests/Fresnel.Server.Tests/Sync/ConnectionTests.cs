using System.Net;
using System.Net.WebSockets;
using System.Text;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Server.Tests.Sync;

public sealed class ConnectionTests
{
    [Theory, Spec("client-protocol", 11)]
    [InlineData("/api/1.48.0/sync")]
    [InlineData("/api/99.0.0/sync")]
    [InlineData("/api/1.50.0-alpha.1/sync")]
    [InlineData("/api/sync")]
    public async Task Every_version_from_now_on_is_welcome(string path)
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync(path: path);
        await client.ModifyAsync();
        await client.TransitionAsync();
    }

    [Theory, Spec("client-protocol", 11)]
    [InlineData("/api/abc/sync", "InvalidClientVersion")]
    [InlineData("/api/0.19.1/sync", "ClientVersionUnsupported")]
    public async Task A_version_that_is_none_or_too_old_is_refused(string path, string code)
    {
        await using var server = await ServerTestbed.StartAsync();
        using var answer = await server.Http.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains($"\"code\":\"{code}\"", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact, Spec("client-protocol", 12)]
    public async Task A_socket_that_never_says_anything_is_pinged_again_and_again()
    {
        await using var server = await ServerTestbed.StartAsync(options => options.Sync = options.Sync with { PingAfter = TimeSpan.FromMilliseconds(40) });
        await using var client = await server.OpenAsync();
        for (var ping = 0; ping < 3; ping++) Assert.Equal("""{"type":"Ping"}""", (await client.NextAsync(withPings: true))!.Value.GetRawText());
    }

    [Theory, Spec("client-protocol", 14)]
    [InlineData("""nonsense""")]
    [InlineData("")]
    [InlineData("""[]""")]
    [InlineData("""{"type":"Dance"}""")]
    [InlineData("""{"type":"Mutation","udfPath":"a:b","args":[{}]}""")]
    [InlineData("""{"type":"Mutation","requestId":-1,"udfPath":"a:b","args":[{}]}""")]
    [InlineData("""{"type":"Mutation","requestId":1,"udfPath":"a:b","args":{}}""")]
    [InlineData("""{"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,"modifications":[{"type":"Add","queryId":1,"udfPath":"a:b","args":[{}]},5]}""")]
    [InlineData("""{"type":"Connect","sessionId":"nobody","connectionCount":0}""")]
    [InlineData("""{"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,"modifications":[]} more""")]
    [InlineData("""{"type":"Mutation","requestId":1,"udfPath":"\ud800","args":[{}]}""")]
    public async Task Garbage_is_fatal_to_its_own_socket_and_no_other(string garbage)
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var innocent = await server.ConnectAsync();
        await using var client = await server.OpenAsync();
        await client.SendAsync(garbage);

        var last = await client.ReadToCloseAsync();

        Assert.Equal("FatalError", last!.Value.GetProperty("type").GetString());
        Assert.StartsWith("Received Invalid JSON on websocket: ", last.Value.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.True(client.IsClosedWithoutStatus);
        await innocent.ModifyAsync();
        await innocent.TransitionAsync();
    }

    [Fact, Spec("client-protocol", 14)]
    public async Task A_binary_message_closes_the_socket()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendBinaryAsync([1, 2, 3]);
        Assert.Null(await client.ReadToCloseAsync());
        Assert.Equal(WebSocketCloseStatus.InternalServerError, client.CloseStatus);
    }

    [Fact]
    public async Task A_message_beyond_the_bound_is_fatal()
    {
        await using var server = await ServerTestbed.StartAsync(options => options.Sync = options.Sync with { MessageBytes = 1000 });
        await using var client = await server.ConnectAsync();
        await client.SendAsync($$"""{"type":"Event","eventType":"{{new string('x', 2000)}}"}""");
        Assert.Contains("larger than 1000 bytes", (await client.ReadToCloseAsync())!.Value.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_may_come_in_pieces_with_unknown_fields_and_their_type_last()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync("""{"args":[{"table":"a"}],"later":{"type":"x","deep":[[{}]]},"queryId":1,"modifications":[{"later":1,"args":[{"table":"a"}],"udfPath":"numbers:list","queryId":3,"type":"Add"}],"newVersion":5,"baseVersion":0,"type":"ModifyQuerySet"}""");
        Assert.Equal(5, (await client.TransitionAsync()).GetProperty("endVersion").GetProperty("querySet").GetInt32());
    }

    [Fact]
    public async Task Telemetry_is_never_answered_and_never_wrong()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync("""{"type":"Event","eventType":"NetworkRecoveryReconnect","event":{"timeSavedMs":3120}}""");
        await client.SendAsync("""{"type":"Event","eventType":5}""");
        await client.SendAsync("""{"type":"Event"}""");
        await client.ModifyAsync();
        await client.TransitionAsync();
    }

    [Fact, Spec("client-protocol", 37)]
    public async Task A_timestamp_from_the_future_is_not_answered_with_data()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.OpenAsync();
        var future = new Timestamp(server.Deployment.Database.Published.Timestamp.Nanoseconds + 1_000_000_000_000).ToWire();
        await client.SendAsync($$"""{"type":"Connect","sessionId":"{{Guid.NewGuid()}}","connectionCount":1,"lastCloseReason":null,"maxObservedTimestamp":"{{future}}","clientTs":1}""");
        await client.AddAsync(0, "numbers:list", """{"table":"a"}""");

        Assert.Null(await client.ReadToCloseAsync());
        Assert.Equal((1011, "InternalServerError"), ((int)client.CloseStatus!, client.CloseReason));
    }

    [Fact]
    public async Task A_path_that_is_none_is_fatal()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.AddAsync(0, "numbers:list:!!");
        Assert.Contains("is not a valid path to a Convex function.", (await client.ReadToCloseAsync())!.Value.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_closes_is_answered_and_one_that_vanishes_is_forgotten()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using (var client = await server.ConnectAsync())
        {
            await client.AddAsync(0, "numbers:list", """{"table":"a"}""");
            await client.TransitionAsync();
        }

        await using var other = await server.ConnectAsync();
        await other.MutateAsync(0, "numbers:add", """{"table":"a","n":1}""");
        await other.ExpectAsync("MutationResponse");
    }

    [Fact]
    public async Task When_the_application_stops_sockets_are_closed_so_that_clients_come_back()
    {
        var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.ModifyAsync();
        await client.TransitionAsync();
        var stopping = server.DisposeAsync().AsTask();

        await client.ReadToCloseAsync();
        await client.DisposeAsync();

        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.CloseStatus);
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }
}
