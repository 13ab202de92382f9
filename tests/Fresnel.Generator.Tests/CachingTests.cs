using Microsoft.CodeAnalysis;
using Xunit;

namespace Fresnel.Generator.Tests;

/// <summary>The generator runs at every keystroke; these say what a keystroke costs.</summary>
public sealed class CachingTests
{
    private const string Code = """
        [FunctionModule("m")]
        public static class M
        {
            [Query] public static string F(QueryContext context, string name) => name;
            [Mutation] public static void G(MutationContext context) { }
        }
        """;

    [Fact]
    public void Code_elsewhere_prints_nothing_again()
    {
        var again = GeneratorRun.Of(Code).After(Code + "\npublic class Other { }");

        Assert.All(again.ReasonsOf(FunctionGenerator.ParsedStep), reason => Assert.Equal(IncrementalStepRunReason.Unchanged, reason));
        Assert.All(again.ReasonsOf(FunctionGenerator.FunctionsStep), NotRun);
        Assert.All(again.ReasonsOfOutput(), NotRun);
    }

    [Fact]
    public void Moved_code_prints_nothing_again()
    {
        var again = GeneratorRun.Of(Code).After("\n\n// A line above.\n" + Code);

        Assert.All(again.ReasonsOf(FunctionGenerator.FunctionsStep), reason => Assert.Equal(IncrementalStepRunReason.Unchanged, reason));
        Assert.Equal(GeneratorRun.Of(Code).Generated, again.Generated);
    }

    [Fact]
    public void Another_body_prints_nothing_again()
    {
        var again = GeneratorRun.Of(Code).After(Code.Replace("=> name", "=> name + name", StringComparison.Ordinal));

        Assert.All(again.ReasonsOf(FunctionGenerator.FunctionsStep), NotRun);
    }

    [Fact]
    public void Another_parameter_is_printed()
    {
        var again = GeneratorRun.Of(Code).After(Code.Replace("string name", "string name, bool loud", StringComparison.Ordinal));

        Assert.Equal([IncrementalStepRunReason.Modified], again.ReasonsOf(FunctionGenerator.FunctionsStep));
        Assert.Contains("loud", again.Generated, StringComparison.Ordinal);
    }

    private static void NotRun(IncrementalStepRunReason reason) =>
        Assert.True(reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, reason.ToString());
}
