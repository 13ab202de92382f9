using System.Text.Json.Serialization;

namespace Fresnel.Runtime.Pushes;

/// <summary>What a finished push changed: the answer of <c>finish_push</c>. Source: <c>spec/deploy-api.md</c> §4.9.</summary>
/// <param name="AuthDiff">Providers that came and went.</param>
/// <param name="DefinitionDiffs">By definition path; nothing stands in them.</param>
/// <param name="ComponentDiffs">By component path.</param>
public sealed record PushDiff(AuthDiff AuthDiff, IReadOnlyDictionary<string, DefinitionDiff> DefinitionDiffs, IReadOnlyDictionary<string, ComponentDiff> ComponentDiffs)
{
    /// <summary>Nothing changed, because nothing was to.</summary>
    public static PushDiff None { get; } = new(new AuthDiff([], []), new Dictionary<string, DefinitionDiff>(), new Dictionary<string, ComponentDiff>());
}

/// <summary>Providers that came and went, as JSON texts.</summary>
/// <param name="Added">Those that came.</param>
/// <param name="Removed">Those that went.</param>
public sealed record AuthDiff(IReadOnlyList<string> Added, IReadOnlyList<string> Removed);

/// <summary>What changed in a definition; the CLI asks for no more than that it is there.</summary>
public sealed record DefinitionDiff;

/// <summary>What changed in a component instance.</summary>
/// <param name="DiffType">What became of the instance.</param>
/// <param name="ModuleDiff">Paths that came and went.</param>
/// <param name="UdfConfigDiff">Versions of the library, or null when it is the same.</param>
/// <param name="CronDiff">Crons that came, changed and went.</param>
/// <param name="IndexDiff">Indexes that came and went.</param>
/// <param name="SchemaDiff">The schemas, or null when it is the same.</param>
public sealed record ComponentDiff(
    ComponentDiffType DiffType, ModuleDiff ModuleDiff, UdfConfigDiff? UdfConfigDiff, CronDiff CronDiff, IndexDiff IndexDiff, SchemaDiff? SchemaDiff);

/// <summary>What became of an instance.</summary>
/// <param name="Type"><c>create</c>, <c>modify</c>, <c>unmount</c> or <c>remount</c>.</param>
public sealed record ComponentDiffType(string Type)
{
    /// <summary>It came.</summary>
    public static ComponentDiffType Create { get; } = new("create");

    /// <summary>It was there.</summary>
    public static ComponentDiffType Modify { get; } = new("modify");
}

/// <summary>Paths of modules that came and went, chunks left out; one that changed is in neither.</summary>
/// <param name="Added">Those that came.</param>
/// <param name="Removed">Those that went.</param>
public sealed record ModuleDiff(IReadOnlyList<string> Added, IReadOnlyList<string> Removed);

/// <summary>The library changed.</summary>
/// <param name="Previous">The version before.</param>
/// <param name="Next">The version now.</param>
public sealed record UdfConfigDiff(
    [property: JsonPropertyName("previous_version")] string Previous, [property: JsonPropertyName("next_version")] string Next);

/// <summary>Crons that came, changed and went, by identifier.</summary>
/// <param name="Added">Those that came.</param>
/// <param name="Updated">Those that changed.</param>
/// <param name="Deleted">Those that went.</param>
public sealed record CronDiff(IReadOnlyList<string> Added, IReadOnlyList<string> Updated, IReadOnlyList<string> Deleted);

/// <summary>The schema changed.</summary>
/// <param name="Previous">The one before as JSON text, or null when there was none.</param>
/// <param name="Next">The one now as JSON text, or null when there is none.</param>
public sealed record SchemaDiff(
    [property: JsonPropertyName("previous_schema")] string? Previous, [property: JsonPropertyName("next_schema")] string? Next);
