namespace Fresnel.Engine.Schema;

/// <summary>How much a schema may declare. Source: <c>spec/data-model.md</c> §1.6, §2.2 and §4.2.</summary>
/// <remarks>A push is held to them. A schema that is deployed already stays in force whatever they have become.</remarks>
public sealed record SchemaLimits
{
    /// <summary>The fewest numbers of a vector.</summary>
    public const int LeastDimensions = 2;

    /// <summary>The most numbers of a vector.</summary>
    public const int MostDimensions = 4096;

    /// <summary>User tables of a component, those that the first insert makes included. Default 10,000. Beyond it: <c>TooManyTables</c>.</summary>
    public int Tables { get; init; } = 10_000;

    /// <summary>Indexes of one table: database, search and vector, staged ones included. Default 64. Beyond it: <c>TooManyIndexes</c>.</summary>
    public int IndexesPerTable { get; init; } = 64;

    /// <summary>Fields of an index, the <c>_creationTime</c> at its end included. Default 16. Beyond it: <c>IndexTooManyFields</c>.</summary>
    public int FieldsPerIndex { get; init; } = 16;

    /// <summary>Filter fields of a search or vector index. Default 16. Beyond it: <c>IndexTooManyFilterFields</c>.</summary>
    public int FilterFieldsPerIndex { get; init; } = 16;

    /// <summary>No limits: for a schema that was accepted before.</summary>
    internal static SchemaLimits None { get; } = new()
    {
        Tables = int.MaxValue,
        IndexesPerTable = int.MaxValue,
        FieldsPerIndex = int.MaxValue,
        FilterFieldsPerIndex = int.MaxValue,
    };
}
