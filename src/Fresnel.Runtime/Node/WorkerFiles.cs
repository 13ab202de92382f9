using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Fresnel.Engine;
using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Node;

/// <summary>What workers read from disk: the worker program and the bundles, each in a folder named after its content and written once.</summary>
internal sealed class WorkerFiles(string folder, IEntropy entropy)
{
    /// <summary>Folders of bundles that are kept; older ones go when another is written.</summary>
    private const int KeptBundles = 16;

    private readonly ConcurrentDictionary<string, Lazy<string>> _bundles = new(StringComparer.Ordinal);
    private readonly Lazy<string> _program = new(() => WriteProgram(folder, entropy));

    /// <summary>The entry of the worker program.</summary>
    public string Program => _program.Value;

    /// <summary>The folder of a module set as a URL with a slash at its end.</summary>
    public string UrlOf(ModuleSet modules) => new Uri(_bundles.GetOrAdd(modules.Hash, _ => new(() => WriteModules(modules))).Value + "/").AbsoluteUri;

    /// <summary>Writes one module into a folder of its own, for an evaluation.</summary>
    public string UrlOf(Module module) =>
        UrlOf(new ModuleSet("one-" + (module.Sha256.Length > 0 ? module.Sha256 : Sha256(module.Source)), [module], new ImportPhase(new byte[32], 0)));

    private string WriteModules(ModuleSet modules)
    {
        var files = modules.Modules.SelectMany(FilesOf).Append(("package.json", """{"type":"module"}"""));
        var target = WriteOnce(folder, entropy, Path.Combine("modules", modules.Hash.Length > 0 ? modules.Hash : "none"), files);
        foreach (var old in new DirectoryInfo(Path.GetDirectoryName(target)!).GetDirectories().OrderByDescending(one => one.LastWriteTimeUtc).Skip(KeptBundles))
        {
            if (_bundles.TryRemove(old.Name, out _) || !old.Name.StartsWith("one-", StringComparison.Ordinal)) old.Delete(recursive: true);
        }

        return target;
    }

    private static IEnumerable<(string Path, string Text)> FilesOf(Module module)
    {
        if (Path.IsPathRooted(module.Path) || module.Path.Split('/').Contains("..")) throw new InvalidDataException($"{module.Path} is not a module path.");
        yield return (module.Path, module.Source);
        if (module.SourceMap is { } map) yield return ($"{module.Path}.map", map);
    }

    private static string WriteProgram(string folder, IEntropy entropy)
    {
        var assembly = typeof(WorkerFiles).Assembly;
        var files = new List<(string Path, string Text)>();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("worker/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            files.Add((name["worker/".Length..], reader.ReadToEnd()));
        }

        var hash = Sha256(string.Concat(files.Select(file => file.Path + "\0" + file.Text + "\0")));
        return Path.Combine(WriteOnce(folder, entropy, $"worker-{hash[..16]}", files), "main.mjs");
    }

    /// <summary>Writes a folder beside and moves it into place: whoever finds it finds it whole.</summary>
    private static string WriteOnce(string folder, IEntropy entropy, string name, IEnumerable<(string Path, string Text)> files)
    {
        var target = Path.GetFullPath(Path.Combine(folder, name));
        if (Directory.Exists(target)) return target;
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        Span<byte> random = stackalloc byte[8];
        entropy.Fill(random);
        var draft = Path.GetFullPath(Path.Combine(folder, $"draft-{Convert.ToHexStringLower(random)}"));
        foreach (var (path, text) in files)
        {
            var file = Path.Combine(draft, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        try
        {
            Directory.Move(draft, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another process was quicker; what it wrote is the same.
            Directory.Delete(draft, recursive: true);
        }

        return target;
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
