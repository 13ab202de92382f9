using System.Text;
using System.Text.Json;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Server.Tests.HttpApi;

/// <summary>Values that are not values, as a client sends them over HTTP: refused in words, nothing stored, and the server goes on.</summary>
public sealed class BadValueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact, Spec("data-model", 12, 14)]
    public async Task Each_is_refused_with_its_reason_and_nothing_is_stored()
    {
        await using var server = await ServerTestbed.StartAsync();
        static string Nested(int levels) => new string('[', levels) + new string(']', levels);
        foreach (var (value, reason) in ((string, string)[])
        [
            ("""{"$float":"AAAAAAAA8D8="}""", "Float 1.0 should be encoded as a number"),
            ("""{"$integer":"AAAA"}""", "must be 8 bytes"),
            ("""{"$bytes":"not base64"}""", "is not base64"),
            ("""{"$undefined":null}""", "Field name $undefined starts with '$', which is reserved."),
            ("""{"$commitTs":null}""", "Field name $commitTs starts with '$', which is reserved."),
            ("""{"a":1,"$b":2}""", "Field name $b starts with '$', which is reserved."),
            ("""{"é":1}""", "Field names can only contain non-control ASCII characters"),
            ("1e999", "Number out of range"),
            ("\"\\ud800\"", "unpaired surrogate"),
            ($"[{string.Join(',', Enumerable.Repeat("1", 8193))}]", "Array length is too long (8193 > maximum length 8192)"),
            ($"{{{string.Join(',', Enumerable.Range(0, 1025).Select(i => $"\"f{i}\":1"))}}}", "Object has too many fields (1025 > maximum number 1024)"),
            (Nested(64), "Value is too nested (nested 65 levels deep > maximum nesting 64)"), // The arguments are a level.
            (Nested(16), "Document is too nested (nested 17 levels deep > maximum nesting 16)"),
        ])
        {
            var (status, body) = await PostAsync(server, "/api/mutation", $$"""{"path":"numbers:add","args":{"table":"a","n":{{value}} } }""");
            Assert.True(status < 500 && body.Contains("\"status\":\"error\"", StringComparison.Ordinal) | status == 400, $"{value}: {status} {body}");
            Assert.Contains(reason, JsonDocument.Parse(body).RootElement.ToString().Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        var (_, list) = await PostAsync(server, "/api/query", """{"path":"numbers:list","args":{"table":"a"}}""");
        Assert.Contains("\"value\":[]", list, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string Body)> PostAsync(ServerTestbed server, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await server.Http.PostAsync(path, content, Token);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }
}
