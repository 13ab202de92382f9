using System.Collections.Immutable;
using Fresnel.Values;

namespace Fresnel.Engine.Schema;

/// <summary>An index as a schema declares it. Source: <c>spec/data-model.md</c> §4.2.</summary>
/// <param name="Name">The name within the table.</param>
/// <param name="Staged">Whether it is to be built but not yet read.</param>
public abstract record IndexDefinition(string Name, bool Staged)
{
    /// <summary>Whether the other declares the same index, apart from its name and from being staged.</summary>
    public abstract bool HasSameShape(IndexDefinition other);
}

/// <summary>An index that queries read in order.</summary>
/// <param name="Name">The name within the table.</param>
/// <param name="Staged">Whether it is to be built but not yet read.</param>
/// <param name="Fields">The fields as declared, without <c>_creationTime</c> and <c>_id</c>.</param>
public sealed record DatabaseIndexDefinition(string Name, bool Staged, ImmutableArray<FieldPath> Fields) : IndexDefinition(Name, Staged)
{
    /// <summary>The fields of its keys: those declared, then <c>_creationTime</c>, then <c>_id</c>.</summary>
    public ImmutableArray<FieldPath> KeyFields => [.. Fields, FieldPath.CreationTime, FieldPath.Id];

    /// <inheritdoc/>
    public override bool HasSameShape(IndexDefinition other) => other is DatabaseIndexDefinition index && Fields.AsSpan().SequenceEqual(index.Fields.AsSpan());
}

/// <summary>An index that full-text search reads.</summary>
/// <param name="Name">The name within the table.</param>
/// <param name="Staged">Whether it is to be built but not yet read.</param>
/// <param name="SearchField">The text.</param>
/// <param name="FilterFields">What results may be narrowed by, in name order.</param>
public sealed record SearchIndexDefinition(string Name, bool Staged, FieldPath SearchField, ImmutableArray<FieldPath> FilterFields) : IndexDefinition(Name, Staged)
{
    /// <inheritdoc/>
    public override bool HasSameShape(IndexDefinition other) =>
        other is SearchIndexDefinition index && SearchField.Equals(index.SearchField) && FilterFields.AsSpan().SequenceEqual(index.FilterFields.AsSpan());
}

/// <summary>An index that vector search reads.</summary>
/// <param name="Name">The name within the table.</param>
/// <param name="Staged">Whether it is to be built but not yet read.</param>
/// <param name="VectorField">The array of Float64.</param>
/// <param name="Dimensions">Its length, 2 to 4096.</param>
/// <param name="FilterFields">What results may be narrowed by, in name order.</param>
public sealed record VectorIndexDefinition(string Name, bool Staged, FieldPath VectorField, int Dimensions, ImmutableArray<FieldPath> FilterFields) : IndexDefinition(Name, Staged)
{
    /// <inheritdoc/>
    public override bool HasSameShape(IndexDefinition other) =>
        other is VectorIndexDefinition index && VectorField.Equals(index.VectorField) && Dimensions == index.Dimensions && FilterFields.AsSpan().SequenceEqual(index.FilterFields.AsSpan());
}
