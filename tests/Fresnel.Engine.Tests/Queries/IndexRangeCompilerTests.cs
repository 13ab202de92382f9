using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Fresnel.Engine.Queries;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Engine.Tests.Queries;

public sealed class IndexRangeCompilerTests
{
    private static readonly ImmutableArray<FieldPath> AB = [FieldPath.Parse("a"), FieldPath.Parse("b"), FieldPath.CreationTime, FieldPath.Id];

    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.PathOf("tests/vectors/index-ranges.json"))).RootElement;

    public static TheoryData<string> Cases() => [.. Vectors.GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];

    [Theory, MemberData(nameof(Cases)), Spec("data-model", 19)]
    public void A_range_finds_what_is_listed(string name)
    {
        var item = Vectors.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        ImmutableArray<FieldPath> fields = [FieldPath.Parse("x"), FieldPath.CreationTime, FieldPath.Id];
        var interval = IndexRangeCompiler.Compile("t.by_x", fields, [.. item.GetProperty("range").EnumerateArray().Select(bound =>
            new RangeExpression(Enum.Parse<RangeOperator>(bound.GetProperty("op").GetString()!, ignoreCase: true), fields[0], ValueJson.Parse(bound.GetProperty("value"), ValueJsonOptions.AllowUndefined)))]);
        var found = Vectors.GetProperty("docs").EnumerateArray().Where(document => interval.Contains(
            IndexKey.Encode(ValueJson.Parse(document.GetProperty("x"), ValueJsonOptions.AllowUndefined), Value.Float64(1), "id")));
        Assert.Equal(item.GetProperty("expect").EnumerateArray().Select(expected => expected.GetString()), found.Select(document => document.GetProperty("name").GetString()));
    }

    [Theory, Spec("data-model", 24)]
    [InlineData("Eq x 1", "FieldNotInIndex: The index range included a comparison with \"x\", but t.i with fields [\"a\", \"b\", \"_creationTime\"] doesn't index this field. For more information see https://docs.convex.dev/using/indexes.")]
    [InlineData("Eq b 1", "InvalidIndexRange: Tried to query index t.i but the query didn't use the index fields in order.\nIndex fields: [\"a\", \"b\", \"_creationTime\"]\nQuery fields: [\"b\"]\nFirst incorrect field: \"b\"\nFor more information see https://docs.convex.dev/using/indexes.")]
    [InlineData("Gt a 1,Eq b 1", "InvalidIndexRange: Tried to query index t.i but the query didn't use the index fields in order.\nIndex fields: [\"a\", \"b\", \"_creationTime\"]\nQuery fields: [\"b\", \"a\"]\nFirst incorrect field: \"b\"\nFor more information see https://docs.convex.dev/using/indexes.")]
    [InlineData("Eq a 1,Eq a 2", "AlreadyDefinedBound: Already defined equality bound in index range. Can't add \"a\" == 2.0.")]
    [InlineData("Eq a 1,Gt a 3", "AlreadyDefinedBound: Already defined equality bound in index range. Can't add \"a\" > 3.0.")]
    [InlineData("Gt a 1,Eq a 3", "AlreadyDefinedBound: Already defined inequality bound in index range. Can't add \"a\" == 3.0.")]
    [InlineData("Gt a 1,Gte a 3", "AlreadyDefinedBound: Already defined lower bound in index range. Can't add \"a\" >= 3.0.")]
    [InlineData("Lt a 1,Lte a 3", "AlreadyDefinedBound: Already defined upper bound in index range. Can't add \"a\" <= 3.0.")]
    [InlineData("Gt a 1,Lt b 3", "BoundsOnMultipleFields: Upper and lower bounds in `range` can only be applied to a single index field. This query against index t.i attempted to set a range bound on both \"a\" and \"b\". Consider using `filter` instead. See https://docs.convex.dev/using/indexes for more info.")]
    public void A_range_that_does_not_suit_the_index_is_refused(string range, string problem)
    {
        var error = Assert.Throws<DeveloperException>(() => IndexRangeCompiler.Compile("t.i", AB, Range(range)));
        Assert.Equal(problem, $"{error.Code}: {error.Message}");
    }

    [Fact]
    public void The_order_of_conditions_does_not_matter() =>
        Assert.Equal(IndexRangeCompiler.Compile("t.i", AB, Range("Eq a 1,Eq b 2,Gt _creationTime 3")), IndexRangeCompiler.Compile("t.i", AB, Range("Gt _creationTime 3,Eq b 2,Eq a 1")));

    [Fact]
    public void All_fields_may_be_used_up_to_the_id()
    {
        var interval = IndexRangeCompiler.Compile("t.i", AB, Range("Eq a 1,Eq b 2,Eq _creationTime 3,Eq _id 4"));
        Assert.True(interval.Contains(IndexKey.Encode(Value.Float64(1), Value.Float64(2), Value.Float64(3), Value.Float64(4))));
        Assert.True(IndexRangeCompiler.Compile("t.by_id", [FieldPath.Id], []).Contains(IndexKey.Encode("x")));
    }

    [Fact, Spec("data-model", 23)]
    public void Garbage_for_an_id_finds_nothing_and_is_no_error() =>
        Assert.False(IndexRangeCompiler.Compile("t.by_id", [FieldPath.Id], [new(RangeOperator.Eq, FieldPath.Id, "garbage")]).Contains(IndexKey.Encode("j57020g30g2gc1r81450p30d1r7h0swg")));

    [Fact]
    public void A_query_is_read_as_the_library_sends_it()
    {
        var query = QueryDefinition.Parse(Encoding.UTF8.GetBytes("""{"source":{"type":"IndexRange","indexName":"t.i","range":[{"type":"Eq","fieldPath":"a","value":{"$undefined":null}},{"type":"Lte","fieldPath":"b","value":{"$commitTs":null}}],"order":"desc"},"operators":[{"filter":{"$and":[]}},{"limit":2}]}"""));
        var scan = Assert.IsType<IndexScan>(query.Source);
        Assert.Equal(("t", "i", true), (scan.Table, scan.Index, scan.Descending));
        Assert.Equal([new(RangeOperator.Eq, AB[0], Value.Undefined), new(RangeOperator.Lte, AB[1], Value.CommitTimestamp)], scan.Range);
        Assert.Equal(2, Assert.IsType<LimitOperator>(query.Operators[1]).Count);
        Assert.False(Assert.IsType<FullTableScan>(QueryDefinition.Parse("""{"source":{"type":"FullTableScan","tableName":"t","order":null},"operators":[]}"""u8.ToArray()).Source).Descending);
        Assert.IsType<TextSearch>(QueryDefinition.Parse("""{"source":{"type":"Search","indexName":"t.s","filters":[]},"operators":[]}"""u8.ToArray()).Source);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"t","order":"up"},"operators":[]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":1},"operators":[]}""")]
    [InlineData("""{"source":{"type":"What"},"operators":[]}""")]
    [InlineData("""{"source":{"type":"IndexRange","indexName":"t","range":[]},"operators":[]}""")]
    [InlineData("""{"source":{"type":"IndexRange","indexName":"t.i","range":[{"type":"Neq","fieldPath":"a","value":1}]},"operators":[]}""")]
    [InlineData("""{"source":{"type":"IndexRange","indexName":"t.i","range":[{"type":"Eq","fieldPath":"a..b","value":1}]},"operators":[]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"t"},"operators":[{"limit":-1}]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"t"},"operators":[{"limit":1.5}]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"t"},"operators":[{}]}""")]
    public void What_is_no_query_is_refused(string json) => Assert.ThrowsAny<DeveloperException>(() => QueryDefinition.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Operators_are_at_most_256()
    {
        static byte[] Query(int count) => Encoding.UTF8.GetBytes($$"""{"source":{"type":"FullTableScan","tableName":"t"},"operators":[{{string.Join(',', Enumerable.Repeat("""{"limit":1}""", count))}}]}""");
        Assert.Equal(256, QueryDefinition.Parse(Query(256)).Operators.Length);
        Assert.Throws<DeveloperException>(() => QueryDefinition.Parse(Query(257)));
    }

    private static ImmutableArray<RangeExpression> Range(string conditions) => [.. conditions.Split(',').Select(condition =>
    {
        var parts = condition.Split(' ');
        return new RangeExpression(Enum.Parse<RangeOperator>(parts[0]), FieldPath.Parse(parts[1]), Value.Float64(double.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture)));
    })];
}
