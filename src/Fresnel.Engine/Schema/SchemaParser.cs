using System.Collections.Immutable;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Engine.Schema;

/// <summary>Reads schema JSON and makes every check of a push. Source: the table of <c>spec/data-model.md</c> §4.2.</summary>
internal static class SchemaParser
{
    /// <summary>Validators nest, and each level of theirs takes three of JSON.</summary>
    public static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 3 * ValueLimits.Nesting + 16 };

    public static SchemaDefinition Parse(JsonElement json, SchemaLimits limits)
    {
        try
        {
            var isValidated = json.TryGetProperty("schemaValidation", out var flag) && flag.ValueKind == JsonValueKind.True;
            TableDefinition[] tables = [.. json.GetProperty("tables").EnumerateArray().Select(table => ReadTable(table, isValidated, limits))];
            if (tables.Length > limits.Tables) throw new DeveloperException("TooManyTables", $"Number of tables cannot exceed {limits.Tables}.");
            if (tables.GroupBy(table => table.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
                throw new DeveloperException("InvalidSchema", $"Table \"{twice.Key}\" is defined more than once.");
            return new SchemaDefinition([.. tables], isValidated);
        }
        catch (Exception problem) when (problem is InvalidOperationException or KeyNotFoundException)
        {
            // The library writes this JSON; whoever writes another by hand learns which form it has.
            throw new DeveloperException("InvalidSchema", $"The schema does not have the form that `defineSchema` exports: {problem.Message}");
        }
    }

    private static TableDefinition ReadTable(JsonElement json, bool isValidated, SchemaLimits limits)
    {
        var name = Text(json.GetProperty("tableName"));
        TableName.RequireUser(name);
        var type = ReadDocumentType(json, name, "documentType");
        ReadDocumentType(json, name, "stagedDocumentType");

        var reader = new IndexReader(name, limits);
        ImmutableArray<IndexDefinition> indexes =
        [
            .. Items(json, "indexes").Select(index => reader.ReadDatabase(index, staged: false)),
            .. Items(json, "stagedDbIndexes").Select(index => reader.ReadDatabase(index, staged: true)),
            .. Items(json, "searchIndexes").Select(index => reader.ReadSearch(index, staged: false)),
            .. Items(json, "stagedSearchIndexes").Select(index => reader.ReadSearch(index, staged: true)),
            .. Items(json, "vectorIndexes").Select(index => reader.ReadVector(index, staged: false)),
            .. Items(json, "stagedVectorIndexes").Select(index => reader.ReadVector(index, staged: true)),
        ];
        var table = new TableDefinition(name, type, indexes);
        IndexRules.Require(table, limits);
        if (isValidated) IndexRules.RequireFields(table);
        return table;
    }

    private static Validator? ReadDocumentType(JsonElement table, string name, string property)
    {
        if (!table.TryGetProperty(property, out var json) || json.ValueKind == JsonValueKind.Null) return null;
        var type = WithinTable(name, () => Validator.Parse(json));
        if (!FieldTypes.IsDocumentType(type))
            throw new DeveloperException("InvalidTopLevelTypeInSchemaError", $"The document validator in a schema must be an object, a union of objects, or `v.any()`. Found {type}. To learn more, see the schema documentation at https://docs.convex.dev/database/schemas.");
        return FieldTypes.WithoutSystemFields(type);
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement table, string property) =>
        table.TryGetProperty(property, out var items) && items.ValueKind != JsonValueKind.Null ? items.EnumerateArray() : default;

    /// <summary>A text: <see cref="JsonElement.GetString"/> alone takes null for one.</summary>
    private static string Text(JsonElement json) => json.GetString() ?? throw new InvalidOperationException("Null stands where a text must.");

    /// <summary>Errors that do not name the table themselves are told with it.</summary>
    private static T WithinTable<T>(string table, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DeveloperException problem)
        {
            throw new DeveloperException(problem.Code, $"In table \"{table}\": {problem.Message}");
        }
    }

    /// <summary>Reads the indexes of one table.</summary>
    private sealed class IndexReader(string table, SchemaLimits limits)
    {
        public DatabaseIndexDefinition ReadDatabase(JsonElement json, bool staged)
        {
            var name = ReadName(json);
            string[] fields = [.. json.GetProperty("fields").EnumerateArray().Select(Text)];
            if (fields.Length == 0) throw new DeveloperException("EmptyIndex", $"In table \"{table}\" {(staged ? "staged index" : "index")} \"{name}\" must have at least one field.");
            return WithinTable(table, () => new DatabaseIndexDefinition(name, staged, IndexRules.ReadFields(name, fields, limits)));
        }

        public SearchIndexDefinition ReadSearch(JsonElement json, bool staged)
        {
            var name = ReadName(json);
            var field = Text(json.GetProperty("searchField"));
            var filters = FilterFields(json);
            return WithinTable(table, () => new SearchIndexDefinition(name, staged, IndexRules.ReadField(name, field), IndexRules.ReadFilterFields(name, filters, limits)));
        }

        public VectorIndexDefinition ReadVector(JsonElement json, bool staged)
        {
            var name = ReadName(json);
            var field = Text(json.GetProperty("vectorField"));
            var dimensions = (json.TryGetProperty("dimensions", out var number) ? number : json.GetProperty("dimension")).GetDouble();
            var filters = FilterFields(json);
            return WithinTable(table, () => new VectorIndexDefinition(
                name, staged, IndexRules.ReadField(name, field), IndexRules.ReadDimensions(dimensions), IndexRules.ReadFilterFields(name, filters, limits)));
        }

        private string ReadName(JsonElement json)
        {
            var name = Text(json.GetProperty("indexDescriptor"));
            IndexName.RequireUser(table, name);
            return name;
        }

        private static string[] FilterFields(JsonElement json) => [.. Items(json, "filterFields").Select(Text)];
    }
}
