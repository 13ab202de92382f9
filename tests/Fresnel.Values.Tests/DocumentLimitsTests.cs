using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

/// <summary>Each limit of a document as it is by default and as an operator sets it: at the limit, and one over.</summary>
public sealed class DocumentLimitsTests
{
    private static readonly string Id = new DocumentId(10001, default).ToString();

    [Fact, Spec("data-model", 13)]
    public void The_size_of_a_document_is_bounded()
    {
        AcceptedAndRefused(new(), () => OfSize(1 << 20), () => OfSize((1 << 20) + 1), "ValueTooLargeError: Value is too large (1.00 MiB > maximum size 1 MiB)");
        AcceptedAndRefused(new() { Bytes = 100 }, () => OfSize(100), () => OfSize(101), "ValueTooLargeError: Value is too large (101 B > maximum size 100 B)");
        AcceptedAndRefused(new() { Bytes = 3 << 20 }, () => OfSize(3 << 20), () => OfSize((3 << 20) + (1 << 19)), "ValueTooLargeError: Value is too large (3.50 MiB > maximum size 3 MiB)");
    }

    [Fact, Spec("data-model", 12)]
    public void The_nesting_of_a_document_is_bounded_and_the_document_itself_counts_one()
    {
        AcceptedAndRefused(new(), () => Document(("a", Nested(15))), () => Document(("a", Nested(16))), "Document is too nested (nested 17 levels deep > maximum nesting 16)");
        AcceptedAndRefused(new() { Nesting = 3 }, () => Document(("a", Nested(2))), () => Document(("a", Nested(3))), "Document is too nested (nested 4 levels deep > maximum nesting 3)");
        AcceptedAndRefused(new() { Nesting = 64 }, () => Document(("a", Nested(63))), () => Document(("a", Nested(64))), "TooNestedError: Value is too nested (nested 65 levels deep > maximum nesting 64)");
    }

    /// <summary>The system adds two fields of its own, which count neither when a document is stored nor when it is returned.</summary>
    [Fact, Spec("data-model", 12)]
    public void The_fields_of_an_object_are_bounded()
    {
        AcceptedAndRefused(new(), () => Document(Fields(1024)), () => Document(Fields(1025)), "TooManyFieldsError: Object has too many fields (1025 > maximum number 1024)");
        AcceptedAndRefused(
            new(), () => Document(("o", ValueObject.Create(Fields(1024)))), () => Document(("o", ValueObject.Create(Fields(1025)))), "TooManyFieldsError: Object has too many fields (1025 > maximum number 1024)");
        AcceptedAndRefused(new() { Fields = 3 }, () => Document(Fields(3)), () => Document(Fields(4)), "TooManyFieldsError: Object has too many fields (4 > maximum number 3)");
        AcceptedAndRefused(
            new() { Fields = 3 },
            () => Document(("list", Value.Array(ValueObject.Create(Fields(3))))),
            () => Document(("list", Value.Array(ValueObject.Create(Fields(4))))),
            "TooManyFieldsError: Object has too many fields (4 > maximum number 3)");

        var largest = ValueJson.Write(Document(Fields(1024)));
        Assert.Equal(1026, ValueJson.Parse(largest).AsObject().Count);
        Assert.Equal(largest, ValueJson.Canonicalize(largest).ToArray());
    }

    [Fact, Spec("data-model", 12)]
    public void The_elements_of_an_array_are_bounded()
    {
        AcceptedAndRefused(new(), () => Document(("a", Elements(8192))), () => Document(("a", Elements(8193))), "ArrayTooLong: Array length is too long (8193 > maximum length 8192)");
        AcceptedAndRefused(new() { ArrayElements = 2 }, () => Document(("a", Elements(2))), () => Document(("a", Elements(3))), "ArrayTooLong: Array length is too long (3 > maximum length 2)");
        AcceptedAndRefused(
            new() { ArrayElements = 2 },
            () => Document(("o", ValueObject.Create(("a", Value.Array(Elements(2), Elements(2)))))),
            () => Document(("o", ValueObject.Create(("a", Value.Array(Elements(2), Elements(3)))))),
            "ArrayTooLong: Array length is too long (3 > maximum length 2)");
    }

    [Fact]
    public void Limits_beyond_what_values_can_be_are_refused_at_once()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DocumentLimits { Bytes = ValueLimits.ValueBytes + 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DocumentLimits { Nesting = ValueLimits.Nesting + 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DocumentLimits { Fields = ValueLimits.ObjectFields + 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DocumentLimits { ArrayElements = ValueLimits.ArrayElements + 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DocumentLimits { Bytes = 0 });
    }

    private static void AcceptedAndRefused(DocumentLimits limits, Func<ValueObject> accepted, Func<ValueObject> refused, string problem)
    {
        DocumentRules.Require(accepted(), 10001, limits);
        var error = Assert.ThrowsAny<DeveloperException>(() => DocumentRules.Require(refused(), 10001, limits));
        Assert.EndsWith(problem, $"{error.Code}: {error.Message}", StringComparison.Ordinal);
    }

    private static ValueObject Document(params ReadOnlySpan<(string, Value)> fields) => ValueObject.Create([("_id", Id), ("_creationTime", Value.Float64(1)), .. fields]);

    private static ValueObject OfSize(int size) => Document(("a", new string('x', size - Document(("a", "")).Size)));

    private static (string, Value)[] Fields(int count) => [.. Enumerable.Range(0, count).Select(i => ($"f{i:d4}", (Value)true))];

    private static Value Elements(int count) => Value.Array([.. Enumerable.Repeat(Value.Null, count)]);

    private static Value Nested(int levels) => levels == 1 ? Value.Array() : Value.Array(Nested(levels - 1));
}
