using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class DocumentRulesTests
{
    private const string UserId = "j57020g30g2gc1r81450p30d1r7h0swg";

    private static ValueObject Document(params ReadOnlySpan<(string, Value)> fields) => ValueObject.Create([("_id", UserId), ("_creationTime", Value.Float64(1)), .. fields]);

    private static string? Problem(ValueObject document, DocumentLimits? limits = null)
    {
        var error = Record.Exception(() => DocumentRules.Require(document, 10001, limits ?? new())) as DeveloperException;
        return error is null ? null : $"{error.Code}: {error.Message}";
    }

    [Fact, Spec("data-model", 11)]
    public void Underscores_are_reserved_at_the_top_only()
    {
        Assert.Null(Problem(Document(("a", ValueObject.Create(("_foo", true))))));
        Assert.Equal(
            $"InvalidDocumentError: Document(value: {{_creationTime: 1.0, _foo: true, _id: \"{UserId}\"}}) isn't a valid document: Field '_foo' starts with an underscore, which is only allowed for system fields like '_id'",
            Problem(Document(("_foo", true))));
    }

    [Fact]
    public void Everything_wrong_is_told_at_once() => Assert.Equal(
        "InvalidDocumentError: Document(value: {_creationTime: 1, _id: \"x\"}) isn't a valid document: The '_id' field \"x\" must be an Id\n The '_creationTime' field should be a float, is 1",
        Problem(ValueObject.Create(("_id", "x"), ("_creationTime", Value.Int64(1)))));

    [Fact]
    public void System_fields_must_fit()
    {
        Assert.EndsWith("The document belongs to a different table than its '_id' field", Problem(Document(("_id", new DocumentId(10002, default).ToString()))), StringComparison.Ordinal);
        Assert.EndsWith("The '_creationTime' field should be a timestamp in milliseconds, is -1.0", Problem(Document(("_creationTime", Value.Float64(-1)))), StringComparison.Ordinal);
        Assert.EndsWith("is NaN", Problem(Document(("_creationTime", Value.Float64(double.NaN)))), StringComparison.Ordinal);
    }

    [Fact, Spec("data-model", 12)]
    public void Sixteen_levels_are_accepted_and_seventeen_are_not()
    {
        static Value Nested(int levels) => levels == 1 ? Value.Array() : Value.Array(Nested(levels - 1));
        Assert.Null(Problem(Document(("a", Nested(15)))));
        Assert.EndsWith("Document is too nested (nested 17 levels deep > maximum nesting 16)", Problem(Document(("a", Nested(16)))), StringComparison.Ordinal);
    }

    [Fact, Spec("data-model", 13)]
    public void One_mebibyte_is_accepted_and_one_byte_more_is_not()
    {
        var rest = new DocumentLimits().Bytes - Document(("a", "")).Size;
        Assert.Null(Problem(Document(("a", new string('x', rest)))));
        Assert.Equal("ValueTooLargeError: Value is too large (1.00 MiB > maximum size 1 MiB)", Problem(Document(("a", new string('x', rest + 1)))));
    }

    [Fact]
    public void A_schema_speaks_of_the_other_fields() =>
        Assert.Equal(ValueObject.Create(("a", true)), DocumentRules.WithoutSystemFields(Document(("a", true))));
}
