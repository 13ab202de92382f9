using System.Text;
using System.Text.Json;
using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>What may be called, for <c>function-spec</c> and the errors of <c>run</c>. Source: <c>spec/deploy-api.md</c> §10.</summary>
[FunctionModule("_system/cli/modules")]
internal static class ModuleFunctions
{
    /// <summary>Every function and route: the pushed modules by path, then those written in C#.</summary>
    [Query]
    public static async ValueTask<Value> ApiSpecAsync(SystemQueryContext context, string? componentId, CancellationToken cancellationToken)
    {
        var component = await ComponentArgument.ReadAsync(context, componentId, cancellationToken);
        var items = new List<Value>();
        foreach (var module in await context.ListAsync(SystemTables.Modules, "by_component_path", [component], cancellationToken))
        {
            if (module.Fields["analysis"] is not { Kind: ValueKind.String } analysis) continue;
            using var json = JsonDocument.Parse(analysis.AsString());
            items.AddRange(Functions(module.Fields["path"].AsString(), json.RootElement));
            items.AddRange(Routes(json.RootElement));
        }

        if (component.Length == 0) items.AddRange(context.Deployment.Functions.Where(function => !IsSystem(function)).Select(Describe));
        return Value.Array([.. items]);
    }

    private static IEnumerable<Value> Functions(string path, JsonElement analysis) =>
        from function in Elements(analysis, "functions")
        let visibility = function.TryGetProperty("visibility", out var given) && given.ValueKind == JsonValueKind.Object ? given.GetProperty("kind").GetString()! : "public"
        select Item(
            $"{path}:{function.GetProperty("name").GetString()}",
            function.GetProperty("udfType").GetString()!,
            visibility,
            function.GetProperty("args").GetString(),
            function.GetProperty("returns").GetString());

    private static IEnumerable<Value> Routes(JsonElement analysis) =>
        from route in Elements(analysis, "httpRoutes")
        let place = route.GetProperty("route")
        select Value.Object(ValueObject.Create(
            ("functionType", "HttpAction"), ("method", place.GetProperty("method").GetString()!), ("path", place.GetProperty("path").GetString()!)));

    private static JsonElement.ArrayEnumerator Elements(JsonElement json, string name) =>
        json.TryGetProperty(name, out var elements) && elements.ValueKind == JsonValueKind.Array ? elements.EnumerateArray() : default;

    private static Value Describe(FunctionRegistration function) => Item(
        $"{function.Module}.js:{function.Export}", function.Kind.ToString(), function.IsInternal ? "internal" : "public", function.ArgumentsJson, function.ReturnsJson);

    private static bool IsSystem(FunctionRegistration function) => new FunctionPath(function.Module, function.Export).IsSystem;

    private static Value Item(string identifier, string kind, string visibility, string? arguments, string? returns) => ValueObject.Create(
        ("identifier", identifier),
        ("functionType", kind),
        ("visibility", ValueObject.Create(("kind", visibility))),
        ("args", ReadValidator(arguments ?? "{\"type\":\"any\"}")),
        ("returns", ReadValidator(returns ?? "null")));

    private static Value ReadValidator(string json) => ValueJson.Parse(Encoding.UTF8.GetBytes(json));
}
