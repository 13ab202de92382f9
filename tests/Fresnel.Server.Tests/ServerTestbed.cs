using System.Net.WebSockets;
using Fresnel.Functions;
using Fresnel.Runtime;
using Fresnel.Server.Auth;
using Fresnel.Server.Tests.Sync;
using Fresnel.Testing;
using Fresnel.Values;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Fresnel.Server.Tests;

/// <summary>An application that embeds Fresnel, on ports of its own, over a store in memory, with the functions of <see cref="NumberFunctions"/>.</summary>
internal sealed class ServerTestbed : IAsyncDisposable
{
    public const string Secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    private readonly WebApplication _app;
    private readonly HostedDeployment _host;

    private ServerTestbed(WebApplication app)
    {
        _app = app;
        _host = app.Services.GetRequiredService<HostedDeployment>();
        Http = new HttpClient { BaseAddress = new Uri(_host.Urls.Cloud) };
    }

    /// <summary>What the functions of this server can see of the test.</summary>
    public NumberFunctions Functions { get; private init; } = null!;

    public HttpClient Http { get; }

    public string SiteUrl => _host.Urls.Site;

    public Deployment Deployment { get; private init; } = null!;

    public static string AdminKey { get; } = AdminKeys.Create("tests", Secret);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ServerTestbed> StartAsync(Action<FresnelOptions>? configure = null, MemoryCommitStore? store = null, Action<WebApplication>? map = null, bool hasSite = true)
    {
        var functions = new NumberFunctions();
        WebApplication app;
        for (var attempt = 1; ; attempt++)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var listeners = FresnelListeners.At([System.Net.IPAddress.Loopback], 0, 0);
            if (hasSite) builder.WebHost.ConfigureKestrel(listeners.Apply);
            else builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddFresnel(options =>
            {
                options.Store = () => store ?? new MemoryCommitStore();
                options.DataFolder = Path.Combine(Path.GetTempPath(), "fresnel-tests");
                options.InstanceName = "tests";
                options.InstanceSecret = Secret;
                options.Environment = DeploymentEnvironment.Development;
                foreach (var function in functions.All) options.Functions.Add(function);
                configure?.Invoke(options);
            });
            app = builder.Build();
            map?.Invoke(app);
            app.MapFresnel();
            try
            {
                await app.StartAsync(Token);
                break;
            }
            catch (IOException) when (attempt < 5)
            {
                // Another test took the port between the look and the bind.
                await app.DisposeAsync();
            }
        }

        var deployment = await app.Services.GetRequiredService<HostedDeployment>().Started;
        return new(app) { Functions = functions, Deployment = deployment };
    }

    /// <summary>Opens a socket without saying anything.</summary>
    public async Task<SyncTestClient> OpenAsync(string path = "/api/1.48.0/sync")
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(Http.BaseAddress!.ToString().Replace("http", "ws", StringComparison.Ordinal).TrimEnd('/') + path), Token);
        return new SyncTestClient(socket);
    }

    /// <summary>Opens a socket and says Connect.</summary>
    public async Task<SyncTestClient> ConnectAsync(string? sessionId = null, string path = "/api/1.48.0/sync")
    {
        var client = await OpenAsync(path);
        await client.SendAsync($$"""{"type":"Connect","sessionId":"{{sessionId ?? Guid.NewGuid().ToString()}}","connectionCount":0,"lastCloseReason":"InitialConnect","clientTs":1750000000120}""");
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}

/// <summary>Functions over tables of numbers, some of which wait for the test.</summary>
internal sealed class NumberFunctions
{
    private const string AnyObject = """{"type":"any"}""";

    /// <summary>Lets <c>numbers:wait</c> and <c>numbers:addSlowly</c> go on.</summary>
    public TaskCompletionSource GoOn { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when one of them has begun.</summary>
    public TaskCompletionSource Began { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Runs;

    public IEnumerable<FunctionRegistration> All =>
    [
        Query("list", ListAsync),
        Query("whoami", async (context, _, token) => await context.Auth.GetUserIdentityAsync(token) is { } user ? Value.Object(user) : Value.Null),
        Query("secret", (_, _, _) => ValueTask.FromResult<Value>("hidden"), isInternal: true),
        Query("big", (_, arguments, _) => ValueTask.FromResult<Value>(new string('ä', (int)arguments["length"].AsFloat64()))),
        Query("fail", FailAsync),
        Mutation("add", AddAsync),
        Mutation("nothing", (_, _, _) => ValueTask.FromResult(Value.Null)),
        Mutation("addSlowly", async (context, arguments, token) =>
        {
            Began.TrySetResult();
            await GoOn.Task.WaitAsync(token);
            return await AddAsync(context, arguments, token);
        }),
        Mutation("failToAdd", async (context, arguments, token) =>
        {
            await AddAsync(context, arguments, token);
            throw new ConvexErrorException(ValueObject.Create(("code", "NO")));
        }),
        Register(RegisteredKind.Action, "wait", async (_, _, token) =>
        {
            Began.TrySetResult();
            await GoOn.Task.WaitAsync(token);
            return "waited";
        }),
        Register(RegisteredKind.Action, "now", (context, _, _) =>
        {
            context.Log.Info("acting");
            return ValueTask.FromResult<Value>("done");
        }),
    ];

    private static async ValueTask<Value> ListAsync(QueryContext context, ValueObject arguments, CancellationToken token)
    {
        var numbers = new List<Value>();
        await foreach (var document in context.Database.Query(arguments["table"].AsString()).WithCancellation(token)) numbers.Add(document["n"]);
        context.Log.Info("listing");
        return Value.Array([.. numbers]);
    }

    private async ValueTask<Value> AddAsync(MutationContext context, ValueObject arguments, CancellationToken token)
    {
        Interlocked.Increment(ref Runs);
        return await context.Database.InsertAsync(arguments["table"].AsString(), ValueObject.Create(("n", arguments["n"])), token);
    }

    /// <summary>Fails as long as a table is empty: with data when asked to.</summary>
    private static async ValueTask<Value> FailAsync(QueryContext context, ValueObject arguments, CancellationToken token)
    {
        if (await context.Database.Query(arguments["table"].AsString()).FirstAsync(token) is not null) return "fixed";
        if (arguments["data"].IsUndefined) throw new DeveloperException("Empty", "the table is empty");
        throw new ConvexErrorException(arguments["data"]);
    }

    private static FunctionRegistration Query(string name, Func<QueryContext, ValueObject, CancellationToken, ValueTask<Value>> run, bool isInternal = false) =>
        Register(RegisteredKind.Query, name, (context, arguments, token) => run((QueryContext)context, arguments, token), isInternal);

    private static FunctionRegistration Mutation(string name, Func<MutationContext, ValueObject, CancellationToken, ValueTask<Value>> run) =>
        Register(RegisteredKind.Mutation, name, (context, arguments, token) => run((MutationContext)context, arguments, token));

    private static FunctionRegistration Register(RegisteredKind kind, string name, Func<FunctionContext, ValueObject, CancellationToken, ValueTask<Value>> run, bool isInternal = false) =>
        new("numbers", name, kind, isInternal, AnyObject, null, run);
}
