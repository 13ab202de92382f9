using Fresnel.Engine.Schema;
using Fresnel.Runtime.Pushes;
using Xunit;

namespace Fresnel.Runtime.Tests.Pushes;

public sealed class IndexComparisonTests
{
    [Fact]
    public void A_first_schema_adds_its_indexes_with_the_creation_time_at_the_end()
    {
        var diff = IndexComparison.Describe(IndexComparison.Compare(null, Schema(("by_a", "a", false), ("by_b", "b", true))));

        Assert.Equal(["t.by_a", "t.by_b"], diff.Added.Select(index => index.Name));
        Assert.Equal(["a", "_creationTime"], diff.Added[0].Fields);
        Assert.True(diff.Added[1].Staged);
        Assert.Empty(diff.Removed);
    }

    [Fact]
    public void An_index_whose_fields_change_under_its_name_goes_and_comes()
    {
        var diff = IndexComparison.Describe(IndexComparison.Compare(Schema(("by_a", "a", false)), Schema(("by_a", "b", false))));

        Assert.Equal(["b", "_creationTime"], Assert.Single(diff.Added).Fields);
        Assert.Equal(["a", "_creationTime"], Assert.Single(diff.Removed).Fields);
    }

    [Fact]
    public void A_staged_index_is_enabled_and_an_enabled_one_staged()
    {
        var staged = Schema(("by_a", "a", true));
        var enabled = Schema(("by_a", "a", false));

        Assert.Equal("t.by_a", Assert.Single(IndexComparison.Describe(IndexComparison.Compare(staged, enabled)).Enabled).Name);
        Assert.Equal("t.by_a", Assert.Single(IndexComparison.Describe(IndexComparison.Compare(enabled, staged)).Disabled).Name);
    }

    [Fact]
    public void The_same_schema_changes_nothing()
    {
        var schema = Schema(("by_a", "a", false), ("by_b", "b", true));

        Assert.All(IndexComparison.Compare(schema, schema), index => Assert.Equal(IndexChange.Identical, index.Change));
        Assert.Empty(IndexComparison.Compare(null, null));
    }

    [Fact]
    public void No_schema_drops_every_index() =>
        Assert.Equal(IndexChange.Dropped, Assert.Single(IndexComparison.Compare(Schema(("by_a", "a", false)), null)).Change);

    private static SchemaDefinition Schema(params (string Name, string Field, bool Staged)[] indexes)
    {
        string List(bool staged) => string.Join(',', indexes.Where(index => index.Staged == staged).Select(index => $$"""{"indexDescriptor":"{{index.Name}}","fields":["{{index.Field}}"] }"""));
        return SchemaDefinition.Parse($$"""{"tables":[{"tableName":"t","indexes":[{{List(false)}}],"stagedDbIndexes":[{{List(true)}}],"documentType":{"type":"any"} }],"schemaValidation":true}""");
    }
}
