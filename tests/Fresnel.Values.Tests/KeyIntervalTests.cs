using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class KeyIntervalTests
{
    private static readonly (string Name, Value X)[] Documents =
        [.. Vectors.Load("index-ranges").GetProperty("docs").EnumerateArray().Select(document => (document.Text("name"), document.GetProperty("x").ToValue()))];

    public static TheoryData<string> Cases() => [.. Vectors.Load("index-ranges").GetProperty("cases").EnumerateArray().Select(item => item.Text("name"))];

    [Theory, MemberData(nameof(Cases)), Spec("data-model", 19)]
    public void A_range_holds_the_keys_as_listed(string name)
    {
        var item = Vectors.Load("index-ranges").GetProperty("cases").EnumerateArray().Single(item => item.Text("name") == name);
        var (prefix, lower, upper) = (Array.Empty<byte>(), default(KeyBound?), default(KeyBound?));
        foreach (var bound in item.GetProperty("range").EnumerateArray())
        {
            var (op, value) = (bound.Text("op"), bound.GetProperty("value").ToValue());
            if (op == "eq") prefix = IndexKey.Encode(value);
            else if (op is "gt" or "gte") lower = new(value, op == "gte");
            else upper = new(value, op == "lte");
        }

        var interval = KeyInterval.Range(prefix, lower, upper);
        var found = Documents.Where(document => interval.Contains(IndexKey.Encode(document.X, Value.Float64(1), "id"))).Select(document => document.Name);
        Assert.Equal(item.GetProperty("expect").EnumerateArray().Select(expected => expected.GetString()!), found);
        if (!found.Any()) Assert.True(interval.IsEmpty);
    }

    [Fact]
    public void A_point_holds_one_key_and_a_prefix_all_that_begin_with_it()
    {
        byte[] key = IndexKey.Encode("a", "b");
        Assert.True(KeyInterval.Point(key).Contains(key));
        Assert.False(KeyInterval.Point(key).Contains(KeyInterval.Successor(key)));
        Assert.True(KeyInterval.Prefix(IndexKey.Encode("a")).Contains(key));
        Assert.False(KeyInterval.Prefix(IndexKey.Encode("b")).Contains(key));
        Assert.True(KeyInterval.All.Contains(key));
        Assert.False(KeyInterval.All.IsEmpty);
        Assert.Equal(KeyInterval.Point(key), KeyInterval.Point(key.ToArray()));
        Assert.True(KeyInterval.All.Through(key).Contains(key));
        Assert.False(KeyInterval.All.Through(key).Contains(IndexKey.Encode("a", "c")));
        Assert.True(KeyInterval.All.From(key).Contains(key));
    }
}
