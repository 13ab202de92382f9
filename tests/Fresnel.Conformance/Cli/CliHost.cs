using System.Net.Http.Json;
using System.Text.Json;
using Fresnel.Testing.Hosts;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary>The real server as a process, and the official CLI against it. One per test class; its tests run one after another.</summary>
public sealed class CliHost : IAsyncLifetime
{
    private HostProcess? _host;

    /// <summary>Where it is reached.</summary>
    public string Url => Host.Url;

    /// <summary>Its admin key.</summary>
    public string AdminKey => Host.AdminKey;

    /// <summary>The process.</summary>
    public HostProcess Host => _host ?? throw new InvalidOperationException("The host was not started.");

    public async ValueTask InitializeAsync() => _host = await HostProcess.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
    }

    /// <summary>Kills the process as a power cut would, and starts it again on the same data and ports.</summary>
    public async Task CrashAsync()
    {
        await Host.KillAsync();
        await RestartAsync();
    }

    /// <summary>Starts a process that has ended again, on the same data and ports.</summary>
    public async Task RestartAsync()
    {
        await using var ended = Host;
        _host = await ended.RestartAsync();
    }

    /// <summary>Runs the CLI in a project.</summary>
    public Task<CliRun> RunAsync(ConvexProject project, params IReadOnlyList<string> arguments) => project.RunAsync(Url, AdminKey, arguments);

    /// <summary>Runs the CLI in a project; it must be content.</summary>
    public async Task<CliRun> SucceedAsync(ConvexProject project, params IReadOnlyList<string> arguments)
    {
        var run = await RunAsync(project, arguments);
        Assert.True(run.ExitCode == 0, $"convex {string.Join(' ', arguments)}: {run}\nThe server said:\n{Host.Output}");
        return run;
    }

    /// <summary>Runs the CLI in a project; it must end with 1.</summary>
    public async Task<CliRun> FailAsync(ConvexProject project, params IReadOnlyList<string> arguments)
    {
        var run = await RunAsync(project, arguments);
        Assert.True(run.ExitCode == 1, $"convex {string.Join(' ', arguments)}: {run}\nThe server said:\n{Host.Output}");
        return run;
    }

    /// <summary>Calls a public function as an app would, without the CLI: it must answer.</summary>
    /// <param name="kind">E.g. <c>query</c>.</param>
    /// <param name="path">E.g. <c>messages:list</c>.</param>
    /// <param name="args">Its arguments.</param>
    public async Task<JsonElement> CallAsync(string kind, string path, object args)
    {
        using var http = new HttpClient();
        using var response = await http.PostAsJsonAsync($"{Url}/api/{kind}", new { path, args, format = "json" }, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return answer.TryGetProperty("value", out var value) ? value : throw new InvalidOperationException($"{path} answered {answer}");
    }

    /// <summary>Pushes a project without checking its types, which takes most of the time.</summary>
    public Task<CliRun> PushAsync(ConvexProject project) => SucceedAsync(project, "dev", "--once", "--typecheck", "disable");

    /// <summary>Tries to push a project; the CLI must end with 1.</summary>
    public Task<CliRun> FailToPushAsync(ConvexProject project) => FailAsync(project, "dev", "--once", "--typecheck", "disable");
}
