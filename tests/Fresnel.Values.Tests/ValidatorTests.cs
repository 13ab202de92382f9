using System.Text;
using System.Text.Json;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class ValidatorTests
{
    private static readonly JsonElement Errors = Vectors.Load("validation-errors");
    private static readonly ListedTables Tables = new(Errors.GetProperty("tables"));

    public static TheoryData<int> Cases() => [.. Enumerable.Range(0, Errors.GetProperty("cases").GetArrayLength())];

    public static TheoryData<int> Validators() => [.. Enumerable.Range(0, Vectors.Load("validators").GetArrayLength())];

    [Theory, MemberData(nameof(Validators)), Spec("data-model", 36)]
    public void A_validator_parses_prints_and_is_written_back(int index)
    {
        var item = Vectors.Load("validators")[index];
        var validator = Validator.Parse(item.GetProperty("json"));
        Assert.Equal(item.Text("display"), validator.ToString());
        Assert.True(JsonElement.DeepEquals(item.GetProperty("json"), JsonDocument.Parse(Written(validator)).RootElement));
        Assert.Equal(validator, Validator.Parse(Written(validator)));
        Assert.True(validator.IsSubsetOf(Validator.Parse(Written(validator))));
    }

    [Theory, MemberData(nameof(Cases)), Spec("data-model", 37, 39)]
    public void An_error_has_the_listed_text(int index)
    {
        var item = Errors.GetProperty("cases")[index];
        var validator = Validator.Parse(item.GetProperty("validator"));
        Assert.Equal(item.GetProperty("error").GetString(), validator.Check(item.GetProperty("value").ToValue(), Tables));
    }

    [Fact]
    public void Fields_are_checked_in_name_order_and_extra_ones_last()
    {
        var validator = Validator.Parse("""{"type":"object","value":{"b":{"fieldType":{"type":"string"},"optional":false},"a":{"fieldType":{"type":"string"},"optional":false}}}""");
        Assert.Contains("required field `a`", validator.Check(ValueObject.Create(("0", 1 == 1), ("b", true)), Tables), StringComparison.Ordinal);
        Assert.Contains("Path: .b", validator.Check(ValueObject.Create(("0", true), ("a", ""), ("b", true)), Tables), StringComparison.Ordinal);
        Assert.Contains("extra field `0`", validator.Check(ValueObject.Create(("z", true), ("0", true), ("a", ""), ("b", "")), Tables), StringComparison.Ordinal);
    }

    [Fact]
    public void A_commit_timestamp_fits_its_own_validator_only()
    {
        Assert.Null(ScalarValidator.CommitTimestamp.Check(Value.CommitTimestamp, Tables));
        Assert.Null(ScalarValidator.CommitTimestamp.Check(Value.Int64(1), Tables));
        Assert.NotNull(ScalarValidator.Int64.Check(Value.CommitTimestamp, Tables));
    }

    [Theory]
    [InlineData("""{"type":"map","keys":{},"values":{}}""", "v.any()")]
    [InlineData("""{"type":"set","value":{}}""", "v.any()")]
    [InlineData("""{"type":"float64x"}""", "Unknown validator type `float64x`.")]
    [InlineData("""{"type":"object","value":{"$x":{"fieldType":{"type":"any"},"optional":false}}}""", "Invalid validator for key `$x`")]
    [InlineData("""{"type":"record","keys":{"type":"any"},"values":{"fieldType":{"type":"any"},"optional":false}}""", "Records can only have string keys. Your validator contains a record with key typed as `v.any()`, which is not a subtype of `v.string()`")]
    [InlineData("""{"type":"record","keys":{"type":"literal","value":"a"},"values":{"fieldType":{"type":"any"},"optional":false}}""", "Records cannot have string literal keys")]
    [InlineData("""{"type":"record","keys":{"type":"string"},"values":{"fieldType":{"type":"any"},"optional":true}}""", "Records cannot have optional values")]
    [InlineData("""{"type":"object","value":{"a":{"fieldType":{"type":"record","keys":{"type":"string"},"values":{"fieldType":{"type":"any"},"optional":true}},"optional":false}}}""", "Invalid validator for key `a`: Records cannot have optional values")]
    [InlineData("""{"type":"literal","value":{"$float":"AAAAAAAA+H8="}}""", "Infinite or NaN values are not supported in literal validators.")]
    [InlineData("""{"type":"literal","value":null}""", "A literal validator takes a string, a number, a boolean or a bigint, not null.")]
    [InlineData("""{"type":"id"}""", "A validator has no `tableName`.")]
    [InlineData("""{"type":"id","tableName":"\ud800"}""", "A text in the validator has an unpaired surrogate.")]
    [InlineData("[]", "A validator is an object, not Array.")]
    [InlineData("{", "The validator is not valid JSON")]
    public void What_is_read_or_refused(string json, string expected)
    {
        if (expected.StartsWith("v.", StringComparison.Ordinal)) Assert.Equal(expected, Validator.Parse(json).ToString());
        else if (json.Contains("$x", StringComparison.Ordinal)) Assert.Contains("Invalid first character '$' in $x", Assert.Throws<DeveloperException>(() => Validator.Parse(json)).Message, StringComparison.Ordinal);
        else Assert.StartsWith(expected, Assert.Throws<DeveloperException>(() => Validator.Parse(json)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"string"}""", """{"type":"any"}""", true)]
    [InlineData("""{"type":"any"}""", """{"type":"string"}""", false)]
    [InlineData("""{"type":"literal","value":"a"}""", """{"type":"string"}""", true)]
    [InlineData("""{"type":"literal","value":1}""", """{"type":"bigint"}""", false)]
    [InlineData("""{"type":"id","tableName":"t"}""", """{"type":"string"}""", true)]
    [InlineData("""{"type":"id","tableName":"t"}""", """{"type":"id","tableName":"u"}""", false)]
    [InlineData("""{"type":"bigint"}""", """{"type":"commitTs"}""", true)]
    [InlineData("""{"type":"commitTs"}""", """{"type":"bigint"}""", true)]
    [InlineData("""{"type":"array","value":{"type":"null"}}""", """{"type":"array","value":{"type":"any"}}""", true)]
    [InlineData("""{"type":"union","value":[]}""", """{"type":"null"}""", true)]
    [InlineData("""{"type":"boolean"}""", """{"type":"union","value":[{"type":"literal","value":true},{"type":"literal","value":false}]}""", true)]
    [InlineData("""{"type":"boolean"}""", """{"type":"union","value":[{"type":"literal","value":true}]}""", false)]
    [InlineData("""{"type":"union","value":[{"type":"null"},{"type":"string"}]}""", """{"type":"union","value":[{"type":"string"},{"type":"null"},{"type":"bytes"}]}""", true)]
    [InlineData("""{"type":"object","value":{"a":{"fieldType":{"type":"null"},"optional":false}}}""", """{"type":"object","value":{"a":{"fieldType":{"type":"null"},"optional":true},"b":{"fieldType":{"type":"null"},"optional":true}}}""", true)]
    [InlineData("""{"type":"object","value":{"a":{"fieldType":{"type":"null"},"optional":true}}}""", """{"type":"object","value":{"a":{"fieldType":{"type":"null"},"optional":false}}}""", false)]
    [InlineData("""{"type":"object","value":{"a":{"fieldType":{"type":"null"},"optional":true}}}""", """{"type":"object","value":{}}""", false)]
    [InlineData("""{"type":"object","value":{}}""", """{"type":"object","value":{"a":{"fieldType":{"type":"null"},"optional":false}}}""", false)]
    public void Subsets_are_recognized(string small, string large, bool expected) =>
        Assert.Equal(expected, Validator.Parse(small).IsSubsetOf(Validator.Parse(large)));

    internal static string Written(Validator validator)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) validator.WriteJson(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    internal sealed class ListedTables(JsonElement names) : ITableNames
    {
        public string? NameOf(uint tableNumber) =>
            names.TryGetProperty(tableNumber.ToString(System.Globalization.CultureInfo.InvariantCulture), out var name) ? name.GetString() : null;
    }
}
