using System.Collections.Immutable;
using Fresnel.Values;

namespace Fresnel.Engine.Schema;

/// <summary>A table as a schema declares it.</summary>
/// <param name="Name">The name, unique in the schema.</param>
/// <param name="DocumentType">What its documents must be, without fields that begin with an underscore; null when it says nothing.</param>
/// <param name="Indexes">All its indexes: database, search, vector; staged ones behind the others of their kind.</param>
public sealed record TableDefinition(string Name, Validator? DocumentType, ImmutableArray<IndexDefinition> Indexes)
{
    /// <summary>The indexes that queries read in order.</summary>
    public IEnumerable<DatabaseIndexDefinition> DatabaseIndexes => Indexes.OfType<DatabaseIndexDefinition>();

    /// <summary>The index of this name, or null.</summary>
    public IndexDefinition? FindIndex(string name) => Indexes.FirstOrDefault(index => index.Name == name);
}
