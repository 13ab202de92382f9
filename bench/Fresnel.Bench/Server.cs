using System.Diagnostics;
using Fresnel.Bench.Soak;

namespace Fresnel.Bench;

/// <summary>The published <c>fresnel</c> as a process of its own, on free ports and a given data folder.</summary>
internal sealed class Server : IAsyncDisposable
{
    private const string AdminKey = "bench|bench";
    private readonly Process _process;

    private Server(Process process, string url)
    {
        _process = process;
        Url = url;
    }

    public string Url { get; }

    public int ProcessId => _process.Id;

    public static string Root { get; } = FindRoot();

    private static string Folder => Path.Combine(Root, "artifacts", "bench", "fresnel");

    /// <summary>Publishes the server as users get it.</summary>
    public static async Task PublishAsync(CancellationToken cancellationToken)
    {
        Console.Error.WriteLine("Publishing the server …");
        await RunAsync("dotnet", ["publish", Path.Combine(Root, "src", "Fresnel.Host"), "-c", "Release", "-o", Folder, "--nologo", "-v", "quiet"], Root, [], cancellationToken);
    }

    public static async Task<Server> StartAsync(string data, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Path.Combine(Folder, OperatingSystem.IsWindows() ? "fresnel.exe" : "fresnel"))
        {
            RedirectStandardOutput = true,
            ArgumentList = { "start", "--data", Path.Combine(data, "data"), "--port", "0", "--site-port", "0", "--instance-name", "bench", "--admin-key", AdminKey },
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            const string variable = "CONVEX_SELF_HOSTED_URL=";
            var at = line.IndexOf(variable, StringComparison.Ordinal);
            if (at < 0) continue;
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return new Server(process, line[(at + variable.Length)..].Trim(' ', '"', '\''));
        }

        throw new InvalidOperationException("The server ended before it printed its address.");
    }

    /// <summary>Installs the official packages in <c>bench/app</c>, and says where they are.</summary>
    public static async Task<string> InstallPackagesAsync(CancellationToken cancellationToken)
    {
        var app = Path.Combine(Root, "bench", "app");
        var packages = Path.Combine(app, "node_modules");
        if (!Directory.Exists(packages)) await RunAsync("npm", ["ci", "--no-audit", "--no-fund"], app, [], cancellationToken);
        return packages;
    }

    /// <summary>Pushes <c>bench/app</c> with the official CLI.</summary>
    public async Task PushAsync(CancellationToken cancellationToken)
    {
        await InstallPackagesAsync(cancellationToken);
        Console.Error.WriteLine("Pushing bench/app …");
        await PushAsync(Path.Combine(Root, "bench", "app"), cancellationToken);
    }

    /// <summary>Pushes an app with the official CLI, which lies among its packages.</summary>
    public Task PushAsync(string app, CancellationToken cancellationToken) =>
        RunAsync(
            "node",
            [Path.Combine(app, "node_modules", "convex", "bin", "main.js"), "deploy", "--typecheck=disable", "--codegen=disable"],
            app,
            [("CONVEX_SELF_HOSTED_URL", Url), ("CONVEX_SELF_HOSTED_ADMIN_KEY", AdminKey), ("CI", "1")],
            cancellationToken);

    /// <summary>Kills the workers; returns when they are gone and the server knows.</summary>
    public async Task KillWorkersAsync(CancellationToken cancellationToken)
    {
        foreach (var id in WorkerProcesses.Of(_process.Id))
        {
            using var worker = Process.GetProcessById(id);
            worker.Kill();
            await worker.WaitForExitAsync(cancellationToken);
        }

        await Task.Delay(500, cancellationToken);
    }

    /// <summary>The resident sets of the server and of the workers below it.</summary>
    public (long Server, long Workers) ResidentBytes()
    {
        _process.Refresh();
        var workers = WorkerProcesses.Of(_process.Id).Sum(id =>
        {
            using var worker = Process.GetProcessById(id);
            return worker.WorkingSet64;
        });
        return (_process.WorkingSet64, workers);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Seconds of processor time that the server used, and its workers.</summary>
    public (double Host, double Workers) ProcessorSeconds()
    {
        var used = Functions.ProcessorTime.Of(_process.Id);
        var workers = used.GetValueOrDefault("node");
        return (used.Values.Sum() - workers, workers);
    }

    /// <summary>Bundles a file of <c>bench/app/convex</c> as the CLI does, and says where it lies.</summary>
    public static async Task<string> BundleAsync(string file, CancellationToken cancellationToken)
    {
        var app = Path.Combine(Root, "bench", "app");
        var bundle = Path.Combine(Root, "artifacts", "bench", Path.ChangeExtension(file, ".mjs"));
        if (!File.Exists(bundle) || File.GetLastWriteTimeUtc(bundle) < File.GetLastWriteTimeUtc(Path.Combine(app, "convex", file)))
        {
            // Executable as it is: a program, or a script that names Node.
            await RunAsync(Path.Combine(app, "node_modules", "esbuild", "bin", "esbuild"), [Path.Combine(app, "convex", file), "--bundle", "--format=esm", "--target=esnext", $"--outfile={bundle}"], app, [], cancellationToken);
        }

        return bundle;
    }

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    public static async Task<string> RunAsync(string command, string[] arguments, string folder, (string Name, string Value)[] environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start.");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}{await error}");
        return await output;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fresnel.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException("Run this from a checkout of the repository.");
    }
}
