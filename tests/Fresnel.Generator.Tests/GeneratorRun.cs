using System.Collections.Immutable;
using System.Runtime.Loader;
using Fresnel.Functions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Fresnel.Generator.Tests;

/// <summary>One run of the generator over a piece of code.</summary>
internal sealed class GeneratorRun
{
    private static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is not ("Fresnel.Generator.dll" or "Fresnel.Generator.Tests.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly Compilation _compilation;
    private readonly GeneratorDriver _driver;

    private GeneratorRun(Compilation compilation, GeneratorDriver driver)
    {
        _compilation = compilation;
        _driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out var output, out _, TestContext.Current.CancellationToken);
        Output = output;
    }

    /// <summary>The code with what was generated.</summary>
    public Compilation Output { get; }

    /// <summary>What the generator has to say, in the order of places.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => [.. _driver.GetRunResult().Diagnostics.OrderBy(one => one.Location.SourceSpan.Start)];

    /// <summary>The generated file; empty when there is none.</summary>
    public string Generated => _driver.GetRunResult().GeneratedTrees is [var tree] ? tree.ToString() : "";

    public static GeneratorRun Of(string code, string rootNamespace = "Sample", IEnumerable<MetadataReference>? references = null)
    {
        var compilation = CSharpCompilation.Create(
            "Sample", [Parse(code)], references ?? References, new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var driver = CSharpGeneratorDriver.Create(
            [new FunctionGenerator().AsSourceGenerator()],
            optionsProvider: new RootNamespace(rootNamespace),
            driverOptions: new(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        return new(compilation, driver);
    }

    /// <summary>Code that references the platform but not Fresnel.</summary>
    public static GeneratorRun WithoutFresnel(string code) =>
        Of(code, references: References.Where(one => !Path.GetFileName(one.Display!).StartsWith("Fresnel.", StringComparison.Ordinal)));

    /// <summary>The same driver once more, after an edit.</summary>
    public GeneratorRun After(string code) => new(_compilation.ReplaceSyntaxTree(_compilation.SyntaxTrees.Single(), Parse(code)), _driver);

    /// <summary>Why the outputs of a step are what they are.</summary>
    public IReadOnlyList<IncrementalStepRunReason> ReasonsOf(string step) =>
        [.. _driver.GetRunResult().Results.Single().TrackedSteps[step].SelectMany(one => one.Outputs).Select(one => one.Reason)];

    /// <summary>Why the generated files were or were not printed again.</summary>
    public IReadOnlyList<IncrementalStepRunReason> ReasonsOfOutput() =>
        [.. _driver.GetRunResult().Results.Single().TrackedOutputSteps.SelectMany(one => one.Value).SelectMany(one => one.Outputs).Select(one => one.Reason)];

    /// <summary>Compiles, loads, and returns the registered functions by path.</summary>
    public IReadOnlyDictionary<string, FunctionRegistration> Load()
    {
        using var assembly = new MemoryStream();
        var result = Output.Emit(assembly, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(result.Diagnostics.Where(one => one.Severity >= DiagnosticSeverity.Warning));
        assembly.Position = 0;
        var loaded = new AssemblyLoadContext(null, isCollectible: true).LoadFromStream(assembly);
        var all = loaded.GetTypes().Single(type => type.Name == "FresnelFunctions").GetProperty("All")!.GetValue(null);
        return ((IReadOnlyList<FunctionRegistration>)all!).ToDictionary(one => $"{one.Module}:{one.Export}");
    }

    private static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(
        """
        using System;
        using System.Threading;
        using System.Threading.Tasks;
        using Fresnel.Functions;
        using Fresnel.Values;

        """ + code,
        path: "Sample.cs");

    private sealed class RootNamespace(string name) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Options(name);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Options(string name) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, out string value)
            {
                value = key == "build_property.RootNamespace" ? name : "";
                return value.Length > 0;
            }
        }
    }
}
