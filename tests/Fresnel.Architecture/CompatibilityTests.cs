using System.Globalization;
using System.Text.RegularExpressions;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Architecture;

/// <summary>The compatibility page tells what is: tests that exist, and everything that the code calls not built yet.</summary>
public sealed partial class CompatibilityTests
{
    private const string Page = "docs/reference/compatibility.md";
    private const int Patterns = 12;
    private const string List = "src/Fresnel.Runtime/Invocations/NotBuiltYet.cs";

    [Fact]
    public void The_tests_that_it_names_exist()
    {
        var classes = Tree.Files.Where(file => file.StartsWith("tests/", StringComparison.Ordinal)).Select(Path.GetFileNameWithoutExtension).ToHashSet();

        Rule.Holds(
            TestName().Matches(Tree.Read(Page)).Select(match => match.Groups["name"].Value).Where(name => !classes.Contains(name)),
            $"{Page} names tests that show what it says.");
    }

    /// <summary>The patterns of the user's documents, as the issue numbers them; 0 are the blocks of code themselves.</summary>
    [Fact]
    public void Every_pattern_of_the_users_documents_has_a_row_with_a_test()
    {
        var rows = PatternRow().Matches(Tree.Read(Page)).Select(match => (Number: int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture), Tests: TestName().Count(match.Value))).ToList();

        Assert.Equal(Enumerable.Range(0, Patterns + 1), rows.Select(row => row.Number));
        Assert.All(rows, row => Assert.True(row.Tests > 0, $"Pattern {row.Number} names no test."));
    }

    [Fact]
    public void Everything_that_functions_cannot_ask_for_yet_has_a_row()
    {
        var page = Tree.Read(Page);
        var named = Operation().Matches(Tree.Read(List)).Select(match => match.Groups["text"].Value).Where(text => !text.Contains("1.0/", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(named);
        Rule.Holds(named.Where(text => !IsTold(text, page)), $"What {List} lists stands in {Page} in the same words.");
    }

    /// <summary>A row may gather operations of one area, so it is enough that the words and the call in brackets stand there.</summary>
    private static bool IsTold(string text, string page)
    {
        var bracket = text.IndexOf('(', StringComparison.Ordinal);
        return bracket < 0
            ? page.Contains(text, StringComparison.Ordinal)
            : page.Contains(text[..bracket].Trim(), StringComparison.Ordinal) && page.Contains(text[bracket..], StringComparison.Ordinal);
    }

    [GeneratedRegex("`(?<name>[A-Za-z]+Tests)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| (?<number>\d+) \|.*$", RegexOptions.Multiline)]
    private static partial Regex PatternRow();

    [GeneratedRegex("= \"(?<text>[A-Z][^\"]*)\"[;,]")]
    private static partial Regex Operation();
}
