using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Auth;
using Fresnel.Server.Sync;
using Fresnel.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fresnel.Server.Tests.Sync;

public sealed class SlowReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_does_not_read_is_sent_the_newest_state_and_not_a_queue_of_old_ones()
    {
        await using var server = await ServerTestbed.StartAsync();
        using var socket = new HeldSocket();
        using var session = Open(server, socket);
        var serving = session.RunAsync(Token);
        socket.Say("""{"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,"modifications":[{"type":"Add","queryId":0,"udfPath":"numbers:list","args":[{"table":"a"}]}]}""");
        await NextAsync(socket);

        socket.Hold();
        for (var number = 1; number <= 50; number++) await AddAsync(server, number);
        socket.Release();
        var transitions = 0;
        JsonElement value;
        do
        {
            var transition = await NextAsync(socket);
            transitions++;
            value = transition.GetProperty("modifications")[0].GetProperty("value");
        }
        while (value.GetArrayLength() < 50);

        Assert.InRange(transitions, 1, 3);
        socket.Leave();
        await serving;
    }

    [Fact]
    public async Task Mutations_whose_answers_are_not_read_count_as_pending()
    {
        await using var server = await ServerTestbed.StartAsync();
        using var socket = new HeldSocket();
        using var session = Open(server, socket, new SyncLimits { PendingMutations = 5 });
        var serving = session.RunAsync(Token);
        socket.Hold();
        for (var number = 0; number < 6; number++) socket.Say($$"""{"type":"Mutation","requestId":{{number}},"udfPath":"numbers:nothing","args":[{}]}""");
        socket.Leave();
        socket.Release();

        await serving;

        // Whatever was written before the sixth came: it is not more than five answers, and the end came after them.
        var answers = new List<JsonElement>();
        await foreach (var message in socket.Sent.ReadAllAsync(Token)) answers.Add(message);
        Assert.InRange(answers.Count(message => message.GetProperty("type").GetString() == "MutationResponse"), 0, 5);
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answers_is_not_read_either_beyond_the_bytes_allowed()
    {
        await using var server = await ServerTestbed.StartAsync();
        using var socket = new HeldSocket();
        using var session = Open(server, socket, new SyncLimits { PendingBytes = "null".Length });
        var serving = session.RunAsync(Token);
        socket.Hold();
        for (var number = 0; number < 10; number++) socket.Say($$"""{"type":"Mutation","requestId":{{number}},"udfPath":"numbers:nothing","args":[{}]}""");
        await socket.Held.WaitAsync(Token);
        socket.Release();
        for (var answered = 0; answered < 10;)
        {
            if ((await NextAsync(socket)).GetProperty("type").GetString() == "MutationResponse") answered++;
        }

        Assert.Equal(1, socket.MostUnanswered);
        socket.Leave();
        await serving;
    }

    [Fact]
    public async Task Queries_with_too_many_bytes_of_arguments_end_the_session()
    {
        await using var server = await ServerTestbed.StartAsync();
        using var socket = new HeldSocket();
        using var session = Open(server, socket, new SyncLimits { QueryBytes = 40 });
        var serving = session.RunAsync(Token);
        foreach (var id in (int[])[0, 1]) socket.Say(Add(id, id));
        socket.Say("""{"type":"ModifyQuerySet","baseVersion":2,"newVersion":3,"modifications":[{"type":"Remove","queryId":0}]}""");
        socket.Say(Add(2, 3));
        socket.Say(Add(3, 4));
        await serving;
        Assert.Equal("TooManyQueries", socket.CloseStatusDescription);

        static string Add(int query, int version) =>
            $$"""{"type":"ModifyQuerySet","baseVersion":{{version}},"newVersion":{{version + 1}},"modifications":[{"type":"Add","queryId":{{query}},"udfPath":"numbers:list","args":[{"table":"a"}]}]}""";
    }

    [Fact, Spec("client-protocol", 13)]
    public async Task A_socket_that_answers_no_ping_frames_is_cut()
    {
        await using var server = await ServerTestbed.StartAsync(options => options.Sync = options.Sync with
        {
            KeepAliveInterval = TimeSpan.FromMilliseconds(50),
            KeepAliveTimeout = TimeSpan.FromMilliseconds(200),
        });
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port, Token);
        var stream = tcp.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes("GET /api/1.48.0/sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
            Token);

        var buffer = new byte[4096];
        var read = 0L;
        while (await ReadAsync(stream, buffer) is var count && count > 0) read += count;

        Assert.True(read > 100, "the upgrade was answered, and pings came");
    }

    private static async Task<int> ReadAsync(NetworkStream stream, byte[] buffer)
    {
        try
        {
            return await stream.ReadAsync(buffer, Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token);
        }
        catch (IOException)
        {
            return 0; // Cut in the middle.
        }
    }

    private static SyncSession Open(ServerTestbed server, HeldSocket socket, SyncLimits? limits = null)
    {
        var admin = new AdminAccess(Options.Create(new FresnelOptions { InstanceSecret = ServerTestbed.Secret }));
        var state = new SyncState(null, TimeProvider.System, "anonymous", NullLogger.Instance);
        var tokens = new UserTokens(new ProviderKeys(ProviderKeys.CreateClient(), TimeProvider.System), TimeProvider.System);
        return new SyncSession(socket, server.Deployment, admin, tokens, limits ?? new SyncLimits(), state, (null, null));
    }

    private static async Task<JsonElement> NextAsync(HeldSocket socket) => await socket.Sent.ReadAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token);

    private static async Task AddAsync(ServerTestbed server, int number)
    {
        var outcome = await server.Deployment.Invoker.Mutate(
            new FunctionCall
            {
                Path = new FunctionPath("numbers", "add"),
                Arguments = Encoding.UTF8.GetBytes($$"""[{"n":{{number}},"table":"a"}]"""),
                Identity = Identity.Anonymous,
                Caller = FunctionCaller.SyncWorker,
                RequestId = "0123456789abcdef",
            },
            null,
            Token).Completed;
        Assert.Null(outcome.Error);
    }
}
