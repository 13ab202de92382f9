using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Architecture;

/// <summary>Who may use whom. A new project or arrow is a decision: it is taken in the table of <c>docs/ARCHITECTURE.md</c>, in sight.</summary>
public sealed partial class ArrowTests
{
    private const string Page = "docs/ARCHITECTURE.md";

    /// <summary>By project, those that it may refer to, as the table of <see cref="Page"/> has it; null for everything.</summary>
    private static readonly Dictionary<string, string[]?> Allowed = Tree.Read(Page).Split('\n')
        .Select(line => TableRow().Match(line)).Where(match => match.Success)
        .ToDictionary(match => match.Groups["project"].Value, match => ReadArrows(match.Groups["arrows"].Value));

    /// <summary>The test projects that do not mirror a project of the product.</summary>
    private static readonly string[] TestsOfTheWhole = ["Fresnel.Architecture", "Fresnel.Conformance", "Fresnel.Simulation", "Fresnel.Testing"];

    [Fact]
    public void A_project_refers_only_to_those_below_it()
    {
        var wrong =
            from project in ProjectFile.Product
            let allowed = Allowed.GetValueOrDefault(project.Name, [])
            where allowed is not null
            from reference in project.References.Except(allowed)
            select $"{project.Name} refers to {reference}";

        Rule.Holds(wrong, "Take what is needed through a project below, or move it there; a new arrow is entered in the table of docs/ARCHITECTURE.md.");
    }

    [Fact]
    public void There_is_no_project_that_the_table_does_not_know()
    {
        Rule.Holds(
            ProjectFile.Product.Select(project => project.Name).Except(Allowed.Keys),
            "A new project is made only where the arrow, the package or the target framework differs; it is entered in the table of docs/ARCHITECTURE.md.");
        Rule.Holds(Allowed.Keys.Except(ProjectFile.Product.Select(project => project.Name)), "The table of docs/ARCHITECTURE.md tells of what is built.");
        Assert.All(ProjectFile.Product, project => Assert.Equal($"src/{project.Name}/{project.Name}.csproj", project.Path));
    }

    [Fact]
    public void The_generator_runs_in_the_compiler_only() =>
        Assert.All(ProjectFile.Product, project => Assert.Equal(
            project.References.Where(name => name == "Fresnel.Generator"), project.Analyzers));

    [Fact]
    public void A_test_project_belongs_to_a_project_or_to_the_whole()
    {
        var tests = ProjectFile.All.Where(project => project.Path.StartsWith("tests/", StringComparison.Ordinal)).Select(project => project.Name);
        var expected = ProjectFile.Product.Select(project => $"{project.Name}.Tests").Concat(TestsOfTheWhole);

        Rule.Holds(tests.Except(expected), "A test project is named after the project it tests.");
    }

    [Fact]
    public void The_solution_holds_every_project_once()
    {
        var listed = XDocument.Load(RepositoryFiles.PathOf("Fresnel.slnx")).Descendants("Project").Select(one => one.Attribute("Path")!.Value);

        Assert.Equal(ProjectFile.All.Select(project => project.Path), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_place()
    {
        Rule.Holds(
            ProjectFile.All.SelectMany(project => project.Packages.Where(one => one.Version is not null).Select(one => $"{project.Name}: {one.Name} {one.Version}")),
            "Versions stand in Directory.Packages.props.");

        var listed = XDocument.Load(RepositoryFiles.PathOf("Directory.Packages.props")).Descendants("PackageVersion").Select(one => one.Attribute("Include")!.Value).ToList();
        Assert.Equal(listed.Distinct(), listed);
    }

    [Fact]
    public void Every_project_has_a_lock_file() =>
        Rule.Holds(
            ProjectFile.All.Select(project => $"{Path.GetDirectoryName(project.Path)}/packages.lock.json").Except(Tree.Files),
            "Commit the lock file that a restore writes.");

    private static string[]? ReadArrows(string text) => text switch
    {
        "everything" => null,
        "nothing" => [],
        _ => [.. ProjectName().Matches(text).Select(match => $"Fresnel.{match.Value}")],
    };

    [GeneratedRegex(@"^\| `(?<project>Fresnel\.\w+)` \|.*\| (?<arrows>[^|]+) \|$")]
    private static partial Regex TableRow();

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex ProjectName();
}
