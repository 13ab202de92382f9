using Fresnel.Testing;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Fresnel.Generator.Tests;

public sealed class DiagnosticTests
{
    [Theory]
    [InlineData("FRNL001", "[Query] public string F(QueryContext context) => \"\";")]
    [InlineData("FRNL004", "[Query(Name = \"a-b\")] public static string F(QueryContext context) => \"\";")]
    [InlineData("FRNL004", "[Query] public static string Größe(QueryContext context) => \"\";")]
    [InlineData("FRNL005", "[Query] public static string F() => \"\";")]
    [InlineData("FRNL005", "[Query] public static string F(string name) => \"\";")]
    [InlineData("FRNL005", "[Query] public static string F(MutationContext context) => \"\";")]
    [InlineData("FRNL005", "[Mutation] public static string F(QueryContext context) => \"\";")]
    [InlineData("FRNL005", "[Action] public static string F(MutationContext context) => \"\";")]
    [InlineData("FRNL006", "[Query] public static string F(QueryContext context, int count) => \"\";")]
    [InlineData("FRNL006", "[Query] public static string F(QueryContext context, CancellationToken cancellationToken, string s) => \"\";")]
    [InlineData("FRNL007", "[Query] public static DateTime F(QueryContext context) => default;")]
    [InlineData("FRNL007", "[Query] public static Task<int> F(QueryContext context) => Task.FromResult(1);")]
    [InlineData("FRNL007", "[Query] public static async void F(QueryContext context) => await Task.Yield();")]
    [InlineData("FRNL009", "[Query] private static string F(QueryContext context) => \"\";")]
    [InlineData("FRNL010", "[Query] public static string F<T>(QueryContext context) => \"\";")]
    [InlineData("FRNL012", "[Query] public static string F(QueryContext context, in double d) => \"\";")]
    [InlineData("FRNL013", "[Query] public static string F(QueryContext context, double d = 3) => \"\";")]
    [InlineData("FRNL013", "[Query] public static string F(QueryContext context, double? d = 3) => \"\";")]
    [InlineData("FRNL014", "[Query] public static string F(QueryContext context, string größe) => \"\";")]
    public void A_method_that_is_no_function_is_named(string id, string method)
    {
        var run = GeneratorRun.Of($$"""[FunctionModule("module")] public class Module { {{method}} }""");

        var problem = Assert.Single(run.Diagnostics);
        Assert.Equal(id, problem.Id);
        Assert.DoesNotContain("Invoke0", run.Generated, StringComparison.Ordinal);
    }

    [Fact]
    public void A_nullable_parameter_may_default_to_null()
    {
        var run = GeneratorRun.Of("""[FunctionModule("m")] public static class M { [Query] public static string? F(QueryContext context, string? s = null) => s; }""");

        Assert.Empty(run.Diagnostics);
    }

    [Fact]
    public void A_function_outside_of_a_module_is_named_with_its_class()
    {
        var problem = Assert.Single(GeneratorRun.Of("public static class Lost { [Query] public static string F(QueryContext context) => \"\"; }").Diagnostics);

        Assert.Equal("FRNL002", problem.Id);
        Assert.Contains("'Lost'", problem.GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a.js")]
    [InlineData("..")]
    [InlineData("a:b")]
    public void A_path_that_is_none_is_named(string path)
    {
        var run = GeneratorRun.Of($$"""[FunctionModule("{{path}}")] public static class M { [Query] public static string F(QueryContext context) => ""; }""");

        Assert.Equal("FRNL003", Assert.Single(run.Diagnostics).Id);
    }

    [Fact]
    public void The_second_of_two_functions_with_one_path_is_named()
    {
        var run = GeneratorRun.Of("""
            [FunctionModule("m")] public static class A { [Query] public static string F(QueryContext context) => ""; }
            [FunctionModule("m")] public static class B { [Mutation] public static string FAsync(MutationContext context) => ""; }
            """);

        var problem = Assert.Single(run.Diagnostics);
        Assert.Equal("FRNL008", problem.Id);
        Assert.Contains("FAsync", problem.Location.SourceTree is null ? TextAt(run, problem) : "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_of_two_kinds_is_named()
    {
        var run = GeneratorRun.Of("""[FunctionModule("m")] public static class M { [Query, Mutation] public static string F(MutationContext context) => ""; }""");

        Assert.Contains("FRNL011", run.Diagnostics.Select(one => one.Id));
    }

    [Fact]
    public void All_problems_of_a_method_are_told_at_once()
    {
        var run = GeneratorRun.Of("public class M { [Query] public int F(float a, DateTime b) => 0; }");

        Assert.Equal(["FRNL001", "FRNL002", "FRNL005", "FRNL006", "FRNL007"], run.Diagnostics.Select(one => one.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_diagnostic_stands_in_the_reference()
    {
        var all = typeof(FunctionDiagnostics).GetFields().Select(field => ((DiagnosticDescriptor)field.GetValue(null)!).Id).ToList();
        var reference = File.ReadAllText(RepositoryFiles.PathOf("docs/reference/csharp-functions.md"));

        Assert.Equal(all.Distinct(), all);
        Assert.All(all, id => Assert.Contains($"| {id} |", reference, StringComparison.Ordinal));
    }

    private static string TextAt(GeneratorRun run, Diagnostic problem) =>
        run.Output.SyntaxTrees.First().GetText(TestContext.Current.CancellationToken).ToString(problem.Location.SourceSpan);
}
