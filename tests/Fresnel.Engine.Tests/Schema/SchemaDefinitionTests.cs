using System.Text.Json;
using System.Text.Json.Nodes;
using Fresnel.Engine.Schema;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Engine.Tests.Schema;

public sealed class SchemaDefinitionTests
{
    private const string StringObject = """{"type":"object","value":{"a":{"fieldType":{"type":"string"},"optional":false},"b":{"fieldType":{"type":"object","value":{"c":{"fieldType":{"type":"any"},"optional":false}}},"optional":true},"v":{"fieldType":{"type":"array","value":{"type":"number"}},"optional":true},"r":{"fieldType":{"type":"record","keys":{"type":"string"},"values":{"fieldType":{"type":"any"},"optional":false}},"optional":false}}}""";

    [Fact, Spec("data-model", 36)]
    public void The_listed_schema_loads()
    {
        var schema = SchemaDefinition.Parse(File.ReadAllText(RepositoryFiles.PathOf("tests/vectors/schema.json")));
        Assert.True(schema.IsValidated);
        Assert.Equal(["users", "messages", "anything"], schema.Tables.Select(table => table.Name));

        var users = schema.FindTable("users")!;
        Assert.Equal(["by_name", "by_tag", "search_name", "by_embedding"], users.Indexes.Select(index => index.Name));
        Assert.Equal([false, true, false, false], users.Indexes.Select(index => index.Staged));
        Assert.Equal("name _creationTime _id", string.Join(' ', users.DatabaseIndexes.First().KeyFields));
        Assert.Equal(3, Assert.IsType<VectorIndexDefinition>(users.FindIndex("by_embedding")).Dimensions);
        Assert.Equal("v.object({embedding: v.array(v.float64()), name: v.string(), tag: v.optional(v.string())})", users.DocumentType!.ToString());

        Assert.NotNull(schema.EnforcedValidator("messages"));
        Assert.Null(schema.EnforcedValidator("anything"));
        Assert.Null(schema.EnforcedValidator("unknown"));
    }

