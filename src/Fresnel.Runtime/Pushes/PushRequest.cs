using System.Text.Json;

namespace Fresnel.Runtime.Pushes;

/// <summary>What the CLI wants deployed: the body of <c>start_push</c>, <c>evaluate_push</c> and <c>evaluate_schema</c>.</summary>
/// <remarks>
/// Source: <c>spec/deploy-api.md</c> §4.4. Members that nobody reads are ignored. Where one may be left out, its setter fills in:
/// generated JSON code gives an absent member of an immutable type its type's default, not the initial value that stands here.
/// </remarks>
public sealed record PushRequest
{
    /// <summary>The key, when it is not in the header.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Whether nothing may change in the end.</summary>
    public bool DryRun { get; init; }

    /// <summary>The functions folder of the project, with a slash at the end; handed back by <c>get_config_hashes</c>.</summary>
    public string Functions { get; init => field = value ?? "convex/"; } = "convex/";

    /// <summary>The app.</summary>
    public required PushedApp AppDefinition { get; init; }

    /// <summary>Definitions of components. Not built yet: a push that has one is refused.</summary>
    public IReadOnlyList<PushedComponent> ComponentDefinitions { get; init => field = value ?? []; } = [];

    /// <summary>npm packages that <c>"use node"</c> modules leave to the server, which installs them before it evaluates anything.</summary>
    public IReadOnlyList<NodeDependency> NodeDependencies { get; init => field = value ?? []; } = [];

    /// <summary>The version of Node that <c>convex.json</c> asks for, or null.</summary>
    public string? NodeVersion { get; init; }

    /// <summary>Whether the CLI only generates code.</summary>
    public bool ForCodegen { get; init; }
}

/// <summary>The app's part of a push.</summary>
public sealed record PushedApp
{
    /// <summary>The bundle of <c>convex.config.ts</c>, or null when there is none.</summary>
    public PushedModule? Definition { get; init; }

    /// <summary>Paths of the component definitions it uses.</summary>
    public IReadOnlyList<string> Dependencies { get; init => field = value ?? []; } = [];

    /// <summary>The bundle of <c>schema.ts</c>, or null when there is none.</summary>
    public PushedModule? Schema { get; init; }

    /// <summary>Modules that the deployment does not have as they are.</summary>
    public required IReadOnlyList<PushedModule> ChangedModules { get; init; }

    /// <summary>Modules that the deployment has; every module in neither list is deleted.</summary>
    public IReadOnlyList<PushedModuleHash> UnchangedModuleHashes { get; init => field = value ?? []; } = [];

    /// <summary>The version of the npm library.</summary>
    public required string UdfServerVersion { get; init; }
}

/// <summary>A component definition's part of a push: only what a refusal must name.</summary>
/// <param name="DefinitionPath">Where it lies, relative to the functions folder.</param>
public sealed record PushedComponent(string DefinitionPath);

/// <summary>A bundled module.</summary>
/// <param name="Path">POSIX path with <c>.js</c>, relative to the functions folder.</param>
/// <param name="Source">The text.</param>
/// <param name="Environment"><c>isolate</c> or <c>node</c>.</param>
/// <param name="SourceMap">A source map v3 as text, or null.</param>
public sealed record PushedModule(string Path, string Source, string Environment, string? SourceMap = null);

/// <summary>A module that is named by its hash.</summary>
/// <param name="Path">As in <see cref="PushedModule"/>.</param>
/// <param name="Environment">As in <see cref="PushedModule"/>.</param>
/// <param name="Sha256">Lower-case hex SHA-256 of source and source map.</param>
public sealed record PushedModuleHash(string Path, string Environment, string Sha256);

/// <summary>An npm package that is to be installed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its exact version.</param>
public sealed record NodeDependency(string Name, string Version);

/// <summary>The body of <c>wait_for_schema</c>.</summary>
public sealed record WaitForSchemaRequest
{
    /// <summary>The key, when it is not in the header.</summary>
    public string? AdminKey { get; init; }

    /// <summary>What <c>start_push</c> answered.</summary>
    public required SchemaChange SchemaChange { get; init; }

    /// <summary>How long an answer may be held back while it would say that nothing changed; 10 s when it is not said.</summary>
    public double? TimeoutMs { get; init; }

    /// <summary>Whether the push is a dry run.</summary>
    public bool DryRun { get; init; }
}

/// <summary>The body of <c>finish_push</c>.</summary>
public sealed record FinishPushRequest
{
    /// <summary>The key, when it is not in the header.</summary>
    public string? AdminKey { get; init; }

    /// <summary>What <c>start_push</c> answered.</summary>
    public required StartedPush StartPush { get; init; }

    /// <summary>Whether nothing may change.</summary>
    public bool DryRun { get; init; }

    /// <summary>A person's note about the push, or null.</summary>
    public string? Message { get; init; }
}

/// <summary>The body of <c>get_config_hashes</c>: a key and nothing that matters.</summary>
/// <param name="AdminKey">The key, when it is not in the header.</param>
/// <param name="Version">The version of the CLI.</param>
public sealed record ConfigHashesRequest(string? AdminKey = null, string? Version = null);

/// <summary>The body of <c>report_push_completed</c>: timings of the CLI, which are not kept.</summary>
/// <param name="Spans">What took how long.</param>
/// <param name="AdminKey">The key, when it is not in the header.</param>
public sealed record PushReport(JsonElement Spans, string? AdminKey = null);
