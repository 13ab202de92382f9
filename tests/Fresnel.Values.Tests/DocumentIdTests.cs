using System.Globalization;
using System.Text.Json;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class DocumentIdTests
{
    public static TheoryData<uint, string, string> Valid()
    {
        var data = new TheoryData<uint, string, string>();
        foreach (var item in Vectors.Load("ids").GetProperty("valid").EnumerateArray())
            data.Add(item.GetProperty("tableNumber").GetUInt32(), item.Text("internalIdHex"), item.Text("id"));
        return data;
    }

    public static TheoryData<string, string> Invalid()
    {
        var data = new TheoryData<string, string>();
        foreach (var item in Vectors.Load("ids").GetProperty("invalid").EnumerateArray()) data.Add(item.Text("id"), item.Text("reason"));
        return data;
    }

    [Theory, MemberData(nameof(Valid)), Spec("data-model", 1)]
    public void A_valid_id_encodes_and_decodes_exactly(uint table, string internalIdHex, string text)
    {
        var id = new DocumentId(table, new InternalId(UInt128.Parse(internalIdHex, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        Assert.Equal(text, id.ToString());
        Assert.Equal(id, DocumentId.Parse(text));
        Assert.Equal(internalIdHex, id.InternalId.ToString());
    }

    [Theory, MemberData(nameof(Invalid)), Spec("data-model", 1, 2)]
    public void An_invalid_id_is_refused(string text, string reason)
    {
        Assert.False(DocumentId.TryParse(text, out _), reason);
        Assert.StartsWith("Unable to decode ID: ", Assert.Throws<DeveloperException>(() => DocumentId.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc", "Unable to decode ID: Invalid ID length 3")]
    [InlineData("0400000000000000000000000000249", "Unable to decode ID: Invalid ID length 31")]
    [InlineData("J57020G30G2GC1R81450P30D1R7H0SWG", "Unable to decode ID: ID wasn't valid base32")]
    [InlineData("000020g30g2gc1r81450p30d1r7qha0", "Unable to decode ID: Invalid table number")]
    [InlineData("040020g30g2gc1r81450p30d1r7qhe8", "Unable to decode ID: Invalid ID version 1 (expected 0)")]
    public void The_text_says_what_is_wrong(string text, string message) =>
        Assert.Equal(message, Assert.Throws<DeveloperException>(() => DocumentId.Parse(text)).Message);

    [Fact, Spec("data-model", 3, 4)]
    public void The_first_letters_tell_the_table()
    {
        Assert.StartsWith("j5", new DocumentId(10001, default).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("kg2", new DocumentId(540, default).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("kc2", new DocumentId(539, default).ToString(), StringComparison.Ordinal);
    }
}
