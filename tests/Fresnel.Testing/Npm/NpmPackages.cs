using System.Diagnostics;

namespace Fresnel.Testing.Npm;

/// <summary>The npm packages of <c>tests/npm</c>: installed once, by whoever needs them first.</summary>
/// <remarks>Two installations in one folder would trip over each other, so a lock file keeps all test processes of the machine apart.</remarks>
public static class NpmPackages
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task> Installed = new(InstallWhenStaleAsync);

    /// <summary>The folder that owns the packages.</summary>
    public static string Folder { get; } = RepositoryFiles.PathOf("tests/npm");

    /// <summary>Its <c>node_modules</c>; to be linked into the folder of a project that a test makes.</summary>
    public static string Modules { get; } = Path.Combine(Folder, "node_modules");

    /// <summary>Completes when the packages are there as the lock file names them.</summary>
    public static Task EnsureInstalledAsync() => Installed.Value;

    /// <summary>Lets a folder resolve these packages: puts a link named <c>node_modules</c> into it.</summary>
    public static async Task LinkIntoAsync(string folder)
    {
        await EnsureInstalledAsync();
        var link = Path.Combine(folder, "node_modules");
        if (!Path.Exists(link)) Directory.CreateSymbolicLink(link, Modules);
    }

    private static async Task InstallWhenStaleAsync()
    {
        if (IsFresh()) return;
        await using var claim = await ClaimAsync();
        if (IsFresh()) return;

        var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        using var process = Process.Start(new ProcessStartInfo(npm, ["ci", "--no-fund", "--no-audit"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var deadline = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        if (process.ExitCode != 0) throw new InvalidOperationException($"npm ci in {Folder} ended with {process.ExitCode}:\n{await output}{await errors}");
    }

    /// <summary>npm writes what it installed into a hidden lock file; one that is older than ours is of an earlier state.</summary>
    private static bool IsFresh()
    {
        var installed = new FileInfo(Path.Combine(Modules, ".package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"));
    }

    private static async Task<FileStream> ClaimAsync()
    {
        var path = Path.Combine(Path.GetTempPath(), $"fresnel-npm-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Folder)))[..16]}.lock");
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(started) < Patience)
            {
                // Another process installs; there is nothing to be woken by.
                await Task.Delay(100);
            }
        }
    }
}
