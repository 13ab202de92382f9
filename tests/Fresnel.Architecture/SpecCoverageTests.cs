using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Fresnel.Architecture;

/// <summary>Which items of the specification's checklists have a test: those that are said to be met have one.</summary>
/// <remarks>The whole table of a checklist: <c>Fresnel.Architecture --filter-class "*SpecCoverageTests" --show-live-output on</c>.</remarks>
public sealed partial class SpecCoverageTests(ITestOutputHelper output)
{
    /// <summary>Every test that names an item, read from the sources once.</summary>
    private static readonly ILookup<(string Document, int Item), string> Shown = Find().ToLookup(found => found.Item, found => found.Test);

    /// <summary>Documents, ids, order, indexes, queries, pagination, schemas, transactions: <c>spec/data-model.md</c> §1 to §5.</summary>
    [Fact]
    public void Every_item_of_the_data_model_up_to_transactions_has_a_test() => Covers("data-model", [.. Enumerable.Range(1, 56)]);

    /// <summary>Functions, syscalls, environments, limits, logs, semantics, HTTP actions, jobs: <c>spec/function-runtime.md</c> §1 to §8. Item 57 is of components.</summary>
    [Fact]
    public void Every_item_of_the_function_runtime_up_to_crons_has_a_test() => Covers("function-runtime", [.. Enumerable.Range(1, 64).Where(item => item != 57)]);

    /// <summary>The page for people says the same.</summary>
    [Fact]
    public void The_table_of_the_function_runtimes_checklist_names_tests_that_carry_its_items()
    {
        const string Page = "docs/reference/compatibility.md";
        var rows = Row().Matches(Tree.Read(Page)).Select(match => (
            Item: int.Parse(match.Groups["item"].Value, CultureInfo.InvariantCulture),
            Tests: TestName().Matches(match.Value).Select(name => name.Groups["name"].Value).ToList())).ToList();

        Assert.Equal(Enumerable.Range(1, 64).Where(item => item != 57), rows.Select(row => row.Item));
        Rule.Holds(
            from row in rows
            let carrying = Shown[("function-runtime", row.Item)].Select(test => test.Split('.')[0]).ToHashSet(StringComparer.Ordinal)
            from test in row.Tests.Count == 0 ? [""] : row.Tests.Where(test => !carrying.Contains(test))
            select $"R{row.Item} {test}",
            $"Each row of {Page} names tests that are marked with its item by [Spec].");
    }

    /// <summary>Vectors that nothing reads would show nothing.</summary>
    [Fact]
    public void Every_file_of_vectors_is_read_by_a_test()
    {
        // Text search is not built yet.
        string[] later = ["text-search"];
        var tests = Tree.Files.Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)).Select(Tree.Read).ToList();
        var unread =
            from file in Tree.Files
            where file.StartsWith("tests/vectors/", StringComparison.Ordinal)
            let name = Path.GetFileNameWithoutExtension(file)
            where !later.Contains(name) && !tests.Exists(text => text.Contains($"tests/vectors/{name}.json", StringComparison.Ordinal) || text.Contains($"Vectors.Load(\"{name}\")", StringComparison.Ordinal))
            select file;

        Rule.Holds(unread, "Read them in a test.");
    }

    [GeneratedRegex(@"^\| R(?<item>\d+) \|.*$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[A-Za-z]+Tests)`")]
    private static partial Regex TestName();

    private void Covers(string document, int[] items)
    {
        foreach (var item in items) output.WriteLine($"{document} {item}: {string.Join(", ", Shown[(document, item)].Order(StringComparer.Ordinal))}");
        Rule.Holds(items.Where(item => !Shown[(document, item)].Any()).Select(item => $"{document} {item}"), "Write a test that could fail, and mark it with [Spec].");
    }

    private static IEnumerable<((string Document, int Number) Item, string Test)> Find() =>
        from file in Tree.Files
        where file.StartsWith("tests/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)
        let text = Tree.Read(file)
        where text.Contains("Spec(\"", StringComparison.Ordinal)
        from attribute in CSharpSyntaxTree.ParseText(text).GetRoot().DescendantNodes().OfType<AttributeSyntax>()
        where attribute.Name.ToString() == "Spec" && attribute.ArgumentList is { Arguments.Count: > 1 }
        let arguments = attribute.ArgumentList!.Arguments.Select(argument => argument.Expression).OfType<LiteralExpressionSyntax>().Select(literal => literal.Token.Value).ToList()
        from number in arguments.OfType<int>()
        select (((string)arguments[0]!, number), NameOf(attribute));

    private static string NameOf(SyntaxNode attribute)
    {
        var type = attribute.Ancestors().OfType<TypeDeclarationSyntax>().First().Identifier.Text;
        return attribute.Ancestors().OfType<MethodDeclarationSyntax>().FirstOrDefault() is { } method ? $"{type}.{method.Identifier.Text}" : type;
    }
}
