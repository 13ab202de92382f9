using System.Reflection;
using Fresnel.Engine.Stores;
using Fresnel.Runtime.Node;
using Fresnel.Server;
using Fresnel.Server.Auth;
using Fresnel.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Fresnel.Host.CommandLine;

/// <summary><c>fresnel start</c>: composes the server, says where it is reached, and runs it until it is asked to stop.</summary>
internal static class StartCommand
{
    private static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(StartSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            await NodeExecutable.FindAsync(path: null, cancellationToken);
            CheckKeys(settings);
            CheckOrigin("cloud", settings.CloudOrigin);
            CheckOrigin("site", settings.SiteOrigin);
            await using var app = Build(settings, FresnelListeners.At(settings.Addresses, settings.Port, settings.SitePort));
            await app.StartAsync(cancellationToken);
            Announce(settings, app.Services.GetRequiredService<HostedDeployment>());
            return await RunUntilStoppedAsync(app, cancellationToken);
        }
        catch (Exception e) when (SentenceFor(e) is { } sentence)
        {
            await Console.Error.WriteLineAsync(sentence);
            return ExitCode.CannotStart;
        }
    }

    /// <summary>Runs until somebody asks the server to stop, or until commits have stopped for good: then only a new process can go on.</summary>
    private static async Task<int> RunUntilStoppedAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var database = (await app.Services.GetRequiredService<HostedDeployment>().Started).Database;
        var asked = app.WaitForShutdownAsync(cancellationToken);
        var memory = new IdleMemory();
        using var timer = new PeriodicTimer(HealthInterval);
        while (await Task.WhenAny(asked, timer.WaitForNextTickAsync(CancellationToken.None).AsTask()) != asked)
        {
            memory.Look();
            if (database.Stopped is not { } reason) continue;
            await Console.Error.WriteLineAsync($"The server ends, because commits have stopped: {reason.Message}");
            await app.StopAsync(CancellationToken.None);
            return reason is StoreException { Failure: StoreFailure.SyncFailed } ? ExitCode.SyncFailed : ExitCode.Broken;
        }

        await asked;
        return ExitCode.Success;
    }

    private static WebApplication Build(StartSettings settings, FresnelListeners listeners)
    {
        // Nothing of the folder it happens to be started in is configuration: that is somebody's project.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.ConfigureKestrel(listeners.Apply);
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning)
            // It logs what this command says in a sentence.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddFresnel(options =>
        {
            options.Store = () => new SqliteCommitStore(settings.Data);
            options.DataFolder = settings.Data;
            options.CloudUrl = settings.CloudOrigin?.TrimEnd('/');
            options.SiteUrl = settings.SiteOrigin?.TrimEnd('/');
            options.InstanceName = settings.InstanceName;
            options.InstanceSecret = settings.InstanceSecret;
            options.AdminKey = settings.AdminKey;
            options.Environment = settings.Environment;
            options.MemoryBudget = settings.MemoryBudget;
        });

        var app = builder.Build();
        app.MapFresnel();
        var patience = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;
        app.Lifetime.ApplicationStopping.Register(() => Console.WriteLine($"Stopping. HTTP calls under way have {patience.TotalSeconds:0} s to end."));
        return app;
    }

    /// <summary>A name or secret that makes no keys would otherwise be found out by the first client.</summary>
    private static void CheckKeys(StartSettings settings) => _ = AdminKeys.Create(settings.InstanceName, settings.InstanceSecret ?? new string('0', 64));

    /// <summary>An origin with a path would be put before paths.</summary>
    private static void CheckOrigin(string name, string? origin)
    {
        if (origin is null || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/")) return;
        throw new FormatException($"The {name} origin is a URL of http or https without a path, such as https://api.example.com; \"{origin}\" is not.");
    }

    private static void Announce(StartSettings settings, HostedDeployment deployment)
    {
        var version = typeof(StartCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        Console.WriteLine($"""
            Fresnel {version}, deployment {settings.InstanceName}, data in {settings.Data}
            Clients and CLI on {deployment.Urls.Cloud}, HTTP actions on {deployment.Urls.Site}

            For .env.local of your Convex project:

            CONVEX_SELF_HOSTED_URL='{deployment.Urls.Cloud}'
            CONVEX_SELF_HOSTED_ADMIN_KEY='{settings.AdminKey ?? deployment.CreateAdminKey()}'

            Ready. Ctrl+C stops the server.
            """);
    }

    /// <summary>What a person is told; null for what is nobody's mistake but ours, and is shown as it is.</summary>
    private static string? SentenceFor(Exception exception) =>
        exception is NodeUnavailableException or PortTakenException or StoreException or FormatException or UnauthorizedAccessException or IOException ? exception.Message : null;
}
