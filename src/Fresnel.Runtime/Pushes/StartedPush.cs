using System.Text.Json;

namespace Fresnel.Runtime.Pushes;

/// <summary>A push that was evaluated and checked: the answer of <c>start_push</c>, which the CLI hands back to <c>finish_push</c> as it is.</summary>
/// <remarks>
/// The server keeps no session in between: everything that finishing needs stands in here, or in the database under an id or a hash that stands in here.
/// What a push leaves behind when it is never finished is sources that nothing refers to and a pending schema that the next push replaces.
/// Source: <c>spec/deploy-api.md</c> §4.6.
/// </remarks>
public sealed record StartedPush
{
    /// <summary>All variables as they were read; a push that finishes under others has raced.</summary>
    public required IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; }

    /// <summary>Names the list of npm packages that were installed; null when there are none.</summary>
    public string? ExternalDepsId { get; init; }

    /// <summary>By definition path: which modules were stored.</summary>
    public required IReadOnlyDictionary<string, SourcePackage> ComponentDefinitionPackages { get; init; }

    /// <summary>The providers of <c>auth.config.ts</c>.</summary>
    public required IReadOnlyList<JsonElement> AppAuth { get; init; }

    /// <summary>By definition path: what its code declares.</summary>
    public required IReadOnlyDictionary<string, EvaluatedDefinition> Analysis { get; init; }

    /// <summary>The tree of component instances, from the app.</summary>
    public required CheckedComponent App { get; init; }

    /// <summary>What happens to schemas and indexes.</summary>
    public required SchemaChange SchemaChange { get; init; }
}

/// <summary>The modules of a definition as they were stored; opaque to the CLI.</summary>
/// <param name="Modules">Every module, in the order of the push.</param>
/// <param name="FunctionsFolder">The functions folder of the project.</param>
/// <param name="NodeVersion">The version of Node that was asked for, or null.</param>
public sealed record SourcePackage(IReadOnlyList<PushedModuleHash> Modules, string FunctionsFolder, string? NodeVersion)
{
    /// <summary>The npm packages that were installed.</summary>
    public IReadOnlyList<NodeDependency> NodeDependencies { get; init => field = value ?? []; } = [];
}

/// <summary>What a definition's code declares.</summary>
public sealed record EvaluatedDefinition
{
    /// <summary>What <c>convex.config.ts</c> declares, with the definition's path; the CLI reads children and variables from it.</summary>
    public required JsonElement Definition { get; init; }

    /// <summary>What <c>schema.ts</c> exports, or null when there is none.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>By module path with <c>.js</c>, every module but chunks: the JSON of what the analysis of the module says.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Functions { get; init; }

    /// <summary>Time and chance while modules are imported.</summary>
    public required UdfConfig UdfConfig { get; init; }
}

/// <summary>A path and a method that an HTTP action answers.</summary>
/// <param name="Path">The exact path, or a prefix with <c>*</c>.</param>
/// <param name="Method">In capitals.</param>
public sealed record HttpRoute(string Path, string Method);

/// <summary>One instance of a component, checked; the app is the root.</summary>
public sealed record CheckedComponent
{
    /// <summary>Its definition.</summary>
    public string DefinitionPath { get; init; } = "";

    /// <summary>Names of instances from the root, joined by slashes.</summary>
    public string ComponentPath { get; init; } = "";

    /// <summary>Where its HTTP routes are mounted, or null.</summary>
    public string? HttpPrefix { get; init; }

    /// <summary>Arguments; none since components have variables instead.</summary>
    public IReadOnlyDictionary<string, JsonElement> Args { get; init; } = Empty<JsonElement>.Map;

    /// <summary>Variables that the parent gives.</summary>
    public IReadOnlyDictionary<string, JsonElement> Env { get; init; } = Empty<JsonElement>.Map;

    /// <summary>Instances below it, by name.</summary>
    public IReadOnlyDictionary<string, CheckedComponent> ChildComponents { get; init; } = Empty<CheckedComponent>.Map;

    /// <summary>Its HTTP routes.</summary>
    public required CheckedHttpRoutes HttpRoutes { get; init; }

    /// <summary>What it exports to its parent.</summary>
    public IReadOnlyDictionary<string, JsonElement> Exports { get; init; } = Empty<JsonElement>.Map;

    private static class Empty<T>
    {
        public static readonly IReadOnlyDictionary<string, T> Map = new Dictionary<string, T>();
    }
}

/// <summary>The HTTP routes of one component instance.</summary>
/// <param name="HttpModuleRoutes">Those of its <c>http.js</c>, or null when it has none.</param>
/// <param name="Mounts">Prefixes under which children answer.</param>
public sealed record CheckedHttpRoutes(IReadOnlyList<HttpRoute>? HttpModuleRoutes, IReadOnlyList<string> Mounts);
