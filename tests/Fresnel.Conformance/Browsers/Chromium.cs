using Fresnel.Conformance.Browsers;
using Fresnel.Conformance.Scripts;
using Xunit;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace Fresnel.Conformance.Browsers;

/// <summary>One real Chromium for the whole run, started by whoever needs it first. Every script that connects to it has windows of its own.</summary>
/// <remarks>A start costs more than most tests do, and windows of different scripts know nothing of each other.</remarks>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Lazy<Task<(NodeScript Script, string Endpoint)>> _started = new(StartAsync);

    /// <summary>Where scripts connect to it.</summary>
    public static async Task<string> EndpointAsync()
    {
        var chromium = await TestContext.Current.GetFixture<Chromium>() ?? throw new InvalidOperationException("No test runs.");
        return (await chromium._started.Value).Endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        if (_started is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _started.Value).Script.DisposeAsync();
    }

    private static async Task<(NodeScript Script, string Endpoint)> StartAsync()
    {
        var script = await NodeScript.StartAsync("chromium.mjs", ChromiumPath.Find());
        var ready = await script.NextAsync("ready", Patience);
        return (script, ready.GetProperty("endpoint").GetString()!);
    }
}
