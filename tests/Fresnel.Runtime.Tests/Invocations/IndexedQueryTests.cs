using System.Text.Json;
using System.Text.Json.Nodes;
using Fresnel.Engine;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary>Indexes and filters as a function uses them.</summary>
public sealed class IndexedQueryTests
{
    private static readonly JsonElement Filters = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.PathOf("tests/vectors/filters.json"))).RootElement;

    [Fact, Spec("data-model", 20)]
    public Task Undefined_finds_a_missing_field_and_null_does_not() => InMutationAsync(
        async call =>
        {
            await call.Insert("tasks", """{"name":"missing"}""");
            await call.Insert("tasks", """{"name":"null","f":null}""");
            Assert.Equal("missing", await NamesAsync(call, "by_f", """[{"type":"Eq","fieldPath":"f","value":{"$undefined":null}}]"""));
            Assert.Equal("null", await NamesAsync(call, "by_f", """[{"type":"Eq","fieldPath":"f","value":null}]"""));
        },
        prepare: test => test.CreateTableAsync("tasks", "by_f", "f"));

    /// <summary>Mutations that began at one moment give one creation time; ids decide then.</summary>
    [Fact, Spec("data-model", 21)]
    public async Task Equal_fields_are_ordered_by_creation_and_then_by_id()
    {
        await using var test = await StartAsync(new FakeFunctions().Query("tasks:list", call => call.Collect("tasks", "by_f", call.Argument)));
        await test.CreateTableAsync("tasks", "by_f", "f");
        var database = test.Deployment.Database;
        var together = Enumerable.Range(0, 6).Select(_ => database.BeginWrite()).ToList();
        var ids = new List<string>();
        foreach (var transaction in together)
            ids.Add((await transaction.InsertAsync(transaction.FindTable("", "tasks")!, ValueObject.Create(("f", "same")), Cancellation)).Id.ToString());
        foreach (var transaction in together) await (await database.SubmitAsync(transaction, Cancellation)).Published.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        test.Time.Advance(TimeSpan.FromSeconds(1));
        var (later, _) = await database.CommitAsync(
            async (transaction, token) => (await transaction.InsertAsync(transaction.FindTable("", "tasks")!, ValueObject.Create(("f", "same")), token)).Id, Cancellation);

        var found = JsonNode.Parse(ValueOf(await test.QueryAsync("tasks:list", "[[]]")))!.AsArray();
        Assert.Equal(2, found.Select(task => task!["_creationTime"]!.GetValue<double>()).Distinct().Count());
        Assert.Equal([.. ids.Order(StringComparer.Ordinal), later.ToString()], found.Select(task => task!["_id"]!.GetValue<string>()));
    }

    [Fact, Spec("data-model", 23)]
    public Task An_id_that_is_garbage_finds_nothing() => InMutationAsync(async call =>
    {
        var id = await call.Insert("tasks", """{"name":"a"}""");
        Assert.Equal("", await NamesAsync(call, "by_id", """[{"type":"Eq","fieldPath":"_id","value":"garbage"}]"""));
        Assert.Equal("", await NamesAsync(call, "by_id", """[{"type":"Eq","fieldPath":"_id","value":7}]"""));
        Assert.Equal("a", await NamesAsync(call, "by_id", $$"""[{"type":"Eq","fieldPath":"_id","value":"{{id}}"}]"""));
    });

    [Fact, Spec("data-model", 24)]
    public Task A_field_that_is_skipped_is_named() => InMutationAsync(
        async call => Assert.Equal(
            "InvalidIndexRange: Tried to query index tasks.by_a_b but the query didn't use the index fields in order.\nIndex fields: [\"a\", \"b\", \"_creationTime\"]\nQuery fields: [\"b\"]\nFirst incorrect field: \"b\"\nFor more information see https://docs.convex.dev/using/indexes.",
            await RefusalAsync(() => call.Collect("tasks", "by_a_b", """[{"type":"Eq","fieldPath":"b","value":1}]"""))),
        prepare: test => test.CreateTableAsync("tasks", "by_a_b", "a", "b"));

    /// <summary>Every listed filter, over the listed document, as <c>db.query(…).filter(…)</c> runs it.</summary>
    [Fact, Spec("data-model", 22)]
    public Task Filters_say_or_fail_as_listed() => InMutationAsync(async call =>
    {
        await call.Insert("tasks", Filters.GetProperty("doc").GetRawText());
        var cases = Filters.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(27, cases.Count);
        foreach (var item in cases)
        {
            Task<string> Run() => call.Collect("tasks", operators: $$"""[{"filter":{{item.GetProperty("expr").GetRawText()}}}]""");
            if (item.TryGetProperty("error", out var error)) Assert.Equal($"EvalError: {error.GetString()}", await RefusalAsync(Run));
            else Assert.Equal(item.GetProperty("result").GetBoolean() ? 1 : 0, JsonNode.Parse(await Run())!.AsArray().Count);
        }
    });

    /// <summary>Documents of an index with as many fields as there may be.</summary>
    [Fact]
    public async Task An_index_of_fifteen_fields_and_the_creation_time_is_used_whole()
    {
        string[] fields = [.. Enumerable.Range(0, 15).Select(i => $"f{i:d2}")];
        await InMutationAsync(
            async call =>
            {
                for (var last = 0; last < 3; last++) await call.Insert("tasks", $$"""{"name":"{{last}}",{{string.Join(',', fields.Select(field => $"\"{field}\":{(field == fields[^1] ? last : 1)}"))}}}""");
                var all = string.Join(',', fields[..^1].Select(field => $$"""{"type":"Eq","fieldPath":"{{field}}","value":1}"""));
                Assert.Equal("1 2", await NamesAsync(call, "by_all", $$"""[{{all}},{"type":"Gte","fieldPath":"f14","value":1}]"""));
                Assert.Equal("1", await NamesAsync(call, "by_all", $$"""[{{all}},{"type":"Eq","fieldPath":"f14","value":1},{"type":"Gt","fieldPath":"_creationTime","value":0}]"""));
            },
            prepare: test => test.CreateTableAsync("tasks", "by_all", fields));
    }

    private static async Task<string> NamesAsync(FakeCall call, string index, string range) =>
        string.Join(' ', JsonNode.Parse(await call.Collect("tasks", index, range))!.AsArray().Select(task => task!["name"]!.GetValue<string>()));
}
