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
    public string ToJson() => throw new NotImplementedException();

    /// <summary>Reads back what <see cref="ToJson"/> wrote. The warnings are not in it.</summary>
    public static AnalyzedModule Parse(string path, ModuleEnvironment environment, string json) => throw new NotImplementedException();
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
