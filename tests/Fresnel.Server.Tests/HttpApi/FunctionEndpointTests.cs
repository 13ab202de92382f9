using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Server.Tests.HttpApi;

public sealed class FunctionEndpointTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact, Spec("client-protocol", 47, 49)]
    public async Task Functions_are_called_with_an_object_or_an_array_of_one()
    {
        await using var server = await ServerTestbed.StartAsync();
        Assert.Equal((200, """{"status":"success","value":"done","logLines":["[INFO] acting"]}"""), await PostAsync(server, "/api/action", """{"path":"numbers:now","args":{}}"""));
        foreach (var arguments in (string[])["""{"table":"a","n":1}""", """[{"table":"a","n":2}]"""])
        {
            var (status, body) = await PostAsync(server, "/api/mutation", $$"""{"args":{{arguments}},"path":"numbers:add"}""");
            Assert.Equal(200, status);
            Assert.StartsWith("""{"status":"success","value":""", body, StringComparison.Ordinal);
        }

        Assert.Equal(
            (200, """{"status":"success","value":[1,2],"logLines":["[INFO] listing"]}"""),
            await PostAsync(server, "/api/query", """{"path":"numbers:list","args":[{"table":"a"}],"format":"convex_encoded_json"}"""));
        using var got = await server.Http.GetAsync($"/api/query?path=numbers:list&args={Uri.EscapeDataString("""{"table":"a"}""")}", Token);
        Assert.StartsWith("""{"status":"success","value":[1""", await got.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact, Spec("client-protocol", 10)]
    public async Task Values_are_written_in_the_format_that_is_asked_for()
    {
        await using var server = await ServerTestbed.StartAsync();
        await PostAsync(server, "/api/mutation", """{"path":"numbers:add","args":{"table":"a","n":{"$integer":"KgAAAAAAAAA="}}}""");
        await PostAsync(server, "/api/mutation", """{"path":"numbers:add","args":{"table":"a","n":{"$float":"AAAAAAAA+H8="}}}""");
        await PostAsync(server, "/api/mutation", """{"path":"numbers:add","args":{"table":"a","n":3}}""");
        await PostAsync(server, "/api/mutation", """{"path":"numbers:add","args":{"table":"a","n":{"$bytes":"ABCD"}}}""");

        foreach (var (format, value) in ((string, string)[])
        [
            ("convex_encoded_json", """[{"$integer":"KgAAAAAAAAA="},{"$float":"AAAAAAAA+H8="},3,{"$bytes":"ABCD"}]"""),
            ("json", """["42","NaN",3,"ABCD"]"""),
            ("export_json", """[42,{"$float":"AAAAAAAA+H8="},3.0,{"$bytes":"ABCD"}]"""),
        ])
        {
            var (_, body) = await PostAsync(server, "/api/query", $$"""{"path":"numbers:list","args":{"table":"a"},"format":"{{format}}"}""");
            Assert.Equal(value, JsonDocument.Parse(body).RootElement.GetProperty("value").GetRawText());
        }

        Assert.Equal(
            (400, """{"code":"BadFormat","message":"format param must be one of [`json`]. Got xml"}"""),
            await PostAsync(server, "/api/mutation", """{"path":"numbers:add","args":{"table":"b","n":1},"format":"xml"}"""));
    }

    [Fact, Spec("client-protocol", 48)]
    public async Task A_failure_of_a_function_is_answered_with_200()
    {
        await using var server = await ServerTestbed.StartAsync();
        var (status, body) = await PostAsync(server, "/api/query", """{"path":"numbers:fail","args":{"table":"a","data":{"code":"EMPTY"}}}""");
        var answer = JsonDocument.Parse(body).RootElement;
        Assert.Equal((200, "error"), (status, answer.GetProperty("status").GetString()));
        Assert.Matches("^\\[Request ID: [0-9a-f]{16}\\] Server Error\n", answer.GetProperty("errorMessage").GetString());
        Assert.Equal("""{"code":"EMPTY"}""", answer.GetProperty("errorData").GetRawText());
    }

    [Theory, Spec("client-protocol", 48, 55, 56)]
    [InlineData("/api/query", "numbers:gone", "Could not find public function for 'numbers:gone'.")]
    [InlineData("/api/query", "numbers:secret", "Could not find public function for 'numbers:secret'.")]
    [InlineData("/api/mutation", "numbers:list", "Trying to execute numbers.js:list as Mutation, but it is defined as Query.")]
    public async Task Refusals_have_their_texts(string route, string path, string text)
    {
        await using var server = await ServerTestbed.StartAsync();
        var (status, body) = await PostAsync(server, route, $$"""{"args":{},"path":"{{path}}"}""");
        Assert.Equal(200, status);
        var answer = JsonDocument.Parse(body).RootElement;
        Assert.EndsWith($"] Server Error\n{text}\n", answer.GetProperty("errorMessage").GetString(), StringComparison.Ordinal);
        Assert.False(answer.TryGetProperty("errorData", out _));
    }

    [Fact, Spec("client-protocol", 50)]
    public async Task Functions_are_run_by_their_path_in_the_url()
    {
        await using var server = await ServerTestbed.StartAsync();
        Assert.Equal(
            (200, """{"status":"success","value":[],"logLines":["[INFO] listing"]}"""), await PostAsync(server, "/api/run/numbers/list", """{"args":{"table":"a"}}"""));
        Assert.Equal(
            (400, """{"code":"MissingIdentifier","message":"Path or function name not provided in path, e.g. /api/run/messages/list"}"""),
            await PostAsync(server, "/api/run/numbers", """{"args":{}}"""));
    }

    [Fact, Spec("client-protocol", 46, 51)]
    public async Task Any_function_is_run_for_admins_only()
    {
        await using var server = await ServerTestbed.StartAsync();
        const string Call = """{"path":"numbers:secret","args":{}}""";
        var (status, body) = await PostAsync(server, "/api/function", Call);
        Assert.Equal(403, status);
        Assert.StartsWith("""{"code":"BadDeployKey","message":"The provided deploy key was invalid for this deployment. Double check""", body, StringComparison.Ordinal);
        Assert.Equal(403, (await PostAsync(server, "/api/function", Call, "Convex tests|00")).Status);
        Assert.Equal((200, """{"status":"success","value":"hidden"}"""), await PostAsync(server, "/api/function", Call, $"Convex {ServerTestbed.AdminKey}"));
        Assert.Equal((200, """{"status":"success","value":"hidden"}"""), await PostAsync(server, "/api/query", Call, $"convex prod:{ServerTestbed.AdminKey}"));
    }

    [Fact, Spec("client-protocol", 45, 46)]
    public async Task Who_asks_is_told_by_the_authorization_header()
    {
        await using var server = await ServerTestbed.StartAsync();
        const string Call = """{"path":"numbers:whoami","args":{}}""";
        var actingAs = Convert.ToBase64String("""{"issuer":"https://id.example.com","subject":"u_17","name":"Ada"}"""u8);
        Assert.Equal((200, """{"status":"success","value":null}"""), await PostAsync(server, "/api/query", Call));
        Assert.Equal((200, """{"status":"success","value":null}"""), await PostAsync(server, "/api/query", Call, $"Convex {ServerTestbed.AdminKey}"));
        Assert.Equal(
            (200, """{"status":"success","value":{"issuer":"https://id.example.com","name":"Ada","subject":"u_17","tokenIdentifier":"https://id.example.com|u_17"}}"""),
            await PostAsync(server, "/api/query", Call, $"Convex {ServerTestbed.AdminKey}:{actingAs}"));
        Assert.Equal(
            (401, """{"code":"BadAdminKey","message":"The provided admin key was invalid for this instance"}"""), await PostAsync(server, "/api/query", Call, "Convex tests|0123"));
        Assert.Equal((400, """{"code":"InvalidAdminKey","message":"Invalid admin key"}"""), await PostAsync(server, "/api/query", Call, "Basic abcdef"));
        Assert.Equal((400, """{"code":"InvalidHeaderFailure","message":"Invalid authentication header"}"""), await PostAsync(server, "/api/query", Call, "Convex"));
        Assert.Equal(
            (400, """{"code":"HeaderParseFailure","message":"Malformed Authorization header."}"""), await PostAsync(server, "/api/query", Call, $"Convex {ServerTestbed.AdminKey}:bm90aGluZw=="));
        var (status, body) = await PostAsync(server, "/api/query", Call, "Bearer a.b.c");
        Assert.Equal(401, status);
        Assert.Contains("Could not parse JWT payload.", body, StringComparison.Ordinal);
    }

    [Theory, Spec("client-protocol", 52)]
    [InlineData("""{"path":"numbers:list","args":{}}""", null)]
    [InlineData("""{"path":"numbers:list","args":{}}""", "text/plain")]
    [InlineData("""{"path":"numbers:list","args":""", "application/json")]
    [InlineData("""{"path":5,"args":{}}""", "application/json")]
    [InlineData("""{"path":"numbers:list"}""", "application/json")]
    [InlineData("""[]""", "application/json")]
    public async Task A_body_that_is_not_json_is_refused(string body, string? contentType)
    {
        await using var server = await ServerTestbed.StartAsync();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (contentType is not null) content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        using var answer = await server.Http.PostAsync("/api/query", content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("BadJsonBody", JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_path_that_is_none_and_a_client_that_is_none_are_refused()
    {
        await using var server = await ServerTestbed.StartAsync();
        var (status, body) = await PostAsync(server, "/api/query", """{"path":"../x:list","args":{}}""");
        Assert.Equal(400, status);
        Assert.StartsWith("""{"code":"BadConvexFunctionIdentifier","message":"../x:list is not a valid path to a Convex function. """, body, StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/query") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Add("Convex-Client", "nonsense");
        using var answer = await server.Http.SendAsync(request, Token);
        Assert.Contains("InvalidClientVersion", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact, Spec("client-protocol", 54)]
    public async Task A_timestamp_that_was_handed_out_still_reads_the_old_snapshot()
    {
        await using var server = await ServerTestbed.StartAsync();
        using var empty = new ByteArrayContent([]);
        empty.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await server.Http.PostAsync("/api/query_ts", empty, Token);
        var timestamp = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("ts").GetString();
        await PostAsync(server, "/api/mutation", """{"path":"numbers:add","args":{"table":"a","n":1}}""");

        var (_, old) = await PostAsync(server, "/api/query_at_ts", $$"""{"path":"numbers:list","args":{"table":"a"},"ts":"{{timestamp}}"}""");
        Assert.Equal("[]", JsonDocument.Parse(old).RootElement.GetProperty("value").GetRawText());
        Assert.Equal(503, (await PostAsync(server, "/api/query_at_ts", """{"path":"numbers:list","args":{"table":"a"},"ts":"AQAAAAAAAAA="}""")).Status);
        Assert.Equal(400, (await PostAsync(server, "/api/query_at_ts", """{"path":"numbers:list","args":{"table":"a"},"ts":"x"}""")).Status);
    }

    [Fact]
    public async Task A_batch_is_answered_in_its_order()
    {
        await using var server = await ServerTestbed.StartAsync();
        var (status, body) = await PostAsync(server, "/api/query_batch", """{"queries":[{"path":"numbers:list","args":{"table":"a"}},{"path":"numbers:gone","args":{}}]}""");
        Assert.Equal(200, status);
        Assert.Equal(["success", "error"], JsonDocument.Parse(body).RootElement.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetString()));
        Assert.Equal(400, (await PostAsync(server, "/api/query_batch", """{"queries":[{"path":"numbers:list","args":{"table":"a"}},{"path":"a b","args":{}}]}""")).Status);

        var many = string.Join(',', Enumerable.Repeat("""{"path":"numbers:gone","args":{}}""", 1_001));
        Assert.Contains("TooManyQueries", (await PostAsync(server, "/api/query_batch", $$"""{"queries":[{{many}}]}""")).Body.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_beyond_the_bound_is_refused()
    {
        await using var server = await ServerTestbed.StartAsync();
        var (status, body) = await PostAsync(server, "/api/query", $$"""{"args":{"table":"{{new string('x', 17 << 20)}}"},"path":"numbers:list"}""");
        Assert.Equal(400, status);
        Assert.Contains("BodyTooLarge", body, StringComparison.Ordinal);
    }

    internal static async Task<(int Status, string Body)> PostAsync(ServerTestbed server, string route, string body, string? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, route) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.ExpectContinue = body.Length > 1 << 20; // One that is refused for its size need not be sent.
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await server.Http.SendAsync(request, Token);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }
}
