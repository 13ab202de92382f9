using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary>Syscalls that no library would make: user code may call the host itself. Whatever it says, it is answered or told what is wrong, and the engine is none the worse.</summary>
public sealed partial class HandmadeSyscallTests(ITestOutputHelper output)
{
    private const string Query = """{"source":{"type":"IndexRange","indexName":"tasks.by_n","range":[{"type":"Eq","fieldPath":"n","value":1}],"order":"asc"},"operators":[{"filter":{"$and":[{"$eq":[{"$field":"n"},{"$literal":1}]}]}},{"limit":2}]}""";

    /// <summary>What stands in the place of each part of a syscall, as JSON text.</summary>
    private static readonly string[] Oddities =
    [
        "null", "true", "false", "0", "-1", "0.5", "-0.0", "1e308", "1e400", "2147483648", "9007199254740993", "123456789012345678901234567890", "\"\"", "\"garbage\"", "\"a:b:c\"", "\"_jobs\"", "\"by_id\"",
        "\"\\ud800\"", "\"\\u0000\"", $"\"{new string('x', 70_000)}\"", "[]", "[[]]", "[null,{}]", "{}", """{"$integer":"AA"}""", """{"$integer":"AQAAAAAAAAA="}""", """{"$float":"AAAAAAAA8H8="}""", """{"$bytes":"?"}""",
        """{"$undefined":null}""", """{"$commitTs":null}""", """{"$x":1}""", """{"$var":"now"}""", """{"a":{"$undefined":null}}""", """{"a":{"$commitTs":null}}""", """{"\ud800":1}""", """{"é":1}""", """{"_id":"x"}""",
        """{"a":1,"a":2}""", Nested(60), Nested(300), $"[{string.Join(',', Enumerable.Repeat('0', 10_001))}]",
    ];

    [Theory]
    [InlineData("query")]
    [InlineData("mutation")]
    [InlineData("action")]
    public async Task Each_is_answered_or_told_what_is_wrong(string kind)
    {
        var codes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var faults = new List<string>();
        var calls = 0;
        async Task<string> RunAsync(FakeCall call)
        {
            var argument = JsonNode.Parse(call.Argument)!;
            var operation = argument["operation"]!.GetValue<string>();
            var given = JsonNode.Parse(argument["given"]!.GetValue<string>())!;
            foreach (var text in Variations(given))
            {
                calls++;
                try
                {
                    using var answer = JsonDocument.Parse(await (operation == "1.0/queryStream" ? OpenAndReadAsync(call, text, calls) : call.Syscall(operation, text)));
                }
                catch (DeveloperException error) when (error.Code.Length > 0 && error.Message.Length > 0 && (error.Code != "InvalidArgument" || Pattern().IsMatch(error.Message)))
                {
                    codes.TryAdd(error.Code, $"{operation} {Shortened(text)}: {Shortened(error.Message)}");
                }
                catch (Exception fault)
                {
                    faults.Add($"{operation} {Shortened(text)}: {fault.GetType().Name} {Shortened(fault.ToString())}");
                }
            }

            return "null";
        }

        await using var test = await StartAsync(new FakeFunctions()
            .Query("hand:query", RunAsync).Mutation("hand:mutation", RunAsync).Action("hand:action", RunAsync)
            .Query("calm:query", call => call.Collect("tasks"))
            .Mutation("calm:mutation", call => call.Syscall("1.0/insert", """{"table":"tasks","value":{"n":1}}"""))
            .Action("calm:action", _ => Task.FromResult("1")));
        await test.CreateTableAsync("tasks", "by_n", "n");
        var id = JsonNode.Parse(ValueOf(await test.MutateAsync("calm:mutation")))!["_id"]!.GetValue<string>();
        foreach (var (operation, given) in Operations(id))
        {
            var argument = new JsonObject { ["operation"] = operation, ["given"] = given }.ToJsonString();
            var outcome = await test.Invoker.RunAsync(Call($"hand:{kind}", argument), Cancellation);
            if (outcome.Error is { } error) faults.Add($"{operation}: the function ended with {error.FullText}");
        }

        foreach (var (code, example) in codes) output.WriteLine($"{code}: {example}");
        output.WriteLine($"{calls} syscalls");
        Assert.Empty(faults.Take(20));
        ValueOf(await test.MutateAsync("calm:mutation"));
        Assert.Contains(id, ValueOf(await test.QueryAsync("calm:query")), StringComparison.Ordinal);
    }

    /// <summary>As a worker opens a query: without an answer, and with what is wrong told at the first document.</summary>
    private static async Task<string> OpenAndReadAsync(FakeCall call, string text, int id)
    {
        await call.Syscall("1.0/getUserIdentity", "{}");
        call.Invocation.Scope.OpenQuery(id, Encoding.UTF8.GetBytes(text));
        try
        {
            return await call.Syscall("1.0/queryStreamNext", $$"""{"queryId":{{id}}}""");
        }
        finally
        {
            call.Invocation.Scope.CloseQuery(id);
        }
    }

    /// <summary><c>spec/function-runtime.md</c> §3.1.</summary>
    [GeneratedRegex("^Invalid argument `[^`]+` for `[^`]+`: .|^Invalid arguments for `[^`]*`: .|^Invalid scheduled function ID")]
    private static partial Regex Pattern();

