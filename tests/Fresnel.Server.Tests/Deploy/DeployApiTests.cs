using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Logs;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Server.Tests.Deploy;

public sealed class DeployApiTests
{
    private const string EmptyPush = """{"dryRun":false,"functions":"convex/","appDefinition":{"definition":null,"dependencies":[],"schema":null,"changedModules":[],"unchangedModuleHashes":[],"udfServerVersion":"1.48.0"},"componentDefinitions":[],"nodeDependencies":[],"forCodegen":false}""";

    [Fact]
    [Spec("deploy-api", 4)]
    public async Task A_push_is_taken_compressed_and_as_it_is()
    {
        await using var server = await DeployServer.StartAsync();
        var plain = Encoding.UTF8.GetBytes(EmptyPush);

        foreach (var path in (string[])["/api/deploy2/evaluate_schema", "/api/deploy2/evaluate_push", "/api/deploy2/start_push"])
        {
            Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, path, plain, null, DeployServer.AdminKey)).Status);
            Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, path, Compress(plain), "br", DeployServer.AdminKey)).Status);
        }

        var started = (await server.PostAsync("/api/deploy2/start_push", EmptyPush)).Body;
        var finish = Encoding.UTF8.GetBytes($"{{\"startPush\":{started},\"dryRun\":false,\"message\":null}}");
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, "/api/deploy2/finish_push", finish, null, DeployServer.AdminKey)).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, "/api/deploy2/finish_push", Compress(finish), "br", DeployServer.AdminKey)).Status);
    }

    [Theory]
    [Spec("deploy-api", 5)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"appDefinition\":7}")]
    [InlineData("{}")]
    [InlineData("{\"appDefinition\":{\"changedModules\":[{\"path\":null}],\"udfServerVersion\":\"1\"}}")]
    public async Task A_body_that_is_no_push_is_the_callers_mistake(string body)
    {
        await using var server = await DeployServer.StartAsync();

        Assert.Equal((400, "InvalidConfig"), (await server.PostAsync("/api/deploy2/start_push", body)).Error);
        Assert.Equal((400, "InvalidConfig"), (await server.SendAsync(HttpMethod.Post, "/api/deploy2/start_push", Encoding.UTF8.GetBytes(body.PadRight(8)), "br", DeployServer.AdminKey)).Error);
        Assert.Equal((400, "InvalidConfig"), (await server.PostAsync("/api/deploy2/finish_push", body)).Error);
    }

    [Fact]
    public async Task What_a_push_may_leave_out_it_may_leave_out()
    {
        await using var server = await DeployServer.StartAsync();

        var answer = await server.PostAsync("/api/deploy2/start_push", """{"appDefinition":{"changedModules":[],"udfServerVersion":"1.48.0"}}""");

        Assert.True(answer.Status == 200, answer.Body);
    }

    [Fact]
    public async Task A_small_body_that_grows_beyond_the_bound_is_refused()
    {
        await using var server = await DeployServer.StartAsync();
        var bomb = Compress(Encoding.UTF8.GetBytes($"\"{new string('a', 201_000_000)}\""));

        var answer = await server.SendAsync(HttpMethod.Post, "/api/deploy2/start_push", bomb, "br", DeployServer.AdminKey);

        Assert.True(bomb.Length < 1_000_000);
        Assert.Equal((400, "BodyTooLarge"), (await server.SendAsync(HttpMethod.Post, "/api/deploy2/start_push", new byte[1 << 21], null, null)).Error);
        Assert.Equal((400, "BodyTooLarge"), answer.Error);
    }

    [Fact]
    [Spec("deploy-api", 2, 51)]
    public async Task A_key_may_be_in_the_header_or_in_the_body_but_must_be_one()
    {
        await using var server = await DeployServer.StartAsync();
        var body = Encoding.UTF8.GetBytes($$"""{"version":"1.48.0","adminKey":"{{DeployServer.AdminKey}}"}""");
        var wrong = DeployServer.AdminKey.Replace("tests|", "other|", StringComparison.Ordinal);

        Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, "/api/get_config_hashes", body, null, null)).Status);
        Assert.Equal(200, (await server.PostAsync("/api/get_config_hashes", "{}", "dev:" + DeployServer.AdminKey)).Status);
        Assert.Equal((403, "BadDeployKey"), (await server.SendAsync(HttpMethod.Post, "/api/get_config_hashes", "{}"u8.ToArray(), null, null)).Error);
        Assert.Equal((403, "BadDeployKey"), (await server.PostAsync("/api/get_config_hashes", "{}", wrong)).Error);
        Assert.Equal((403, "BadDeployKey"), (await server.PostAsync("/api/deploy2/start_push", EmptyPush, wrong)).Error);
        Assert.Equal((403, "BadDeployKey"), (await server.GetAsync("/api/check_admin_key", wrong)).Error);
        Assert.True((await server.GetAsync("/api/check_admin_key")).Json.GetProperty("success").GetBoolean());
        Assert.Equal((403, "BadDeployKey"), (await server.GetAsync("/api/stream_function_logs?cursor=0", wrong)).Error);
        Assert.Equal((403, "BadDeployKey"), (await server.PostAsync("/api/update_environment_variables", """{"changes":[]}""", wrong)).Error);
    }

    [Fact]
    public async Task Before_the_first_push_the_hashes_are_those_that_the_CLI_expects()
    {
        await using var server = await DeployServer.StartAsync();

        var answer = (await server.PostAsync("/api/get_config_hashes", "{}")).Json;

        Assert.Equal("""{"config":{"functions":"convex/","authInfo":[]},"moduleHashes":[],"udfServerVersion":null,"nodeDependencies":[]}""", answer.GetRawText());
    }

    [Fact]
    public async Task The_captured_push_is_refused_for_what_is_not_built_yet()
    {
        await using var server = await DeployServer.StartAsync();

        var answer = await server.SendAsync(HttpMethod.Post, "/api/deploy2/start_push", File.ReadAllBytes(Captures.PathOf("deploy-05-start_push.request.body.json.br")), "br", DeployServer.AdminKey);

        Assert.Equal((400, "NotBuiltYet"), answer.Error);
        Assert.Contains("rate-limiter", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Spec("deploy-api", 9, 13, 15)]
    public async Task What_is_built_of_the_captured_push_is_answered_as_captured()
    {
        await using var server = await DeployServer.StartAsync();
        await server.PostAsync("/api/update_environment_variables", """{"changes":[{"name":"AUTH_DOMAIN","value":"https://issuer.example"}]}""");
        var push = JsonNode.Parse(Captures.StartPushBody)!;
        var app = push["appDefinition"]!.AsObject();
        push["componentDefinitions"] = new JsonArray();
        app["dependencies"] = new JsonArray();
        app["definition"] = null;
        app["schema"] = null;

        var started = await server.PostAsync("/api/deploy2/start_push", push.ToJsonString());
        Assert.True(started.Status == 200, started.Body);
        var finished = await server.PostAsync("/api/deploy2/finish_push", $"{{\"startPush\":{started.Body},\"dryRun\":false,\"message\":null}}");
        Assert.True(finished.Status == 200, finished.Body);

        var captured = Captures.Read("deploy-05-start_push.response").GetProperty("body");
        var expected = captured.GetProperty("analysis").GetProperty("").GetProperty("functions").EnumerateObject();
        var actual = started.Json.GetProperty("analysis").GetProperty("").GetProperty("functions");
        foreach (var module in expected) Assert.Equal(Told(module.Value), Told(actual.GetProperty(module.Name)));
        Assert.Equal(captured.GetProperty("appAuth").EnumerateArray().Select(Sorted), started.Json.GetProperty("appAuth").EnumerateArray().Select(Sorted));

        var hashes = (await server.PostAsync("/api/get_config_hashes", "{}")).Json.GetProperty("moduleHashes").EnumerateArray().Select(Sorted).Order(StringComparer.Ordinal);
        var capturedHashes = Captures.Read("deploy-08-get_config_hashes.second-push").GetProperty("response").GetProperty("body").GetProperty("moduleHashes");
        Assert.Equal(capturedHashes.EnumerateArray().Select(Sorted).Order(StringComparer.Ordinal), hashes);
        var added = finished.Json.GetProperty("componentDiffs").GetProperty("").GetProperty("moduleDiff").GetProperty("added").EnumerateArray().Select(path => path.GetString());
        Assert.Equal(["auth.config.js", "crons.js", "http.js", "lib/shared.js", "limits.js", "messages.js", "nodeStuff.js", "other.js"], added);
    }

    [Fact]
    [Spec("deploy-api", 11)]
    public async Task A_hash_that_is_not_deployed_is_a_conflict_that_changes_nothing()
    {
        await using var server = await DeployServer.StartAsync();
        var push = EmptyPush.Replace("\"unchangedModuleHashes\":[]", "\"unchangedModuleHashes\":[{\"path\":\"a.js\",\"environment\":\"isolate\",\"sha256\":\"00\"}]", StringComparison.Ordinal);

        Assert.Equal((409, "MissingExistingModule"), (await server.PostAsync("/api/deploy2/start_push", push)).Error);
    }

    [Fact]
    [Spec("deploy-api", 18)]
    public async Task The_auth_config_is_asked_again_when_a_variable_changes()
    {
        await using var server = await DeployServer.StartAsync();
        const string Config = """{"path":"auth.config.js","environment":"isolate","source":"export default {providers:[{domain:process.env.AUTH_DOMAIN,applicationID:'app'}]};"}""";
        var push = EmptyPush.Replace("\"changedModules\":[]", $"\"changedModules\":[{Config}]", StringComparison.Ordinal);

        var missing = await server.PostAsync("/api/deploy2/start_push", push);
        Assert.Equal((400, "AuthConfigMissingEnvironmentVariable"), missing.Error);
        Assert.Contains("Environment variable AUTH_DOMAIN is used in auth config file but its value was not set", missing.Body, StringComparison.Ordinal);

        await server.PostAsync("/api/update_environment_variables", """{"changes":[{"name":"AUTH_DOMAIN","value":"https://one.example"}]}""");
        var started = await server.PostAsync("/api/deploy2/start_push", push);
        await server.PostAsync("/api/deploy2/finish_push", $"{{\"startPush\":{started.Body}}}");
        Assert.Equal((400, "AuthConfigMissingEnvironmentVariable"), (await server.PostAsync("/api/update_environment_variables", """{"changes":[{"name":"AUTH_DOMAIN"}]}""")).Error);
        Assert.Equal("""{"environmentVariables":{"AUTH_DOMAIN":"https://one.example"}}""", (await server.GetAsync("/api/v1/list_environment_variables")).Body);

        await server.PostAsync("/api/update_environment_variables", """{"changes":[{"name":"AUTH_DOMAIN","value":"https://two.example"}]}""");
        var again = (await server.PostAsync("/api/deploy2/start_push", push)).Body;
        var diff = (await server.PostAsync("/api/deploy2/finish_push", $"{{\"startPush\":{again}}}")).Json.GetProperty("authDiff");
        Assert.Equal(0, diff.GetProperty("added").GetArrayLength());
    }

    [Theory]
    [Spec("deploy-api", 37)]
    [InlineData("1X", "v", "EnvironmentVariableNameInvalid")]
    [InlineData("A-B", "v", "EnvironmentVariableNameInvalid")]
    [InlineData("CONVEX_SITE_URL", "v", "EnvVarNameForbidden")]
    public async Task A_variable_that_may_not_be_is_refused_and_so_is_all_that_came_with_it(string name, string value, string code)
    {
        await using var server = await DeployServer.StartAsync();

        Assert.Equal((400, code), (await server.PostAsync("/api/v1/update_environment_variables", $$"""{"changes":[{"name":"GOOD","value":"1"},{"name":"{{name}}","value":"{{value}}"}]}""")).Error);
        Assert.Equal("""{"environmentVariables":{}}""", (await server.GetAsync("/api/v1/list_environment_variables")).Body);
    }

    [Fact]
    [Spec("deploy-api", 38)]
    public async Task Variables_are_set_and_removed_also_those_that_are_not_there()
    {
        await using var server = await DeployServer.StartAsync();

        await server.PostAsync("/api/update_environment_variables", """{"changes":[{"name":"B","value":"2"},{"name":"A","value":"1"}]}""");
        Assert.Equal("""{"environmentVariables":{"A":"1","B":"2"}}""", (await server.GetAsync("/api/v1/list_environment_variables")).Body);
        Assert.Equal(200, (await server.PostAsync("/api/update_environment_variables", """{"changes":[{"name":"B","value":null},{"name":"C"}]}""")).Status);
        Assert.Equal("""{"environmentVariables":{"A":"1"}}""", (await server.GetAsync("/api/v1/list_environment_variables")).Body);
    }

    [Fact]
    public async Task Where_a_deployment_is_reached_can_be_said_and_taken_back()
    {
        await using var server = await DeployServer.StartAsync();
        var own = server.Address.GetLeftPart(UriPartial.Authority);

        Assert.Equal(own, (await server.GetAsync("/api/v1/get_canonical_urls")).Json.GetProperty("convexCloudUrl").GetString());
        Assert.Equal(200, (await server.PostAsync("/api/v1/update_canonical_url", """{"requestDestination":"convexCloud","url":"https://api.example/"}""")).Status);
        Assert.Equal("https://api.example", (await server.GetAsync("/api/v1/get_canonical_urls")).Json.GetProperty("convexCloudUrl").GetString());
        Assert.Equal(200, (await server.PostAsync("/api/v1/update_canonical_url", """{"requestDestination":"convexCloud"}""")).Status);
        Assert.Equal(own, (await server.GetAsync("/api/v1/get_canonical_urls")).Json.GetProperty("convexCloudUrl").GetString());
        Assert.Equal((400, "InvalidCanonicalUrl"), (await server.PostAsync("/api/v1/update_canonical_url", """{"requestDestination":"convexSite","url":"nonsense"}""")).Error);
    }

    [Fact]
    [Spec("deploy-api", 40)]
    public async Task The_log_is_read_from_a_cursor_and_a_poll_is_held_until_there_is_more()
    {
        await using var server = await DeployServer.StartAsync();
        var poll = server.GetAsync("/api/stream_function_logs?cursor=0");
        server.Deployment.Logs.Add(Entry("messages:list"));

        var first = (await poll).Json;
        var entry = Assert.Single(first.GetProperty("entries").EnumerateArray().ToArray());
        Assert.Equal("messages:list", entry.GetProperty("identifier").GetString());
        Assert.Equal("'hello'", entry.GetProperty("logLines")[0].GetProperty("messages")[0].GetString());

        var second = server.GetAsync($"/api/stream_function_logs?cursor={first.GetProperty("newCursor").GetRawText()}");
        server.Deployment.Logs.Add(Entry("messages:send"));
        Assert.Equal("messages:send", Assert.Single((await second).Json.GetProperty("entries").EnumerateArray().ToArray()).GetProperty("identifier").GetString());
        Assert.Equal((400, "InvalidCursor"), (await server.GetAsync("/api/stream_function_logs?cursor=x")).Error);
    }

    [Fact]
    public async Task Reports_of_the_CLI_are_taken_and_forgotten()
    {
        await using var server = await DeployServer.StartAsync();

        Assert.Equal("null", (await server.PostAsync("/api/deploy2/report_push_completed", """{"spans":[{"traceId":"x"}]}""")).Body);
    }

    private static FunctionLogEntry Entry(string identifier) => new()
    {
        Kind = FunctionLogEntryKind.Completion,
        FunctionKind = FunctionKind.Query,
        Component = "",
        Identifier = identifier,
        RequestId = "0123456789abcdef",
        ExecutionId = "1",
        Caller = FunctionCaller.HttpApi,
        LogLines = [new LogLine("LOG", ["'hello'"], false, 1)],
    };

    private static byte[] Compress(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var brotli = new BrotliStream(output, CompressionLevel.Fastest)) brotli.Write(bytes);
        return output.ToArray();
    }

    /// <summary>What a module's analysis says, places and the order of functions aside.</summary>
    private static string Told(JsonElement module)
    {
        var functions = module.GetProperty("functions").EnumerateArray()
            .Select(function => $"{function.GetProperty("name")} {function.GetProperty("udfType")} {function.GetProperty("visibility").GetProperty("kind")} {function.GetProperty("args")} {function.GetProperty("returns")}")
            .Order(StringComparer.Ordinal);
        var routes = module.GetProperty("httpRoutes") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(route => $"{route.GetProperty("route").GetProperty("method")} {route.GetProperty("route").GetProperty("path")}")
            : [];
        return string.Join('\n', functions.Concat(routes));
    }

    private static string Sorted(JsonElement json) => string.Join(',', json.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => $"{member.Name}={member.Value}"));
}
