using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Node;

/// <summary>What importing a module showed. Source: <c>spec/function-runtime.md</c> §1.2, <c>spec/deploy-api.md</c> §4.6.</summary>
/// <param name="Path">The module, with <c>.js</c>.</param>
/// <param name="Environment">Where it runs.</param>
/// <param name="Functions">Queries, mutations and actions by source position, those without one first.</param>
/// <param name="HttpRoutes">The routes of <c>http.js</c>; null for any other module.</param>
/// <param name="CronSpecs">The crons of <c>crons.js</c>; null for any other module.</param>
/// <param name="Warnings">Lines for the person who pushes.</param>
public sealed record AnalyzedModule(
    string Path,
    ModuleEnvironment Environment,
    IReadOnlyList<AnalyzedFunction> Functions,
    IReadOnlyList<AnalyzedRoute>? HttpRoutes,
    IReadOnlyList<AnalyzedCron>? CronSpecs,
    IReadOnlyList<string> Warnings)
{
    /// <summary>The JSON text of an <c>AnalyzedModule</c> as <c>start_push</c> answers it.</summary>
    public required string Json { get; init; }

    /// <summary>Reads back what <see cref="Json"/> holds. The warnings are not in it.</summary>
    public static AnalyzedModule Parse(string path, ModuleEnvironment environment, string json)
    {
        using var document = JsonDocument.Parse(json);
        return Read(path, environment, document.RootElement, []);
    }

    /// <summary>Reads what a worker found: the same, with <c>path</c> and <c>warnings</c>.</summary>
    internal static AnalyzedModule Read(ModuleEnvironment environment, JsonElement json) =>
        Read(json.GetProperty("path").GetString()!, environment, json, [.. json.GetProperty("warnings").EnumerateArray().Select(line => line.GetString()!)]);

    private static AnalyzedModule Read(string path, ModuleEnvironment environment, JsonElement json, IReadOnlyList<string> warnings) =>
        new(path, environment, [.. json.GetProperty("functions").EnumerateArray().Select(ReadFunction)], List(json, "httpRoutes", ReadRoute), List(json, "cronSpecs", ReadCron), warnings)
        {
            Json = Encoding.UTF8.GetString(WorkerMessages.Json(writer =>
            {
                foreach (var name in (ReadOnlySpan<string>)["functions", "httpRoutes", "cronSpecs", "sourceMapped"])
                {
                    writer.WritePropertyName(name);
                    json.GetProperty(name).WriteTo(writer);
                }
            })),
        };

    private static List<T>? List<T>(JsonElement json, string name, Func<JsonElement, T> read) =>
        json.GetProperty(name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(read)] : null;

    private static AnalyzedFunction ReadFunction(JsonElement json) => new(
        json.GetProperty("name").GetString()!,
        json.GetProperty("pos") is { ValueKind: JsonValueKind.Object } position
            ? new SourcePosition(position.GetProperty("path").GetString()!, position.GetProperty("start_lineno").GetInt32(), position.GetProperty("start_col").GetInt32())
            : null,
        Enum.Parse<FunctionKind>(json.GetProperty("udfType").GetString()!),
        json.GetProperty("visibility") is { ValueKind: JsonValueKind.Object } visibility
            ? visibility.GetProperty("kind").GetString() == "public" ? FunctionVisibility.Public : FunctionVisibility.Internal
            : null,
        json.GetProperty("args").GetString()!,
        json.GetProperty("returns").GetString()!);

    private static AnalyzedRoute ReadRoute(JsonElement json) =>
        new(json.GetProperty("route").GetProperty("path").GetString()!, json.GetProperty("route").GetProperty("method").GetString()!);

    private static AnalyzedCron ReadCron(JsonElement json)
    {
        var spec = json.GetProperty("spec");
        var path = spec.GetProperty("udfPath").GetString()!.Split(".js:");
        return new AnalyzedCron(
            json.GetProperty("identifier").GetString()!,
            new FunctionPath(path[0], path[1]),
            Encoding.UTF8.GetString([.. spec.GetProperty("udfArgs").EnumerateArray().Select(one => one.GetByte())]),
            spec.GetProperty("cronSchedule").GetRawText());
    }
}

/// <summary>A function as its module exports it.</summary>
/// <param name="Name">The export; <c>default</c> for the default one.</param>
/// <param name="Position">Where it is written, when the source map tells.</param>
/// <param name="Kind">Query, mutation or action.</param>
/// <param name="Visibility">Who may call it; null when it does not say, and then nobody may from outside.</param>
/// <param name="ArgumentsJson">The validator of its arguments: an object or <c>{"type":"any"}</c>.</param>
/// <param name="ReturnsJson">The validator of its result; the four characters <c>null</c> when none is declared.</param>
public sealed record AnalyzedFunction(
    string Name, SourcePosition? Position, FunctionKind Kind, FunctionVisibility? Visibility, string ArgumentsJson, string ReturnsJson);

/// <summary>A place in a module's source.</summary>
/// <param name="Path">The module, with <c>.js</c>.</param>
/// <param name="Line">From 0.</param>
/// <param name="Column">From 0.</param>
public readonly record struct SourcePosition(string Path, int Line, int Column);

/// <summary>A route of the HTTP router.</summary>
/// <param name="Path">An exact path, or a prefix that ends in <c>/*</c>.</param>
/// <param name="Method">E.g. <c>GET</c>.</param>
public sealed record AnalyzedRoute(string Path, string Method);

/// <summary>A cron, with its schedule in the stored form of <c>spec/deploy-api.md</c> §5.6.</summary>
/// <param name="Identifier">Its name.</param>
/// <param name="Function">What it runs.</param>
/// <param name="ArgumentsJson">The arguments: JSON text of an array.</param>
/// <param name="ScheduleJson">JSON text of the <c>cronSchedule</c>.</param>
public sealed record AnalyzedCron(string Identifier, FunctionPath Function, string ArgumentsJson, string ScheduleJson);
