using System.Security.Cryptography;
using System.Text;
using Fresnel.Engine;

namespace Fresnel.Runtime.Node;

/// <summary>Writes what workers read from disk, each thing into a folder named after its content.</summary>
internal sealed class WorkerFiles(string folder, IEntropy entropy)
{
    private readonly Lazy<string> _program = new(() => WriteProgram(folder, entropy));

    /// <summary>The entry of the worker program.</summary>
    public string Program => _program.Value;

    /// <summary>Bundles under a folder of this one.</summary>
    /// <param name="name">The folder.</param>
    /// <param name="kept">How many of them stay when nobody uses them.</param>
    public Bundles Bundles(string name, int kept) => new(Path.GetFullPath(Path.Combine(folder, name)), NodePackages.RootOf(folder), kept, entropy);

    /// <summary>Writes a folder beside and moves it into place: whoever finds it finds it whole.</summary>
    /// <param name="target">The folder.</param>
    /// <param name="entropy">Names the folder beside.</param>
    /// <param name="files">What is in it.</param>
    /// <param name="packages">Installed packages that modules in it find, or null.</param>
    public static void WriteOnce(string target, IEntropy entropy, IEnumerable<(string Path, string Text)> files, string? packages = null)
    {
        if (Directory.Exists(target)) return;
        Span<byte> random = stackalloc byte[8];
        entropy.Fill(random);
        var draft = $"{target}-{Convert.ToHexStringLower(random)}";
        foreach (var (path, text) in files)
        {
            var file = Path.Combine(draft, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        if (packages is not null) Directory.CreateSymbolicLink(Path.Combine(draft, "node_modules"), packages);
        try
        {
            Directory.Move(draft, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Somebody was quicker; what they wrote is the same.
            Directory.Delete(draft, recursive: true);
        }
    }

    public static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

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
        var target = Path.GetFullPath(Path.Combine(folder, $"worker-{hash[..16]}"));
        WriteOnce(target, entropy, files);
        return Path.Combine(target, "main.mjs");
    }
}
