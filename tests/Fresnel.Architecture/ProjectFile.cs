using System.Xml.Linq;
using Fresnel.Testing;

namespace Fresnel.Architecture;

/// <summary>A project file, as far as the rules look at it.</summary>
internal sealed class ProjectFile
{
    private readonly XDocument _xml;

    private ProjectFile(string path)
    {
        Path = path;
        _xml = XDocument.Load(RepositoryFiles.PathOf(path));
    }

    /// <summary>Every project of the repository.</summary>
    public static IReadOnlyList<ProjectFile> All { get; } =
        [.. Tree.Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).Select(path => new ProjectFile(path))];

    /// <summary>The projects of the product.</summary>
    public static IEnumerable<ProjectFile> Product => All.Where(project => project.Path.StartsWith("src/", StringComparison.Ordinal));

    /// <summary>The path from the root.</summary>
    public string Path { get; }

    /// <summary>The name of the project.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The names of the projects that it refers to directly.</summary>
    public IEnumerable<string> References =>
        _xml.Descendants("ProjectReference").Select(one => System.IO.Path.GetFileNameWithoutExtension(one.Attribute("Include")!.Value.Replace('\\', '/')));

    /// <summary>Those of them that are only run by the compiler.</summary>
    public IEnumerable<string> Analyzers =>
        _xml.Descendants("ProjectReference").Where(one => (string?)one.Attribute("OutputItemType") == "Analyzer")
            .Select(one => System.IO.Path.GetFileNameWithoutExtension(one.Attribute("Include")!.Value.Replace('\\', '/')));

    /// <summary>The packages that it names, with the version when it gives one itself.</summary>
    public IEnumerable<(string Name, string? Version)> Packages =>
        _xml.Descendants("PackageReference").Select(one => (one.Attribute("Include")!.Value, (string?)one.Attribute("Version") ?? (string?)one.Attribute("VersionOverride")));
}
