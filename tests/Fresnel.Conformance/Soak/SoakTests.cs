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
        Assert.True(run.Pushes > 1 && (run.Kills > 2 || !OperatingSystem.IsLinux()), $"{run.Pushes} pushes, {run.Kills} kills");
    }
}
