using System.Diagnostics;
using Fresnel.Testing;
using Fresnel.Testing.Hosts;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>The worker program is plain JavaScript whose types stand in comments; nothing else checks them.</summary>
public sealed class WorkerTypeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_types_in_the_worker_program_are_right()
    {
        await NpmPackages.EnsureInstalledAsync();
        var start = new ProcessStartInfo(
            Executable.Find("node"),
            [
                Path.Combine(NpmPackages.Modules, "typescript", "bin", "tsc"),
                "--project", RepositoryFiles.PathOf("src/Fresnel.Runtime/Node/worker/jsconfig.json"),
                "--typeRoots", Path.Combine(NpmPackages.Modules, "@types"),
            ])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Assert.True(process.ExitCode == 0, output);
    }
}
