using System.Text.Json.Serialization;

namespace Fresnel.Runtime.Pushes;

/// <summary>What a push does to schemas and indexes, by component path. Source: <c>spec/deploy-api.md</c> §4.7.</summary>
public sealed record SchemaChange
{
    /// <summary>Ids reserved for new component instances; none yet.</summary>
    public IReadOnlyDictionary<string, string> AllocatedComponentIds { get; init; } = new Dictionary<string, string>();

    /// <summary>The schema that waits to become active, or the active one when it does not change; null when there is none.</summary>
    public required IReadOnlyDictionary<string, string?> SchemaIds { get; init; }

    /// <summary>What happens to indexes.</summary>
    public required IReadOnlyDictionary<string, IndexDiff> IndexDiffs { get; init; }
}

/// <summary>What happens to the indexes of a component. An index that changes under its name is removed and added.</summary>
/// <param name="Added">New ones.</param>
/// <param name="Removed">Ones that go when the push finishes.</param>
/// <param name="Enabled">Ones that were staged.</param>
/// <param name="Disabled">Ones that become staged.</param>
public sealed record IndexDiff(
    [property: JsonPropertyName("added_indexes")] IReadOnlyList<IndexDescription> Added,
    [property: JsonPropertyName("removed_indexes")] IReadOnlyList<IndexDescription> Removed,
    [property: JsonPropertyName("enabled_indexes")] IReadOnlyList<IndexDescription> Enabled,
    [property: JsonPropertyName("disabled_indexes")] IReadOnlyList<IndexDescription> Disabled)
{
    /// <summary>Nothing happens.</summary>
    public static IndexDiff None { get; } = new([], [], [], []);
}

/// <summary>An index as the CLI shows it.</summary>
/// <param name="Name">Table and index, with a dot between.</param>
/// <param name="Fields">As stored: with <c>_creationTime</c> at the end.</param>
/// <param name="Staged">Whether it is built but not to be read.</param>
/// <param name="Type">Search and vector indexes are not built yet; a push that has one is refused.</param>
public sealed record IndexDescription(string Name, IReadOnlyList<string> Fields, bool Staged, string Type = "database");
