using Fresnel.Engine;
using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Node;

/// <summary>Module sets on disk. A set stays while a worker uses it, for modules are imported when they are first needed; a few stay longer.</summary>
internal sealed class Bundles(string root, string packagesRoot, int kept, IEntropy entropy)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _users = new(StringComparer.Ordinal);
    private readonly Queue<string> _unused = new();
    private bool _isSwept;

    /// <summary>Writes a set, unless it is there, and holds it.</summary>
    public BundleLease Use(ModuleSet modules)
    {
        var name = modules.Hash.Length > 0 ? modules.Hash : "none";
        return modules.Packages.Id is { Length: > 0 } packages ? Use($"{name}-{packages}", modules.Modules, NodePackages.FolderOf(packagesRoot, packages)) : Use(name, modules.Modules);
    }

    /// <summary>Writes one module by itself, and holds it.</summary>
    public BundleLease Use(Module module) => Use(WorkerFiles.Sha256(module.Path + "\0" + module.Source), [module]);

    private BundleLease Use(string name, IReadOnlyList<Module> modules, string? packages = null)
    {
        var folder = Path.Combine(root, name);
        lock (_gate)
        {
            Sweep(name);
            _users[name] = _users.GetValueOrDefault(name) + 1;
            WorkerFiles.WriteOnce(folder, entropy, modules.SelectMany(FilesOf).Append(("package.json", """{"type":"module"}""")), packages);
        }

        return new BundleLease(new Uri(folder + "/").AbsoluteUri, () => Release(name));
    }

    private void Release(string name)
    {
        lock (_gate)
        {
            if (--_users[name] > 0) return;
            _users.Remove(name);
            _unused.Enqueue(name);
            while (_unused.Count > kept)
            {
                var oldest = _unused.Dequeue();
                if (!_users.ContainsKey(oldest) && !_unused.Contains(oldest)) Delete(Path.Combine(root, oldest));
            }
        }
    }

    /// <summary>What an earlier process left is not needed, except for what is about to be used.</summary>
    private void Sweep(string used)
    {
        if (_isSwept) return;
        _isSwept = true;
        Directory.CreateDirectory(root);
        foreach (var folder in Directory.GetDirectories(root).Where(folder => Path.GetFileName(folder) != used)) Delete(folder);
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // It is in nobody's way; the next process sweeps.
        }
    }

    private static IEnumerable<(string Path, string Text)> FilesOf(Module module)
    {
        if (Path.IsPathRooted(module.Path) || module.Path.Split('/').Contains("..")) throw new InvalidDataException($"{module.Path} is not a module path.");
        yield return (module.Path, module.Source);
        if (module.SourceMap is { } map) yield return ($"{module.Path}.map", map);
    }
}

/// <summary>Holds a module set on disk until it is disposed of.</summary>
/// <param name="Url">The folder, with a slash at its end.</param>
/// <param name="Release">Lets it go.</param>
internal sealed record BundleLease(string Url, Action Release) : IDisposable
{
    public void Dispose() => Release();
}
