using System.Collections.Immutable;
using Fresnel.Generator.Model;
using Microsoft.CodeAnalysis;

namespace Fresnel.Generator;

/// <summary>Finds the C# functions of an assembly and registers them: one static list, no reflection at run time.</summary>
/// <remarks>
/// Three steps, three files: <see cref="FunctionParser"/> reads symbols into a model of plain equatable values, so that a keystroke elsewhere
/// changes nothing and costs nothing; <see cref="FunctionEmitter"/> prints the model; <see cref="FunctionDiagnostics"/> lists what can be wrong.
/// </remarks>
[Generator(LanguageNames.CSharp)]
public sealed class FunctionGenerator : IIncrementalGenerator
{
    /// <summary>The name under which a test finds the step that parses one method.</summary>
    internal const string ParsedStep = "Parsed";

    /// <summary>The name under which a test finds the step that holds all functions.</summary>
    internal const string FunctionsStep = "Functions";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var queries = Parse(context, FunctionKind.Query);
        var mutations = Parse(context, FunctionKind.Mutation);
        var actions = Parse(context, FunctionKind.Action);

        var parsed = queries.Collect().Combine(mutations.Collect()).Combine(actions.Collect())
            .Select(static (all, _) => all.Left.Left.AddRange(all.Left.Right).AddRange(all.Right));

        // Locations move with every keystroke above them, so they are kept out of the model that is emitted.
        var functions = parsed
            .Select(static (all, _) => all.Select(one => one.Function).OfType<FunctionModel>().OrderBy(one => one.Path, StringComparer.Ordinal).ToEquatableArray())
            .WithTrackingName(FunctionsStep);
        var rootNamespace = context.AnalyzerConfigOptionsProvider.Combine(context.CompilationProvider).Select(static (both, _) =>
            both.Left.GlobalOptions.TryGetValue("build_property.RootNamespace", out var name) && name.Length > 0 ? name : both.Right.AssemblyName ?? "");
        var isReferenced = context.CompilationProvider.Select(static (compilation, _) =>
            compilation.GetTypeByMetadataName("Fresnel.Functions.FunctionRegistration") is not null);

        context.RegisterSourceOutput(functions.Combine(rootNamespace).Combine(isReferenced), static (output, input) =>
        {
            if (input.Right) output.AddSource("FresnelFunctions.g.cs", FunctionEmitter.Emit(input.Left.Right, input.Left.Left));
        });
        context.RegisterSourceOutput(parsed, static (output, all) =>
        {
            foreach (var problem in all.SelectMany(one => one.Problems).Concat(FunctionParser.FindDuplicates(all))) output.ReportDiagnostic(problem.ToDiagnostic());
        });
    }

    private static IncrementalValuesProvider<ParsedFunction> Parse(IncrementalGeneratorInitializationContext context, FunctionKind kind) =>
        context.SyntaxProvider
            .ForAttributeWithMetadataName($"Fresnel.Functions.{kind}Attribute", static (_, _) => true, (found, _) => FunctionParser.Parse(found, kind))
            .WithTrackingName(ParsedStep);
}
