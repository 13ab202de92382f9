using System.Collections.Immutable;
using System.Globalization;
using Fresnel.Values;

namespace Fresnel.Engine.Schema;

/// <summary>What indexes a table may have. Source: the table of <c>spec/data-model.md</c> §4.2.</summary>
internal static class IndexRules
{
    /// <summary>Reads the fields of a database index.</summary>
    public static ImmutableArray<FieldPath> ReadFields(string index, string[] fields, SchemaLimits limits)
    {
        if (fields.Length >= limits.FieldsPerIndex) throw new DeveloperException("IndexTooManyFields", $"Indexes may have up to {limits.FieldsPerIndex} fields.");
        var paths = ImmutableArray.CreateBuilder<FieldPath>(fields.Length);
        foreach (var field in fields)
        {
            if (field == DocumentRules.Id)
                throw new DeveloperException("IndexFieldsContainId", "`_id` is not a valid index field. To load documents by ID, use `db.get(id)`.");
            if (field == DocumentRules.CreationTime)
                throw new DeveloperException("IndexFieldsContainCreationTime", "`_creationTime` is automatically added to the end of each index. It should not be added explicitly in the index definition. See https://docs.convex.dev/using/indexes for more details.");
            if (field.StartsWith('_'))
                throw new DeveloperException("IndexFieldNameReserved", "Reserved fields (starting with `_`) are not allowed in indexes.");
            var path = ReadField(index, field);
            if (paths.Contains(path)) throw new DeveloperException("FieldsNotUniqueWithinIndex", $"Duplicate field \"{path}\". Index fields must be unique within an index.");
            paths.Add(path);
        }

        return paths.MoveToImmutable();
    }

    /// <summary>Reads one field of an index.</summary>
    public static FieldPath ReadField(string index, string field)
    {
        try
        {
            return FieldPath.Parse(field);
        }
        catch (DeveloperException)
        {
            throw new DeveloperException("InvalidIndexField", $"In index \"{index}\": Invalid index field: \"{field}\"");
        }
    }

    /// <summary>Reads the filter fields of a search or vector index; their order says nothing.</summary>
    public static ImmutableArray<FieldPath> ReadFilterFields(string index, string[] fields, SchemaLimits limits)
    {
        if (fields.Length > limits.FilterFieldsPerIndex)
            throw new DeveloperException("IndexTooManyFilterFields", $"Search indexes may have up to {limits.FilterFieldsPerIndex} filter fields.");
        return [.. fields.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(field => ReadField(index, field))];
    }

    /// <summary>Reads the length of vectors.</summary>
    public static int ReadDimensions(double dimensions) =>
        dimensions is >= SchemaLimits.LeastDimensions and <= SchemaLimits.MostDimensions && dimensions == Math.Floor(dimensions)
            ? (int)dimensions
            : throw new DeveloperException("InvalidVectorDimensionError", string.Create(CultureInfo.InvariantCulture, $"Dimensions {dimensions} must be between {SchemaLimits.LeastDimensions} and {SchemaLimits.MostDimensions}."));

    /// <summary>Checks names, numbers and likeness of a table's indexes.</summary>
    public static void Require(TableDefinition table, SchemaLimits limits)
    {
        var indexes = table.Indexes;
        if (indexes.Length > limits.IndexesPerTable)
            throw new DeveloperException("TooManyIndexes", $"Table \"{table.Name}\" cannot have more than {limits.IndexesPerTable} indexes.");
        for (var i = 0; i < indexes.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (indexes[j].Name == indexes[i].Name)
                    throw new DeveloperException("IndexNamesNotUnique", $"Table \"{table.Name}\" has two or more definitions of index \"{indexes[i].Name}\".");
                if (Alike(table.Name, indexes[j], indexes[i]) is { } problem) throw problem;
            }
        }
    }

    /// <summary>Checks that documents can have what the indexes look at.</summary>
    public static void RequireFields(TableDefinition table)
    {
        if (table.DocumentType is not { } type) return;
        foreach (var index in table.Indexes)
        {
            foreach (var field in FieldsOf(index))
            {
                if (field.Equals(FieldPath.Id) || field.Equals(FieldPath.CreationTime)) continue;
                if (!FieldTypes.At(type, field).Any()) throw Invalid(table, index, $"\"{field}\" that does not exist.");
            }

            if (index is VectorIndexDefinition vector && !FieldTypes.At(type, vector.VectorField).Any(MayBeVector))
                throw Invalid(table, index, $"\"{vector.VectorField}\" that is neither an array of float64 or optional array of float64.");
        }
    }

    private static DeveloperException? Alike(string table, IndexDefinition first, IndexDefinition second) => (first, second) switch
    {
        (DatabaseIndexDefinition, DatabaseIndexDefinition) when first.HasSameShape(second) =>
            new("IndexNotUnique", $"In table \"{table}\" index \"{first.Name}\" and index \"{second.Name}\" have the same fields. Indexes must be unique within a table."),
        (SearchIndexDefinition, SearchIndexDefinition) when first.HasSameShape(second) =>
            new("SearchIndexFieldNotUnique", $"In table \"{table}\" search index \"{first.Name}\" and search index \"{second.Name}\" have the same `searchField`. Search index fields must be unique within a table."),
        (VectorIndexDefinition one, VectorIndexDefinition other) when one.VectorField.Equals(other.VectorField) && one.Dimensions == other.Dimensions =>
            new("VectorIndexFieldNotUnique", $"In table \"{table}\" vector index \"{first.Name}\" and vector index \"{second.Name}\" have the same `vectorField`. Vector index fields must be unique within a table."),
        _ => null,
    };

    private static ImmutableArray<FieldPath> FieldsOf(IndexDefinition index) => index switch
    {
        DatabaseIndexDefinition database => database.Fields,
        SearchIndexDefinition search => [search.SearchField, .. search.FilterFields],
        VectorIndexDefinition vector => [vector.VectorField, .. vector.FilterFields],
        _ => [],
    };

    private static bool MayBeVector(Validator validator) =>
        validator == Validator.Any || (validator is ArrayValidator array && (array.Element == ScalarValidator.Float64 || array.Element == Validator.Any));

    private static DeveloperException Invalid(TableDefinition table, IndexDefinition index, string field)
    {
        var kind = index switch
        {
            SearchIndexDefinition => "search index",
            VectorIndexDefinition => "vector index",
            _ => "index",
        };
        return new("SchemaDefinitionError", $"In table \"{table.Name}\" the {kind} \"{index.Name}\" is invalid because it references the field {field}");
    }
}
