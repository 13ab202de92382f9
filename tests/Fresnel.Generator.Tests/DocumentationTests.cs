using Fresnel.Testing;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Fresnel.Generator.Tests;

public sealed class DocumentationTests
{
    [Fact]
    public void The_example_of_the_reference_compiles_and_registers_what_it_says()
    {
        var page = File.ReadAllText(RepositoryFiles.PathOf("docs/reference/csharp-functions.md"));
        var start = page.IndexOf("```csharp\n", StringComparison.Ordinal) + "```csharp\n".Length;
        var code = page[start..page.IndexOf("```", start, StringComparison.Ordinal)];

        var run = GeneratorRun.Of("using System.Collections.Generic;\nusing System.Linq;\n" + code);

        Assert.Empty(run.Diagnostics);
        Assert.DoesNotContain(run.Output.GetDiagnostics(TestContext.Current.CancellationToken), one => one.Severity == DiagnosticSeverity.Error);
        Assert.Contains("\"messages\"", run.Generated, StringComparison.Ordinal);
        Assert.Contains("\"send\"", run.Generated, StringComparison.Ordinal);
    }
}
