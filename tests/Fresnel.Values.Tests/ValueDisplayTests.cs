using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class ValueDisplayTests
{
    [Fact, Spec("data-model", 38)]
    public void Floats_print_as_listed()
    {
        foreach (var item in Vectors.Load("float-display").EnumerateArray()) Assert.Equal(item.Text("display"), item.GetProperty("json").ToValue().ToString());
    }

    [Theory]
    [InlineData("a'b\"\\\n\r\t\0\u007f", "\"a'b\\\"\\\\\\n\\r\\t\\0\\u{7f}\"")]
    [InlineData("é😀中", "\"é😀中\"")]
    [InlineData("e\u0301 \u00a0\u200b\u2028\ue000\U000e0001\u0378", "\"e\\u{301} \\u{a0}\\u{200b}\\u{2028}\\u{e000}\\u{e0001}\\u{378}\"")]
    [InlineData("\u0903\u09be\uff9e", "\"\u0903\\u{9be}\\u{ff9e}\"")]
    public void Strings_print_with_escapes(string text, string display) => Assert.Equal(display, Value.String(text).ToString());

    [Fact]
    public void Containers_print_sorted_and_bare() =>
        Assert.Equal("{a: [1, 1.0, b\"ABCD\", {}], b: null}", Value.Object(ValueObject.Create(
            ("b", Value.Null), ("a", Value.Array(Value.Int64(1), Value.Float64(1), Value.Bytes(new byte[] { 0, 0x10, 0x83 }), ValueObject.Empty)))).ToString());

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1 << 20, "1 MiB")]
    [InlineData((1 << 20) + 1, "1.00 MiB")]
    [InlineData(3 << 19, "1.50 MiB")]
    [InlineData(17 << 20, "17 MiB")]
    public void Numbers_of_bytes_print_in_binary_units(long bytes, string display) => Assert.Equal(display, ByteSize.Print(bytes));
}
