using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>Reads what a push found in a module: the <c>analysis</c> text of its document in <c>_modules</c>.</summary>
/// <remarks>The text is an <c>AnalyzedModule</c> of <c>spec/deploy-api.md</c> §4.6.</remarks>
internal static class ModuleAnalysis
{
    /// <summary>The functions that a module exports; none for a chunk.</summary>
    /// <param name="module">The module path without <c>.js</c>.</param>
    /// <param name="environment">Where the module runs.</param>
    /// <param name="analysis">The text.</param>
    public static IEnumerable<FunctionDefinition> Functions(string module, ModuleEnvironment environment, string analysis)
    {
        using var json = JsonDocument.Parse(analysis);
        if (!json.RootElement.TryGetProperty("functions", out var functions)) yield break;
        foreach (var function in functions.EnumerateArray())
        {
            yield return new FunctionDefinition(
                new FunctionPath(module, Text(function, "name")!),
                Kind(Text(function, "udfType")),
                Visibility(function),
                environment,
                CallValidation.ParseArguments(Text(function, "args")) ?? Validator.Any,
                CallValidation.ParseResult(Text(function, "returns")));
        }
    }

    private static string? Text(JsonElement function, string name) =>
        function.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static FunctionKind Kind(string? udfType) => udfType switch
    {
        "Query" => FunctionKind.Query,
        "Mutation" => FunctionKind.Mutation,
        "Action" => FunctionKind.Action,
        _ => throw new InvalidDataException($"An analysis names the function type {udfType}."),
    };

    /// <summary>What says neither public nor internal may not be called from outside.</summary>
    private static FunctionVisibility Visibility(JsonElement function) =>
        function.TryGetProperty("visibility", out var visibility) && visibility.ValueKind == JsonValueKind.Object && Text(visibility, "kind") == "public"
            ? FunctionVisibility.Public
            : FunctionVisibility.Internal;
}
