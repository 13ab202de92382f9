using System.Text.RegularExpressions;
using Xunit;

namespace Fresnel.Architecture;

/// <summary>What every commit store keeps to.</summary>
public sealed partial class StoreRuleTests
{
    [Fact]
    public void Every_commit_store_is_held_against_the_specification_of_stores()
    {
        string[] code = [.. Tree.Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(Tree.Read)];
        string[] stores = [.. code.SelectMany(file => Store().Matches(file)).Select(match => match.Groups["name"].Value).Distinct()];
        string[] specified = [.. code.Where(file => Specification().IsMatch(file)).SelectMany(file => Specification().Matches(file)).Select(match => match.Groups["name"].Value)];

        Assert.Contains("SqliteCommitStore", stores);
        Rule.Holds(stores.Where(store => !specified.Contains(store + "Tests")), "Derive a class <store>Tests from CommitStoreSpecification.");
    }

    [GeneratedRegex(@"class (?<name>\w+)(\([^)]*\))? : (\w+, )*ICommitStore\b")]
    private static partial Regex Store();

    [GeneratedRegex(@"class (?<name>\w+)(\([^)]*\))? : CommitStoreSpecification\b")]
    private static partial Regex Specification();
}
