using System.Collections.Concurrent;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Node;

/// <summary>Installed npm packages on disk: each list in a folder of its own that is named after it, put in place when it is whole.</summary>
/// <remarks>
/// What is there is never written again, so a list that did not change is not installed again, and processes share it. What is missing (the folder may be
/// deleted while nothing runs) is installed anew when it is needed.
/// </remarks>
internal sealed class NodePackages(DeploymentOptions options)
{
    /// <summary>Lists of earlier processes that stay, the newest ones: another process may run them, and the next push may bring one back.</summary>
    private const int KeptFolders = 4;

    private readonly string _root = RootOf(options.BundleFolder);
    private readonly ConcurrentDictionary<string, Lazy<Task>> _installing = new(StringComparer.Ordinal);

    /// <summary>Where all lists lie.</summary>
    public static string RootOf(string bundleFolder) => Path.GetFullPath(Path.Combine(bundleFolder, "packages"));

    /// <summary>Where the packages of a list lie once they are installed.</summary>
    public static string FolderOf(string root, string id) => Path.Combine(root, id, "node_modules");

    /// <summary>Installs a list unless it is there.</summary>
    /// <exception cref="DeveloperException"><c>InvalidExternalPackages</c>; the message says why, in the words of npm where it has some.</exception>
    public async Task RequireAsync(NodePackageSet packages, CancellationToken cancellationToken)
    {
        if (packages.Packages.Count == 0) return;
        // Whoever asks meanwhile waits for the same; nobody's leaving ends it.
        var installing = _installing.GetOrAdd(packages.Id, id => new Lazy<Task>(() => InstallAsync(packages)));
        try
        {
            await installing.Value.WaitAsync(cancellationToken);
            if (Directory.Exists(Path.Combine(_root, packages.Id))) return;
        }
        catch (Exception) when (installing.Value.IsCompleted)
        {
            // The next push may find the registry in another mood, or room on the disk. Whoever only left leaves it to the others.
            _installing.TryRemove(KeyValuePair.Create(packages.Id, installing));
            throw;
        }

        _installing.TryRemove(KeyValuePair.Create(packages.Id, installing));
        await RequireAsync(packages, cancellationToken);
    }

    private async Task InstallAsync(NodePackageSet packages)
    {
        var target = Path.Combine(_root, packages.Id);
        if (Directory.Exists(target)) return;
        var random = new byte[8];
        options.Entropy.Fill(random);
        var draft = $"{target}-{Convert.ToHexStringLower(random)}";
        Directory.CreateDirectory(draft);
        try
        {
            await File.WriteAllTextAsync(Path.Combine(draft, "package.json"), Manifest(packages));
            await new NpmInstall(options, draft).RunAsync();
            Directory.CreateDirectory(Path.Combine(draft, "node_modules"));
            Directory.Move(draft, target);
            Sweep(packages.Id);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another process was quicker.
        }
        finally
        {
            Delete(draft);
        }
    }

    private static string Manifest(NodePackageSet packages) =>
        JsonSerializer.Serialize(new { @private = true, dependencies = packages.Packages.ToDictionary(package => package.Name, package => package.Version) });

    private void Sweep(string installed)
    {
        var old = new DirectoryInfo(_root).EnumerateDirectories()
            .Where(folder => folder.Name != installed && !_installing.ContainsKey(folder.Name) && !folder.Name.Contains('-', StringComparison.Ordinal))
            .OrderByDescending(folder => folder.LastWriteTimeUtc)
            .Skip(KeptFolders);
        foreach (var folder in old) Delete(folder.FullName);
    }

    private static void Delete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // It is in nobody's way.
        }
    }
}
