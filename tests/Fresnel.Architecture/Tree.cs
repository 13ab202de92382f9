using Fresnel.Testing;

namespace Fresnel.Architecture;

/// <summary>The files of the repository, without what tools leave behind.</summary>
internal static class Tree
{
    private static readonly HashSet<string> LeftBehind =
        ["bin", "obj", "node_modules", ".git", ".vs", ".idea", ".vite", ".data", "dist", "artifacts", "TestResults", "fresnel-data", "playwright-report"];

    private static readonly HashSet<string> Binary =
        [".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".woff", ".woff2", ".br", ".gz", ".zip", ".db", ".dll", ".snk"];

    /// <summary>Paths of all files from the root, with forward slashes, in order.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Walk(new(RepositoryFiles.Root), "").Order(StringComparer.Ordinal)];

    /// <summary>The ones that hold text.</summary>
    public static IEnumerable<string> TextFiles => Files.Where(path => !Binary.Contains(Path.GetExtension(path)));

    /// <summary>The C# code of the product.</summary>
    public static IEnumerable<string> Sources => Files.Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>The text of a file.</summary>
    public static string Read(string path) => File.ReadAllText(RepositoryFiles.PathOf(path));

    private static IEnumerable<string> Walk(DirectoryInfo folder, string prefix)
    {
        foreach (var file in folder.EnumerateFiles())
        {
            if (!LeftBehind.Contains(file.Name)) yield return prefix + file.Name;
        }

        foreach (var inner in folder.EnumerateDirectories().Where(one => !LeftBehind.Contains(one.Name)))
        {
            foreach (var path in Walk(inner, $"{prefix}{inner.Name}/")) yield return path;
        }
    }
}