    private static (string Operation, string Given)[] Operations(string id) =>
        [
            ("1.0/get", $$"""{"id":"{{id}}","isSystem":false,"table":"tasks","version":"1.48.0"}"""),
            ("1.0/insert", """{"table":"tasks","value":{"n":1}}"""),
            ("1.0/shallowMerge", $$"""{"id":"{{id}}","value":{"n":2},"table":"tasks"}"""),
            ("1.0/replace", $$"""{"id":"{{id}}","value":{"n":3},"table":"tasks"}"""),
            ("1.0/remove", $$"""{"id":"{{id[..^1]}}{{(id[^1] == '0' ? '1' : '0')}}","table":"tasks"}"""),
            ("1.0/queryStream", $$"""{"query":{{Query}},"version":"1.48.0"}"""),
            ("1.0/queryStreamNext", """{"queryId":0}"""),
            ("1.0/queryCleanup", """{"queryId":0}"""),
            ("1.0/queryPage", $$"""{"query":{{Query}},"cursor":null,"endCursor":null,"pageSize":2,"maximumRowsRead":null,"maximumBytesRead":9,"version":"1.48.0"}"""),
            ("1.0/count", """{"table":"tasks"}"""),
            ("1.0/db/normalizeId", $$"""{"table":"tasks","idString":"{{id}}"}"""),
            ("1.0/runUdf", """{"udfType":"query","name":"calm:query","args":{"a":1},"transactionLimits":{"documentsRead":9,"bytesRead":9}}"""),
            ("1.0/actions/query", """{"name":"calm:query","args":{},"version":"1.48.0","requestId":"r"}"""),
            ("1.0/actions/mutation", """{"reference":"_reference/function/calm:mutation","args":{},"requestId":"r"}"""),
            ("1.0/actions/action", """{"name":"calm:action","args":{},"requestId":"r"}"""),
            ("1.0/schedule", """{"name":"calm:action","ts":4102444800,"args":{},"version":"1.48.0"}"""),
            ("1.0/actions/schedule", """{"name":"calm:action","ts":4102444800,"args":{},"requestId":"r"}"""),
            ("1.0/cancel_job", $$"""{"id":"{{id}}"}"""),
            ("1.0/actions/cancel_job", $$"""{"id":"{{id}}","requestId":"r"}"""),
            ("1.0/getUserIdentity", """{"requestId":""}"""),
            ("1.0/signJwt", """{"requestId":"","version":"1.48.0","claims":{"room":"a"},"expiresInSeconds":60}"""),
            ("1.0/createFunctionHandle", """{"functionHandle":"function://x#y","name":"calm:query","reference":"_reference/childComponent/a/b"}"""),
            ("1.0/getFunctionMetadata", "{}"),
            ("1.0/getDeploymentMetadata", "{}"),
            ("1.0/getRequestMetadata", "{}"),
            ("1.0/getTransactionMetrics", "{}"),
            ("1.0/getSnapshotTs", "{}"),
            ("1.0/auditLog", """{"body":{"a":{"$var":"now"},"b":[1]},"version":"1.48.0"}"""),
            ("1.0/createServiceToken", """{"service":"ai-gateway"}"""),
            ("1.0/getServiceUrl", """{"service":"ai-gateway"}"""),
            ("1.0/storageGetUrl", """{"storageId":"x"}"""),
            ("1.0/nothing", "{}"),
            ("", "{}"),
        ];

    /// <summary>The arguments with each part, at any depth, left out or replaced, and with a part too many; and what is no object at all.</summary>
    private static IEnumerable<string> Variations(JsonNode given)
    {
        yield return given.ToJsonString();
        foreach (var text in (string[])["", " ", "{", "{}{}", "nul", "[1,", "\u0000", "{\"a\":}"]) yield return text;
        foreach (var oddity in Oddities)
        {
            yield return oddity;
            yield return WithExtra(given, oddity);
            foreach (var path in Paths(given, "")) yield return Changed(given, path, oddity);
        }

        foreach (var path in Paths(given, "")) yield return Changed(given, path, null);
    }

    private static string WithExtra(JsonNode given, string oddity) => $"{given.ToJsonString()[..^1]}{(given.AsObject().Count > 0 ? "," : "")}\"extra\":{oddity}}}";

    private static IEnumerable<string> Paths(JsonNode? node, string path) => node switch
    {
        JsonObject members => members.SelectMany(member => Paths(member.Value, $"{path}/{member.Key}").Append($"{path}/{member.Key}")),
        JsonArray elements => elements.SelectMany((element, at) => Paths(element, $"{path}/{at}").Append($"{path}/{at}")),
        _ => [],
    };

    /// <summary>The text with what is at the path replaced; left out when there is nothing to replace it by.</summary>
    private static string Changed(JsonNode given, string path, string? by)
    {
        const string Mark = "\"@@@\"";
        var copy = given.DeepClone();
        var keys = path[1..].Split('/');
        var parent = keys[..^1].Aggregate(copy, (node, key) => node is JsonArray array ? array[int.Parse(key, System.Globalization.CultureInfo.InvariantCulture)]! : node[key]!);
        if (parent is JsonArray elements) elements[int.Parse(keys[^1], System.Globalization.CultureInfo.InvariantCulture)] = by is null ? null : "@@@";
        else if (by is null) parent.AsObject().Remove(keys[^1]);
        else parent[keys[^1]] = "@@@";
        return by is null ? copy.ToJsonString() : copy.ToJsonString().Replace(Mark, by, StringComparison.Ordinal);
    }

    private static string Nested(int levels) => new StringBuilder().Insert(0, "[", levels).Append(']', levels).ToString();

    private static string Shortened(string text) => text.Length > 300 ? text[..300] + "…" : text;
}
