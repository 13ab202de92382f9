using System.Diagnostics;
using System.Text;
using Fresnel.Bench.Soak;
using Fresnel.Conformance.Cli;
using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Soak;

/// <summary>The short form of the soak: <c>bench/Fresnel.Bench soak</c> is the long one.</summary>
public sealed class SoakTests(CliHost host) : IClassFixture<CliHost>
{
    [Fact]
    public async Task For_twenty_seconds_nothing_fails_that_was_not_made_to_fail()
    {
        var seed = Environment.TickCount;
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"seed {seed}");
        using var project = await ConvexProject.CreateAsync(
            [.. Directory.EnumerateFiles(RepositoryFiles.PathOf("bench/soak/convex"), "*.ts").Select(file => ($"convex/{Path.GetFileName(file)}", File.ReadAllText(file)))]);
        var target = new SoakTarget(host.Url, host.Host.Id, host.Host.Data, async (version, _) =>
        {
            project.Write("convex/version.ts", $"export const version: number = {version};\n");
            await host.SucceedAsync(project, "deploy", "--typecheck=disable", "--codegen=disable");
        });
        var plan = new SoakPlan(TimeSpan.FromSeconds(20), 3, KillEvery: TimeSpan.FromSeconds(3), PushEvery: TimeSpan.FromSeconds(6), SampleEvery: TimeSpan.FromSeconds(4), seed);
        using var run = new SoakRun(target, plan, output.WriteLine);
        await run.RunAsync(TestContext.Current.CancellationToken);
        Assert.Empty(run.Errors);
        await DieWithTheServerAsync();
        Assert.True(run.Pushes > 1 && (run.Kills > 2 || !OperatingSystem.IsLinux()), $"{run.Pushes} pushes, {run.Kills} kills");
    }

    /// <summary>Workers end with a server that is killed, also one whose code never looks up. Known where <c>setpriv</c> binds them.</summary>
    private async Task DieWithTheServerAsync()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/setpriv")) return;
        var token = TestContext.Current.CancellationToken;
        using var http = new HttpClient { BaseAddress = new Uri(host.Url) };
        using var content = new StringContent("""{"path":"soak:hold","args":{},"format":"json"}""", Encoding.UTF8, "application/json");
        var holding = http.PostAsync("/api/action", content, token);
        while ((await host.CallAsync("query", "soak:total", new { name = "held" })).GetInt32() == 0) Assert.False(holding.IsCompleted);
        var workers = WorkerProcesses.Of(host.Host.Id).Select(Process.GetProcessById).ToList();
        Assert.NotEmpty(workers);
        await host.Host.KillAsync();
        foreach (var worker in workers) await worker.WaitForExitAsync(token).WaitAsync(TimeSpan.FromSeconds(20), token);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => holding);
    }
}