    [Theory, Spec("data-model", 42)]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":[]}]}""", "EmptyIndex: In table \"t\" index \"i\" must have at least one field.")]
    [InlineData("""{"stagedDbIndexes":[{"indexDescriptor":"i","fields":[]}]}""", "EmptyIndex: In table \"t\" staged index \"i\" must have at least one field.")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["a","a"]}]}""", "FieldsNotUniqueWithinIndex: In table \"t\": Duplicate field \"a\". Index fields must be unique within an index.")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["_id"]}]}""", "IndexFieldsContainId: In table \"t\": `_id` is not a valid index field. To load documents by ID, use `db.get(id)`.")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["a","_creationTime"]}]}""", "IndexFieldsContainCreationTime: In table \"t\": `_creationTime` is automatically added to the end of each index. It should not be added explicitly in the index definition. See https://docs.convex.dev/using/indexes for more details.")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["_x"]}]}""", "IndexFieldNameReserved: In table \"t\": Reserved fields (starting with `_`) are not allowed in indexes.")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["a-b"]}]}""", "InvalidIndexField: In table \"t\": In index \"i\": Invalid index field: \"a-b\"")]
    [InlineData("""{"indexes":[{"indexDescriptor":"by_id","fields":["a"]}]}""", "IndexNameReserved: In table \"t\" cannot name an index \"by_id\" because the name is reserved. Indexes may not start with an underscore or be named \"by_id\" or \"by_creation_time\".")]
    [InlineData("""{"indexes":[{"indexDescriptor":"a b","fields":["a"]}]}""", "InvalidIndexName: Invalid index name: \"a b\". Identifiers must be 64 characters or less, start with a letter, and only contain letters, digits, underscores.")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["a"]}],"searchIndexes":[{"indexDescriptor":"i","searchField":"a","filterFields":[]}]}""", "IndexNamesNotUnique: Table \"t\" has two or more definitions of index \"i\".")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["a"]},{"indexDescriptor":"j","fields":["a"]}]}""", "IndexNotUnique: In table \"t\" index \"i\" and index \"j\" have the same fields. Indexes must be unique within a table.")]
    [InlineData("""{"searchIndexes":[{"indexDescriptor":"i","searchField":"a","filterFields":["b.c"]},{"indexDescriptor":"j","searchField":"a","filterFields":["b.c"]}]}""", "SearchIndexFieldNotUnique: In table \"t\" search index \"i\" and search index \"j\" have the same `searchField`.")]
    [InlineData("""{"vectorIndexes":[{"indexDescriptor":"i","vectorField":"v","dimensions":2},{"indexDescriptor":"j","vectorField":"v","dimension":2}]}""", "VectorIndexFieldNotUnique: In table \"t\" vector index \"i\" and vector index \"j\" have the same `vectorField`.")]
    [InlineData("""{"vectorIndexes":[{"indexDescriptor":"i","vectorField":"v","dimensions":1}]}""", "InvalidVectorDimensionError: In table \"t\": Dimensions 1 must be between 2 and 4096.")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["x"]}]}""", "SchemaDefinitionError: In table \"t\" the index \"i\" is invalid because it references the field \"x\" that does not exist.")]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["r.x"]}]}""", "SchemaDefinitionError: In table \"t\" the index \"i\" is invalid because it references the field \"r.x\" that does not exist.")]
    [InlineData("""{"vectorIndexes":[{"indexDescriptor":"i","vectorField":"a","dimensions":2}]}""", "SchemaDefinitionError: In table \"t\" the vector index \"i\" is invalid because it references the field \"a\" that is neither an array of float64 or optional array of float64.")]
    [InlineData("""{"documentType":{"type":"string"}}""", "InvalidTopLevelTypeInSchemaError: The document validator in a schema must be an object, a union of objects, or `v.any()`. Found v.string(). To learn more, see the schema documentation at https://docs.convex.dev/database/schemas.")]
    [InlineData("""{"documentType":{"type":"union","value":[{"type":"object","value":{}},{"type":"any"}]}}""", "InvalidTopLevelTypeInSchemaError: The document validator in a schema must be an object, a union of objects, or `v.any()`. Found v.union(v.object({}), v.any()).")]
    [InlineData("""{"documentType":{"type":"x"}}""", "InvalidValidator: In table \"t\": Unknown validator type `x`.")]
    [InlineData("""{"tableName":"_t"}""", "TableNameReserved: _t is a reserved table name.")]
    [InlineData("""{"tableName":"a-b"}""", "InvalidTableName: Invalid table name: \"a-b\".")]
    [InlineData("""{"tableName":7}""", "InvalidSchema: The schema does not have the form that `defineSchema` exports:")]
    public void A_push_is_refused_with_the_listed_text(string table, string error) => Assert.StartsWith(error, Problem(Schema(table)), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"indexes":[{"indexDescriptor":"i","fields":["b.c.d"]}]}""")]
    [InlineData("""{"searchIndexes":[{"indexDescriptor":"i","searchField":"a","filterFields":["_creationTime"]}]}""")]
    [InlineData("""{"vectorIndexes":[{"indexDescriptor":"i","vectorField":"v","dimensions":2}],"stagedDocumentType":{"type":"any"}}""")]
    [InlineData("""{"documentType":{"type":"union","value":[{"type":"object","value":{}},{"type":"object","value":{"x":{"fieldType":{"type":"null"},"optional":false}}}]},"indexes":[{"indexDescriptor":"i","fields":["x"]}]}""")]
    public void What_documents_can_have_may_be_indexed(string table) => Assert.Null(Problem(Schema(table)));

    [Fact]
    public void Fields_are_not_looked_for_when_nothing_is_enforced() =>
        Assert.Null(Problem(Schema("""{"indexes":[{"indexDescriptor":"i","fields":["x"]}]}""", isValidated: false)));

    [Fact]
    public void Numbers_of_indexes_and_fields_are_bounded()
    {
        static string Indexes(int count) => $$"""{"documentType":null,"indexes":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"indexDescriptor":"i{{i}}","fields":["f{{i}}"]}"""))}}]}""";
        static string Fields(int count) => $$"""{"documentType":null,"indexes":[{"indexDescriptor":"i","fields":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"f{i}\""))}}]}]}""";
        Assert.Null(Problem(Schema(Indexes(64))));
        Assert.Equal("TooManyIndexes: Table \"t\" cannot have more than 64 indexes.", Problem(Schema(Indexes(65))));
        Assert.Null(Problem(Schema(Fields(15))));
        Assert.Equal("IndexTooManyFields: In table \"t\": Indexes may have up to 16 fields.", Problem(Schema(Fields(16))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"tables":{}}""")]
    [InlineData("""{"tables":[{"tableName":"t"},{"tableName":"t"}]}""")]
    public void What_is_no_schema_is_refused(string json) => Assert.Equal("InvalidSchema", Assert.Throws<DeveloperException>(() => SchemaDefinition.Parse(json)).Code);

    [Fact]
    public void A_write_is_held_to_the_document_type_without_system_fields()
    {
        var schema = SchemaDefinition.Parse(Schema("""{"documentType":{"type":"object","value":{"_id":{"fieldType":{"type":"id","tableName":"t"},"optional":false},"a":{"fieldType":{"type":"string"},"optional":false}}}}"""));
        var document = ValueObject.Create(("_id", new DocumentId(10001, default).ToString()), ("_creationTime", Value.Float64(1)), ("a", "x"));
        schema.Require("t", document, NoTables.Instance);
        var error = Assert.Throws<DeveloperException>(() => schema.Require("t", document.With("a", Value.Null), NoTables.Instance));
        Assert.Equal(
            "SchemaEnforcementError: Failed to insert or update a document in table \"t\" because it does not match the schema: Value does not match validator.\nPath: .a\nValue: null\nValidator: v.string()",
            $"{error.Code}: {error.Message}");
        schema.Require("other", ValueObject.Empty, NoTables.Instance);
    }

    [Theory]
    [InlineData("""{"type":"any"}""", """{"type":"object","value":{}}""", true)]
    [InlineData("""{"type":"object","value":{}}""", """{"type":"any"}""", false)]
    [InlineData("""{"type":"object","value":{}}""", """{"type":"object","value":{"a":{"fieldType":{"type":"null"},"optional":true}}}""", false)]
    [InlineData("""{"type":"object","value":{}}""", """{"type":"object","value":{"a":{"fieldType":{"type":"null"},"optional":false}}}""", true)]
    public void Only_a_narrower_type_has_data_looked_at_again(string active, string wanted, bool mustValidate)
    {
        static SchemaDefinition Of(string type) => SchemaDefinition.Parse(Schema($$"""{"documentType":{{type}}}"""));
        Assert.Equal(mustValidate, Of(wanted).MustValidate("t", Of(active)));
        Assert.False(Of(wanted).MustValidate("other", null));
    }

    [Fact]
    public void Without_an_active_schema_all_data_is_looked_at() =>
        Assert.True(SchemaDefinition.Parse(Schema("{}")).MustValidate("t", null));

    [Fact, Spec("data-model", 45)]
    public void A_table_that_the_schema_speaks_of_may_not_be_deleted()
    {
        var schema = SchemaDefinition.Parse("""{"tables":[{"tableName":"t","indexes":[],"documentType":{"type":"object","value":{"x":{"fieldType":{"type":"array","value":{"type":"id","tableName":"u"}},"optional":false}}}}]}""");
        Assert.Equal("Failed to delete table \"t\" because it appears in the schema", schema.DeletionProblem("t"));
        Assert.Equal("Failed to delete table \"u\" because `v.id(\"u\")` appears in the schema of table \"t\"", schema.DeletionProblem("u"));
        Assert.Null(schema.DeletionProblem("w"));
    }

    private static string Schema(string changes, bool isValidated = true)
    {
        var table = new JsonObject { ["tableName"] = "t", ["indexes"] = new JsonArray(), ["documentType"] = JsonNode.Parse(StringObject) };
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject()) table[name] = value?.DeepClone();
        return new JsonObject { ["tables"] = new JsonArray(table), ["schemaValidation"] = isValidated }.ToJsonString();
    }

    private static string? Problem(string schema) =>
        Record.Exception(() => SchemaDefinition.Parse(schema)) is { } error ? $"{Assert.IsType<DeveloperException>(error).Code}: {error.Message}" : null;

    private sealed class NoTables : ITableNames
    {
        public static readonly NoTables Instance = new();

        public string? NameOf(uint tableNumber) => null;
    }
}
