using System.Buffers;
using System.Text;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class ValueJsonTests
{
    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static Value Parse(string json, ValueJsonOptions options = default) => ValueJson.Parse(Utf8(json), options);

    private static string Canonical(string json, ValueJsonOptions options = default)
    {
        var bytes = Utf8(json);
        var canonical = ValueJson.Canonicalize(bytes, options);
        Assert.Equal(ValueJson.Write(ValueJson.Parse(bytes, options)), canonical.ToArray());
        return Encoding.UTF8.GetString(canonical.Span);
    }

    [Theory, Spec("data-model", 14)]
    [InlineData("null", "null")]
    [InlineData(" [ 1 , 2.50, 1e2 ] ", "[1,2.5,100]")]
    [InlineData("{\"b\":1,\"a\":2,\"b\":3}", "{\"a\":2,\"b\":3}")]
    [InlineData("1e21", "1e+21")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("123456789012345680000", "123456789012345680000")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("-1.5e-9", "-1.5e-9")]
    [InlineData("-0.25", "-0.25")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("-0", "{\"$float\":\"AAAAAAAAAIA=\"}")]
    [InlineData("-0.0", "{\"$float\":\"AAAAAAAAAIA=\"}")]
    [InlineData("{\"$float\":\"AAAAAAAA+H8=\"}", "{\"$float\":\"AAAAAAAA+H8=\"}")]
    [InlineData("{\"$float\":\"AQAAAAAA+P8=\"}", "{\"$float\":\"AQAAAAAA+P8=\"}")]
    [InlineData("{\"$integer\":\"/////////38=\"}", "{\"$integer\":\"/////////38=\"}")]
    [InlineData("{ \"\\u0024integer\" : \"AAAAAAAAAIA=\" }", "{\"$integer\":\"AAAAAAAAAIA=\"}")]
    [InlineData("{\"$bytes\":\"ABCD\"}", "{\"$bytes\":\"ABCD\"}")]
    [InlineData("{\"$bytes\":\"\"}", "{\"$bytes\":\"\"}")]
    [InlineData("\"\\u00e9\\ud83d\\ude00\\/\\u0000\\u001f\\u007f\\b\\f\\n\\r\\t\\\"\\\\\"", "\"é😀/\\u0000\\u001f\u007f\\b\\f\\n\\r\\t\\\"\\\\\"")]
    [InlineData("\"\\u001F\"", "\"\\u001f\"")]
    [InlineData("\"\\u000a\"", "\"\\n\"")]
    [InlineData("{\"\":1,\"a b\\\"\":2}", "{\"\":1,\"a b\\\"\":2}")]
    public void Any_spelling_becomes_the_canonical_one(string json, string canonical)
    {
        Assert.Equal(canonical, Canonical(json));
        Assert.Equal(canonical, Canonical(canonical));
    }

    [Fact]
    public void A_canonical_text_is_handed_back_as_it_is()
    {
        var json = Utf8("{\"a\":[1,2.5,-3e-9,\"x\\n\",null,true,{\"$integer\":\"AQAAAAAAAAA=\"},{\"$bytes\":\"\"}],\"b\":{}}");
        Assert.True(ValueJson.Canonicalize(json).Equals(json));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nul")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":1} x")]
    [InlineData("01")]
    [InlineData("1e999")]
    [InlineData("NaN")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udc00x\"")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"$float\":\"\\ud800\"}")]
    [InlineData("\"\n\"")]
    [InlineData("{\"$integer\":\"AQAAAAAAAA==\"}")]
    [InlineData("{\"$integer\":\"AQAAAAAAAAAA\"}")]
    [InlineData("{\"$integer\":1}")]
    [InlineData("{\"$integer\":\"AQAAAAAAAAA\"}")]
    [InlineData("{\"$integer\":\"AQAAAAAAAAA=\",\"a\":1}")]
    [InlineData("{\"$float\":\"AAAAAAAA8D8=\"}")]
    [InlineData("{\"$float\":\"AAAAAAAAAAA=\"}")]
    [InlineData("{\"$bytes\":\"A\"}")]
    [InlineData("{\"$bytes\":\"AB CD\"}")]
    [InlineData("{\"$bytes\":\"-_-_\"}")]
    [InlineData("{\"$set\":[]}")]
    [InlineData("{\"$map\":[]}")]
    [InlineData("{\"a\":{\"$commitTs\":null}}")]
    [InlineData("{\"$undefined\":null}")]
    public void What_is_no_value_is_refused(string json)
    {
        Assert.Throws<InvalidValueException>(() => Parse(json));
        Assert.Throws<InvalidValueException>(() => ValueJson.Canonicalize(Utf8(json)));
    }

    [Fact]
    public void Bad_utf8_is_refused() => Assert.Throws<InvalidValueException>(() => ValueJson.Parse([(byte)'"', 0xff, (byte)'"']));

    [Theory]
    [InlineData("{\"$x\":1}", "Field name $x starts with '$', which is reserved.")]
    [InlineData("{\"a\":1,\"$integer\":\"\"}", "Field name $integer starts with '$', which is reserved.")]
    [InlineData("{\"é\":1}", "Field name é has invalid character 'é': Field names can only contain non-control ASCII characters")]
    [InlineData("{\"a\\u0001\":1}", "Field name a\u0001 has invalid character '\u0001': Field names can only contain non-control ASCII characters")]
    [InlineData("{\"$float\":\"AAAAAAAA8D8=\"}", "Float 1.0 should be encoded as a number")]
    public void The_text_says_what_is_wrong(string json, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidValueException>(() => Parse(json)).Message);

    [Fact, Spec("data-model", 12)]
    public void Counts_and_nesting_are_bounded()
    {
        static string Elements(int count) => $"[{string.Join(',', Enumerable.Repeat("1", count))}]";
        static string Fields(int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"f{i:d4}\":1"))}}}";
        static string Nested(int levels) => new string('[', levels) + new string(']', levels);

        foreach (var accepted in (string[])[Elements(8192), Fields(1024), Nested(64), $"{new string('[', 64)}{{\"$bytes\":\"\"}}{new string(']', 64)}"]) Assert.Equal(accepted, Canonical(accepted));
        Refused(Elements(8193), "ArrayTooLong", "Array length is too long (8193 > maximum length 8192)");
        Refused(Fields(1025), "TooManyFieldsError", "Object has too many fields (1025 > maximum number 1024)");
        Refused(Nested(65), "TooNestedError", "Value is too nested (nested 65 levels deep > maximum nesting 64)");
        Refused(Nested(100_000), "TooNestedError", "Value is too nested (nested 65 levels deep > maximum nesting 64)");
        Refused($"{{\"{new string('x', 1025)}\":1}}", "InvalidFieldName", "Field name is too long (1025 > maximum 1024)");
        Refused($"\"{new string('x', 32 << 20)}\"", "ValueTooLargeError", "Value is too large (32.00 MiB > maximum size 32 MiB)");

        static void Refused(string json, string code, string message)
        {
            var error = Assert.Throws<InvalidValueException>(() => ValueJson.Canonicalize(Utf8(json)));
            Assert.Equal((code, message), (error.Code, error.Message));
        }
    }

    [Fact]
    public void Undefined_is_read_where_it_may_stand()
    {
        Assert.Equal(Value.Undefined, Parse("{\"$undefined\":null}", ValueJsonOptions.AllowUndefined));
        Assert.Equal("{\"b\":1}", Canonical("{\"a\":{\"$undefined\":null},\"b\":1}", ValueJsonOptions.AllowUndefined));
        Assert.Throws<InvalidValueException>(() => Parse("{\"a\":{\"b\":{\"$undefined\":null}}}", ValueJsonOptions.AllowUndefined));
        Assert.Throws<InvalidValueException>(() => Parse("[{\"$undefined\":null}]", ValueJsonOptions.AllowUndefined));

        var patch = ValueJson.ParsePatch(Utf8("{\"a\":{\"$undefined\":null},\"b\":1}"));
        Assert.Equal([new("a", Value.Undefined), new("b", Value.Float64(1))], patch.Fields);
        Assert.Equal(ValueObject.Create(("b", Value.Float64(1)), ("c", Value.Null)), ValueObject.Create(("a", "x"), ("c", Value.Null)).Merge(patch));
        Assert.Throws<InvalidValueException>(() => ValueJson.ParsePatch(Utf8("[]")));
        Assert.Throws<InvalidValueException>(() => ValueJson.ParsePatch(Utf8("{\"$undefined\":null}")));
    }

    [Fact]
    public void A_commit_timestamp_is_read_where_it_may_stand() =>
        Assert.Equal("{\"a\":[{\"$commitTs\":null}]}", Canonical("{\"a\":[{\"$commitTs\":null}]}", ValueJsonOptions.AllowCommitTimestamp));

    [Fact, Spec("data-model", 13)]
    public void Sizes_are_as_listed()
    {
        var vectors = Vectors.Load("sizes");
        foreach (var item in vectors.GetProperty("values").EnumerateArray().Append(vectors.GetProperty("document")))
            Assert.Equal(item.GetProperty("size").GetInt32(), item.GetProperty("json").ToValue().Size);
    }

    [Fact]
    public void Plain_json_loses_types()
    {
        var value = Parse("{\"b\":{\"$bytes\":\"ABCD\"},\"f\":[1,2.5,{\"$float\":\"AAAAAAAAAIA=\"},{\"$float\":\"AAAAAAAA+H8=\"},{\"$float\":\"AAAAAAAA8H8=\"},{\"$float\":\"AAAAAAAA8P8=\"}],\"i\":{\"$integer\":\"KgAAAAAAAAA=\"},\"s\":\"x\"}");
        var output = new ArrayBufferWriter<byte>();
        ValueJson.WritePlain(value, output);
        Assert.Equal("{\"b\":\"ABCD\",\"f\":[1,2.5,-0.0,\"NaN\",\"Infinity\",\"-Infinity\"],\"i\":\"42\",\"s\":\"x\"}", Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
