using System.Text.RegularExpressions;
using Xunit;

namespace Fresnel.Architecture;

/// <summary>The page of limits names every option that is one.</summary>
public sealed partial class LimitsPageTests
{
    private const string Page = "docs/reference/limits.md";

    [Fact]
    public void Every_limit_of_functions_has_a_row()
    {
        var source = Tree.Read("src/Fresnel.Runtime/DeploymentOptions.cs");
        var options = Option().Matches(source[source.IndexOf("record FunctionLimits", StringComparison.Ordinal)..]).Select(match => match.Groups["name"].Value).ToList();
        var page = Tree.Read(Page);

        Assert.True(options.Count > 20);
        Rule.Holds(options.Where(option => !page.Contains($"`Limits.{option}`", StringComparison.Ordinal)), $"Give it a row in {Page}: what, default, option, error.");
    }

    [GeneratedRegex(@"public \w+ (?<name>\w+) \{ get; init; \}")]
    private static partial Regex Option();
}
