using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Node;

/// <summary>One run of <c>npm install</c> in a folder with a manifest, bounded in time and size.</summary>
internal sealed class NpmInstall(DeploymentOptions options, string folder)
{
    /// <summary>Characters of npm's complaints that a person is shown.</summary>
    private const int ShownCharacters = 2_000;

    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(500);

    /// <summary>Of this process's environment, what npm needs: where to look, through which proxy, and as whom. Scripts of packages, which would see it, are not run by default.</summary>
    private static readonly string[] Inherited =
        ["PATH", "HOME", "USERPROFILE", "APPDATA", "TMPDIR", "TEMP", "TMP", "SystemRoot", "ComSpec", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

    private NodePackageOptions Bounds => options.NodePackages;

    /// <exception cref="DeveloperException">There is no npm, it failed, or a bound was met.</exception>
    public async Task RunAsync()
    {
        using var npm = Start();
        var complaints = npm.StandardError.ReadToEndAsync();
        var output = npm.StandardOutput.ReadToEndAsync();
        npm.StandardInput.Close();
        var exit = npm.WaitForExitAsync();
        try
        {
            await WatchAsync(exit);
        }
        finally
        {
            if (!npm.HasExited) npm.Kill(entireProcessTree: true);
            await exit;
        }

        var text = await complaints + await output;
        if (npm.ExitCode != 0) throw NodePackageSet.Refusal(Complaint(text));
        RequireRoom();
    }

    private Process Start()
    {
        var name = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        var npm = Bounds.NpmPath ?? (System.Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(path => Path.Combine(path, name)).FirstOrDefault(File.Exists);
        if (npm is null) throw NodePackageSet.Refusal("They are installed with npm, and there is no npm on the server's PATH.");
        var start = new ProcessStartInfo(npm)
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
            ArgumentList = { "install", "--omit=dev", "--no-audit", "--no-fund", "--no-package-lock", "--no-update-notifier", "--no-progress", "--loglevel=error", "--prefer-offline", "--fetch-retries=1" },
        };
        if (!Bounds.RunScripts) start.ArgumentList.Add("--ignore-scripts");
        if (Bounds.Registry is { } registry) start.ArgumentList.Add($"--registry={registry}");
        foreach (var variable in start.Environment.Keys.ToList())
        {
            if (!Inherited.Contains(variable, StringComparer.OrdinalIgnoreCase) && !variable.StartsWith("npm_config_", StringComparison.OrdinalIgnoreCase)) start.Environment.Remove(variable);
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw NodePackageSet.Refusal($"npm ({npm}) does not start: {failure.Message}");
        }
    }

    private async Task WatchAsync(Task exit)
    {
        using var late = new CancellationTokenSource(Bounds.MostTime, options.Time);
        while (!exit.IsCompleted)
        {
            if (late.IsCancellationRequested) throw NodePackageSet.Refusal($"npm took longer than {Bounds.MostTime.TotalSeconds:0} seconds.");
            RequireRoom();
            await Task.WhenAny(exit, Task.Delay(LookPeriod, options.Time, CancellationToken.None));
        }
    }

    private void RequireRoom()
    {
        var bytes = 0L;
        try
        {
            bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        }
        catch (IOException)
        {
            // It changes while it is looked at; the next look tells.
        }

        if (bytes > Bounds.MostBytes) throw NodePackageSet.Refusal($"They take more than {Bounds.MostBytes >> 20} MiB.");
    }

    /// <summary>What npm says is wrong, without its marks and where its own log lies.</summary>
    private static string Complaint(string text)
    {
        var lines = text.Split('\n')
            .Select(line => line.Trim())
            .Where(line => line.StartsWith("npm error", StringComparison.Ordinal) || line.StartsWith("npm ERR!", StringComparison.Ordinal))
            .Select(line => line[(line.StartsWith("npm ERR!", StringComparison.Ordinal) ? "npm ERR!" : "npm error").Length..].Trim())
            .Where(line => line.Length > 0 && !line.StartsWith("A complete log", StringComparison.Ordinal) && !line.Contains("-debug-0.log", StringComparison.Ordinal));
        var said = string.Join('\n', lines);
        if (said.Length == 0) said = text.Trim();
        return said.Length > ShownCharacters ? $"npm said:\n{said[..ShownCharacters]}…" : $"npm said:\n{said}";
    }
}
