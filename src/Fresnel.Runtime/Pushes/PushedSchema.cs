using Fresnel.Engine.Schema;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>The schema of a push: text and meaning.</summary>
/// <param name="Json">What <c>schema.ts</c> exports.</param>
/// <param name="Definition">What it declares.</param>
internal sealed record PushedSchema(string Json, SchemaDefinition Definition)
{
    /// <summary>Reads a schema with all checks of a push; null for null.</summary>
    /// <param name="json">What <c>schema.ts</c> exports.</param>
    /// <param name="limits">How much it may declare.</param>
    /// <exception cref="DeveloperException">Something in it is wrong, or not built yet.</exception>
    public static PushedSchema? Parse(string? json, SchemaLimits limits)
    {
        if (json is null) return null;
        var definition = SchemaDefinition.Parse(json, limits);
        string[] unbuilt = [.. definition.Tables.SelectMany(table => table.Indexes.Where(index => index is not DatabaseIndexDefinition).Select(index => $"{table.Name}.{index.Name}"))];
        if (unbuilt.Length > 0) throw NotBuilt.Refusal($"Search and vector indexes are not built yet in this version of Fresnel. schema.ts declares {NotBuilt.List(unbuilt)}.");
        return new(json, definition);
    }
}
