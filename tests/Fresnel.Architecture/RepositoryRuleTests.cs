using System.Text.RegularExpressions;
using Xunit;

namespace Fresnel.Architecture;

/// <summary>What every file of the repository keeps to.</summary>
public sealed partial class RepositoryRuleTests
{
    [Fact]
    public void No_file_knows_the_machine_it_was_written_on()
    {
        var wrong =
            from path in Tree.TextFiles
            from Match match in MachinePaths().Matches(Tree.Read(path))
            select $"{path}: {match.Value}";

        Rule.Holds(wrong, "Paths are relative to the repository, or come from configuration.");
    }

    [Fact]
    public void Locked_npm_packages_come_from_the_public_registry()
    {
        var wrong =
            from path in Tree.Files
            where path.EndsWith("package-lock.json", StringComparison.Ordinal)
            from Match match in Resolved().Matches(Tree.Read(path))
            where match.Groups["host"].Value != "registry.npmjs.org"
            select $"{path}: {match.Groups["host"].Value}";

        Rule.Holds(wrong, "Write the lock file against the public registry.");
    }

    [Fact]
    public void Text_ends_its_lines_alike()
    {
        Rule.Holds(Tree.TextFiles.Where(path => Tree.Read(path).Contains('\r', StringComparison.Ordinal)), "Lines end in a line feed alone.");
        Rule.Holds(
            Tree.TextFiles.Where(path => !path.EndsWith("/packages.lock.json", StringComparison.Ordinal) && Tree.Read(path) is [.., not '\n']),
            "The last line ends too (only NuGet writes its lock files otherwise).");
    }

    // Home folders and build folders; the slash stands apart so that this file does not name one itself.
    [GeneratedRegex(@"[/](home|Users|root)[/]\w+|[/]work[/](rooms|main|shared)|\b[A-Z]:\\+Users\\+", RegexOptions.CultureInvariant)]
    private static partial Regex MachinePaths();

    [GeneratedRegex("\"resolved\": \"https?://(?<host>[^/\"]+)")]
    private static partial Regex Resolved();
}
