using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Node;
using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Fresnel.Values;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>A deployment with the real runners, and one module written with the unmodified client library, bundled as the CLI does.</summary>
internal sealed class TypeScriptApp : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;

    private TypeScriptApp(DirectoryInfo folder, Deployment deployment)
    {
        _folder = folder;
        Deployment = deployment;
    }

    public Deployment Deployment { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one whose module <c>app.ts</c> has this source.</summary>
    public static async Task<TypeScriptApp> StartAsync(string source)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-typescript-");
        await NpmPackages.LinkIntoAsync(folder.FullName);
        var bundle = await BundleAsync(folder.FullName, source);
        var options = new DeploymentOptions { BundleFolder = Path.Combine(folder.FullName, "bundles") };
        var deployment = await Deployment.StartAsync(new MemoryCommitStore(), options, Cancellation);
        await DeployAsync(deployment, options, bundle);
        return new TypeScriptApp(folder, deployment);
    }

    public async Task<string> QueryAsync(string export, string args = "{}") =>
        TestDeployment.ValueOf((await Deployment.Invoker.QueryAsync(TestDeployment.Call($"app:{export}", args), null, Cancellation)).Outcome);

    public async Task<string> MutateAsync(string export, string args = "{}") =>
        TestDeployment.ValueOf(await Deployment.Invoker.Mutate(TestDeployment.Call($"app:{export}", args), null, Cancellation).Completed);

    public async Task<string> ActAsync(string export, string args = "{}") =>
        TestDeployment.ValueOf(await Deployment.Invoker.ActionAsync(TestDeployment.Call($"app:{export}", args), Cancellation));

    public async Task<FunctionError> ErrorAsync(string export, string args = "{}")
    {
        var outcome = await Deployment.Invoker.RunAsync(TestDeployment.Call($"app:{export}", args), Cancellation);
        Assert.NotNull(outcome.Error);
        return outcome.Error;
    }

    public async ValueTask DisposeAsync()
    {
        await Deployment.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task<Module> BundleAsync(string folder, string source)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "app.ts"), source, Cancellation);
        const string Build = """
            require("esbuild").buildSync({ entryPoints: ["app.ts"], outfile: "app.js", bundle: true, format: "esm", platform: "browser", target: "esnext",
              conditions: ["convex", "module"], minifyIdentifiers: true, minifySyntax: true, keepNames: true, sourcemap: true, logLevel: "error", external: ["async_hooks", "node:async_hooks"] });
            """;
        using var process = Process.Start(new ProcessStartInfo("node", ["-e", Build]) { WorkingDirectory = folder, RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, errors);
        var text = await File.ReadAllTextAsync(Path.Combine(folder, "app.js"), Cancellation);
        var map = await File.ReadAllTextAsync(Path.Combine(folder, "app.js.map"), Cancellation);
        return new Module("app.js", ModuleEnvironment.Isolate, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text + map))), text, map);
    }

    private static async Task DeployAsync(Deployment deployment, DeploymentOptions options, Module module)
    {
        var phase = new ImportPhase(new byte[32], 1_700_000_000_000);
        var analyses = await new NodeAnalyzer(options).AnalyzeAsync(new ModuleSet(module.Sha256, [module], phase), new Dictionary<string, string>(), Cancellation);
        await deployment.Database.CommitAsync(
            async (transaction, token) =>
            {
                await transaction.InsertAsync(
                    transaction.Find(SystemTables.Sources),
                    ValueObject.Create(("sha256", module.Sha256), ("source", module.Source), ("sourceMap", module.SourceMap!)),
                    token);
                await transaction.InsertAsync(
                    transaction.Find(SystemTables.Modules),
                    ValueObject.Create(("component", ""), ("path", module.Path), ("environment", "isolate"), ("sha256", module.Sha256), ("analysis", analyses[0].Json)),
                    token);
                await transaction.InsertAsync(
                    transaction.Find(SystemTables.Generations),
                    ValueObject.Create(
                        ("component", ""),
                        ("modules", module.Sha256),
                        ("environment", Value.Int64(0)),
                        ("seed", Value.Bytes(phase.Seed)),
                        ("importTime", Value.Float64(phase.UnixMilliseconds))),
                    token);
                return true;
            },
            Cancellation);
    }
}
