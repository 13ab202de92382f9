using System.Text.Json;
using Fresnel.Engine.Queries;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Engine.Tests.Queries;

public sealed class ExpressionTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.PathOf("tests/vectors/filters.json"))).RootElement;
    private static readonly ValueObject Document = ValueJson.Parse(Vectors.GetProperty("doc")).AsObject();

    public static TheoryData<string> Cases() => [.. Vectors.GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];

    [Theory, MemberData(nameof(Cases)), Spec("data-model", 22)]
    public void A_filter_says_or_fails_as_listed(string name)
    {
        var item = Vectors.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        var expression = Expression.Parse(item.GetProperty("expr"));
        if (item.TryGetProperty("error", out var error)) Assert.Equal($"EvalError: {error.GetString()}", Problem(() => expression.IsTrue(Document)));
        else Assert.Equal(item.GetProperty("result").GetBoolean(), expression.IsTrue(Document));
    }

    [Theory]
    [InlineData("""{"$neg":{"$literal":{"$integer":"AAAAAAAAAIA="}}}""", "EvalError: Cannot negate -9223372036854775808: the result is out of range for Int64")]
    [InlineData("""{"$div":[{"$literal":{"$integer":"AAAAAAAAAIA="}},{"$literal":{"$integer":"//////////8="}}]}""", "EvalError: Cannot divide -9223372036854775808 and -1: the result is out of range for Int64")]
    [InlineData("""{"$mod":[{"$field":"n"},{"$literal":{"$integer":"AAAAAAAAAAA="}}]}""", "EvalError: Cannot mod 5 by zero")]
    [InlineData("""{"$sub":[{"$field":"zz"},{"$field":"s"}]}""", "EvalError: Cannot subtract undefined (type undefined) and \"x\" (type String)")]
    public void Arithmetic_that_has_no_result_says_why(string json, string problem) =>
        Assert.Equal(problem, Problem(() => Expression.Parse(JsonDocument.Parse(json).RootElement).Evaluate(Document)));

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("""{"$eq":[]}""")]
    [InlineData("""{"$eq":1}""")]
    [InlineData("""{"$and":{}}""")]
    [InlineData("""{"$field":1}""")]
    [InlineData("""{"$field":"\ud800"}""")]
    [InlineData("""{"$what":1}""")]
    [InlineData("""{"$literal":{"$x":1}}""")]
    [InlineData("""{"$not":{"$literal":true},"$neg":{"$literal":1}}""")]
    public void What_is_no_expression_is_refused(string json) =>
        Assert.ThrowsAny<DeveloperException>(() => Expression.Parse(JsonDocument.Parse(json).RootElement));

    [Fact]
    public void Nesting_is_bounded()
    {
        static string Nested(int levels) => string.Concat(Enumerable.Repeat("{\"$not\":", levels - 1)) + "{\"$literal\":true}" + new string('}', levels - 1);
        static JsonElement Json(string text) => JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 1000 }).RootElement;
        Assert.False(Expression.Parse(Json(Nested(100))).IsTrue(Document));
        Assert.ThrowsAny<DeveloperException>(() => Expression.Parse(Json(Nested(101))));
    }

    private static string? Problem(Action action) => Record.Exception(action) is DeveloperException error ? $"{error.Code}: {error.Message}" : null;
}
