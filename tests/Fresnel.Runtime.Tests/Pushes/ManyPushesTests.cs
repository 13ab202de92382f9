using System.Diagnostics;
using System.Runtime.CompilerServices;
using Fresnel.Runtime.Pushes;
using Fresnel.Runtime.Tests.Node;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Runtime.Tests.Pushes;

/// <summary>What pushes replace is let go of: code, workers and files. <c>bench/Fresnel.Bench pushes</c> measures the memory.</summary>
public sealed class ManyPushesTests : IDisposable
{
    private const int Modules = 140;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fresnel-pushes-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_dozen_pushes_of_140_modules_only_a_few_generations_are_held()
    {
        await using var deployment = await Deployment.StartAsync(new MemoryCommitStore(), new DeploymentOptions { BundleFolder = _folder.FullName }, Token);
        var generations = new List<WeakReference>();
        for (var push = 0; push < 12; push++)
        {
            await PushAsync(deployment, push);
            Assert.Equal($"\"{push}\"", TestDeployment.ValueOf((await deployment.Invoker.QueryAsync(TestDeployment.Call($"m{push}:read"), null, Token)).Outcome));
            generations.Add(await CodeOfAsync(deployment));
        }

        // Workers of older code go some seconds after its last use; the newest stays.
        foreach (var worker in Workers().OrderBy(worker => worker.StartTime).SkipLast(1)) await worker.WaitForExitAsync(Token).WaitAsync(Patience, Token);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.InRange(generations.Count(generation => generation.IsAlive), 1, 5);
        // A folder goes a moment after the last worker that used it.
        using var patience = new CancellationTokenSource(Patience);
        while (Directory.GetDirectories(Path.Combine(_folder.FullName, "modules")).Length is 0 or > 6 && !patience.IsCancellationRequested) await Task.Yield();
        Assert.InRange(Directory.GetDirectories(Path.Combine(_folder.FullName, "modules")).Length, 1, 6);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_folder.FullName, "analysed")));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task PushAsync(Deployment deployment, int push)
    {
        var request = new PushRequest
        {
            AppDefinition = new PushedApp
            {
                ChangedModules =
                [
                    new PushedModule("_deps/LIB.js", Bundle.Library, "isolate"),
                    .. Enumerable.Range(0, Modules).Select(module => new PushedModule($"m{module}.js", $"import {{ query }} from \"./_deps/LIB.js\"; export const read = query(() => \"{push}\");", "isolate")),
                ],
                UdfServerVersion = "1.48.0",
            },
        };
        var started = await deployment.Pushes.StartAsync(request, Token);
        await deployment.Pushes.FinishAsync(new() { StartPush = started }, Token);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> CodeOfAsync(Deployment deployment)
    {
        using var transaction = deployment.Database.BeginRead();
        return new WeakReference(await deployment.Catalog.LoadAsync(transaction, "", Token));
    }

    /// <summary>The Node processes that run the worker program of this deployment; none where they cannot be told apart. From version 24 on Node goes by the name of its main thread.</summary>
    private List<Process> Workers() => !OperatingSystem.IsLinux() ? [] : [.. Process.GetProcessesByName("node").Concat(Process.GetProcessesByName("MainThread")).Where(IsOurs)];

    private bool IsOurs(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(_folder.Name, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return false;
        }
    }
}
