namespace Fresnel.Engine.Schema;

/// <summary>How much a schema may declare. Source: <c>spec/data-model.md</c> §1.6, §2.2 and §4.2.</summary>
public static class SchemaLimits
{
    /// <summary>User tables of a component.</summary>
    public const int Tables = 10_000;

    /// <summary>Indexes of one table: database, search and vector, staged ones included.</summary>
    public const int IndexesPerTable = 64;

    /// <summary>Fields of an index, the <c>_creationTime</c> at its end included.</summary>
    public const int FieldsPerIndex = 16;

    /// <summary>Filter fields of a search or vector index.</summary>
    public const int FilterFieldsPerIndex = 16;

    /// <summary>The fewest numbers of a vector.</summary>
    public const int LeastDimensions = 2;

    /// <summary>The most numbers of a vector.</summary>
    public const int MostDimensions = 4096;
}
