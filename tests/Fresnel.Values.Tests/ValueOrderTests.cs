using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class ValueOrderTests
{
    private static readonly (Value Value, string Key)[] Ascending =
        [.. Vectors.Load("value-order").GetProperty("values").EnumerateArray().Select(item => (item.GetProperty("json").ToValue(), item.Text("key")))];

    [Fact, Spec("data-model", 16, 18)]
    public void Every_pair_compares_as_listed_by_value_and_by_key()
    {
        for (var i = 0; i < Ascending.Length; i++)
        {
            for (var j = 0; j < Ascending.Length; j++)
            {
                var (left, right) = (Ascending[i].Value, Ascending[j].Value);
                Assert.Equal(i.CompareTo(j), Math.Sign(left.CompareTo(right)));
                Assert.Equal(i.CompareTo(j), Math.Sign(IndexKey.Encode(left).AsSpan().SequenceCompareTo(IndexKey.Encode(right))));
                Assert.Equal(i == j, left == right);
            }
        }
    }

    [Fact, Spec("data-model", 16)]
    public void Every_value_has_the_key_as_listed_and_is_read_back_from_it()
    {
        foreach (var (value, key) in Ascending)
        {
            Assert.Equal(key, Convert.ToHexStringLower(IndexKey.Encode(value)));
            Assert.Equal([value], IndexKey.Decode(Convert.FromHexString(key)));
        }
    }

    [Fact, Spec("data-model", 17, 20)]
    public void Keys_of_documents_are_as_listed()
    {
        var vectors = Vectors.Load("index-keys");
        var documents = vectors.GetProperty("docs").EnumerateArray().Select(document => document.ToValue().AsObject()).ToArray();
        foreach (var index in vectors.GetProperty("indexes").EnumerateArray())
        {
            FieldPath[] fields = [.. index.GetProperty("fields").EnumerateArray().Select(field => FieldPath.Parse(field.GetString()!))];
            var keys = index.GetProperty("keys").EnumerateArray().Select(key => key.GetString()).ToArray();
            for (var i = 0; i < documents.Length; i++) Assert.Equal(keys[i], Convert.ToHexStringLower(IndexKey.Encode(documents[i], [.. fields])));
        }
    }

    [Fact, Spec("data-model", 18)]
    public void Strings_sort_by_code_point_and_numbers_by_type()
    {
        Assert.True(Value.String("\uffff").CompareTo("😀") < 0);
        Assert.True(Value.Int64(2).CompareTo(Value.Float64(1)) < 0);
        Assert.True(Value.Float64(-0.0).CompareTo(Value.Float64(0)) < 0);
        Assert.True(Value.Float64(double.NaN).CompareTo(Value.Float64(double.PositiveInfinity)) > 0);
    }

    [Fact]
    public void The_placeholder_of_a_commit_timestamp_has_the_greatest_key_and_equals_only_itself()
    {
        Assert.True(IndexKey.Encode(Value.Int64(long.MaxValue), Value.String("z")).AsSpan().SequenceCompareTo(IndexKey.Encode(Value.CommitTimestamp)) < 0);
        Assert.True(IndexKey.Encode(Value.CommitTimestamp, Value.String("z")).AsSpan().SequenceCompareTo(IndexKey.Encode(Value.Float64(double.NegativeInfinity))) < 0);
        Assert.Equal([Value.CommitTimestamp], IndexKey.Decode(IndexKey.Encode(Value.CommitTimestamp)));
        Assert.NotEqual(Value.Int64(long.MaxValue), Value.CommitTimestamp);
        Assert.Equal(Value.CommitTimestamp, Value.CommitTimestamp);
        Assert.True(Value.CommitTimestamp.IsCommitTimestamp);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("30")]
    [InlineData("60")]
    [InlineData("6000")]
    [InlineData("600002")]
    [InlineData("60ff0001")]
    [InlineData("80")]
    [InlineData("801000")]
    [InlineData("9030")]
    [InlineData("906062000120606100012000")]
    [InlineData("a0")]
    public void Bytes_that_are_no_key_are_refused(string hex)
    {
        if (hex.Length == 0) Assert.Empty(IndexKey.Decode([]));
        else Assert.Throws<InvalidValueException>(() => IndexKey.Decode(Convert.FromHexString(hex)));
    }
}
