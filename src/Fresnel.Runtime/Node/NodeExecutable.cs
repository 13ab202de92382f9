using System.ComponentModel;
using System.Diagnostics;

namespace Fresnel.Runtime.Node;

/// <summary>A Node that was found and asked for its version.</summary>
/// <param name="Path">The executable.</param>
/// <param name="Version">What it answered.</param>
public sealed record NodeExecutable(string Path, Version Version)
{
    /// <summary>The oldest Node that runs the worker program.</summary>
    public static Version Oldest { get; } = new(20, 19, 0);

    /// <summary>Finds Node and asks for its version. A host calls it at start, to fail early and in one sentence.</summary>
    /// <param name="path">The executable, or null to look on PATH.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NodeUnavailableException">There is none, it does not start, or it is too old.</exception>
    public static async Task<NodeExecutable> FindAsync(string? path, CancellationToken cancellationToken)
    {
        var found = Locate(path);
        var answer = await AskAsync(found, cancellationToken).ConfigureAwait(false);
        if (!Version.TryParse(answer.TrimStart('v'), out var version))
        {
            throw new NodeUnavailableException($"Fresnel runs TypeScript functions in Node.js {Oldest.ToString(2)} or later, but {found} does not answer like Node.js.");
        }

        return version >= Oldest
            ? new NodeExecutable(found, version)
            : throw new NodeUnavailableException($"Fresnel runs TypeScript functions in Node.js {Oldest.ToString(2)} or later, but {found} is version {version}.");
    }

    /// <summary>The path of Node, not yet asked anything.</summary>
    /// <exception cref="NodeUnavailableException">There is none.</exception>
    internal static string Locate(string? path)
    {
        if (path is not null)
        {
            return File.Exists(path) ? path : throw new NodeUnavailableException($"There is no Node.js at {path}.");
        }

        var name = OperatingSystem.IsWindows() ? "node.exe" : "node";
        var folders = (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new NodeUnavailableException($"Fresnel runs TypeScript functions in Node.js {Oldest.ToString(2)} or later, and there is no {name} on PATH.");
    }

    private static async Task<string> AskAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true, RedirectStandardError = true, CreateNoWindow = true })!;
            var answer = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return answer.Trim();
        }
        catch (Win32Exception failure)
        {
            throw new NodeUnavailableException($"Node.js ({path}) does not start: {failure.Message}", failure);
        }
    }
}
