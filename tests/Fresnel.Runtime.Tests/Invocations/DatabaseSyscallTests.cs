using System.Text.Json.Nodes;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class DatabaseSyscallTests
{
    private const string UnknownTable = "zzzzzzrfzzzzzzzzzzzzzzzzzzzzzzzzzzxjj";

    [Fact, Spec("function-runtime", 12), Spec("data-model", 6)]
    public async Task An_id_of_no_table_is_found_empty_and_garbage_is_refused() => await InMutationAsync(async call =>
    {
        Assert.Equal("null", await call.Get(UnknownTable));
        Assert.Equal("Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 7", await Refusal(() => call.Get("garbage")));
        Assert.Equal(
            "Invalid argument `id` for `db.get`: Unable to decode ID: ID wasn't valid base32", await Refusal(() => call.Get(new string('!', 32))));
        Assert.Equal(
            $"Invalid argument `id` for `db.patch`: Table for ID \"{UnknownTable}\" not found",
            await Refusal(() => call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{UnknownTable}}}","value":{}}""")));
    });

    [Fact, Spec("function-runtime", 13), Spec("data-model", 7)]
    public async Task An_id_of_another_table_is_refused() => await InMutationAsync(async call =>
    {
        var task = await call.Insert("tasks", "{}");
        await call.Insert("users", "{}");
        Assert.Equal(
            "Invalid argument `id` for `db.get`: expected to be an Id<\"users\">, got Id<\"tasks\"> instead.",
            await Refusal(() => call.Syscall("1.0/get", $$"""{"id":"{{task}}","isSystem":false,"version":"1.48.0","table":"users"}""")));
        Assert.Equal(
            "Invalid argument `id` for `db.delete`: expected to be an Id<\"users\">, got Id<\"tasks\"> instead.",
            await Refusal(() => call.Syscall("1.0/remove", $$"""{"id":"{{task}}","table":"users"}""")));
    });

    [Fact, Spec("function-runtime", 14), Spec("data-model", 15)]
    public async Task System_tables_are_read_through_their_own_door() => await InMutationAsync(async call =>
    {
        var job = await call.Schedule("test:run", call.Invocation.StartMilliseconds + 1e9);
        var task = await call.Insert("tasks", "{}");
        Assert.Contains("\"name\":\"test.js:run\"", await call.GetSystem(job), StringComparison.Ordinal);
        Assert.Contains("\"name\":\"test.js:run\"", await call.Collect("_scheduled_functions"), StringComparison.Ordinal);
        Assert.Equal("System tables can only be accessed with db.system.", await Refusal(() => call.Get(job)));
        Assert.Equal("User tables cannot be accessed with db.system.", await Refusal(() => call.GetSystem(task)));
        Assert.Equal("System tables can only be accessed with db.system.", await Refusal(() => call.Syscall("1.0/remove", $$"""{"id":"{{job}}"}""")));
        Assert.Equal("_storage is a read-only table", await Refusal(() => call.Insert("_storage", "{}")));
        Assert.Equal("Invalid table name _modules starts with metadata prefix '_'", await Refusal(() => call.Insert("_modules", "{}")));
        Assert.Equal("[]", await call.Collect("_modules"));
        Assert.Equal("Index _modules.by_component_path not found.", await Refusal(() => call.Collect("_modules", "by_component_path")));
    });

    [Fact, Spec("function-runtime", 15), Spec("data-model", 9)]
    public async Task Patch_with_undefined_removes_a_field_and_replaces_what_is_nested() => await InMutationAsync(async call =>
    {
        var id = await call.Insert("tasks", """{"note":"x","nested":{"a":1,"b":2}}""");
        await call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{id}}}","value":{"note":{"$undefined":null},"nested":{"a":3} }}""");
        var task = JsonNode.Parse(await call.Get(id))!.AsObject();
        Assert.False(task.ContainsKey("note"));
        Assert.Equal("""{"a":3}""", task["nested"]!.ToJsonString());
    });

    [Fact]
    public async Task Replace_keeps_the_system_fields_and_answers_the_new_document() => await InMutationAsync(async call =>
    {
        var id = await call.Insert("tasks", """{"a":1}""");
        var before = JsonNode.Parse(await call.Get(id))!;
        var after = JsonNode.Parse(await call.Syscall("1.0/replace", $$$"""{"id":"{{{id}}}","value":{"b":2}}"""))!.AsObject();
        Assert.Equal(before["_creationTime"]!.ToJsonString(), after["_creationTime"]!.ToJsonString());
        Assert.Equal(["_creationTime", "_id", "b"], after.Select(field => field.Key));
        Assert.Equal(after.ToJsonString(), await call.Syscall("1.0/remove", $$"""{"id":"{{id}}"}"""));
        Assert.Equal("null", await call.Get(id));
    });

    [Fact, Spec("function-runtime", 16)]
    public async Task Writing_to_a_document_that_is_gone_can_be_caught() => await InMutationAsync(async call =>
    {
        var id = await call.Insert("tasks", "{}");
        await call.Syscall("1.0/remove", $$"""{"id":"{{id}}"}""");
        Assert.Equal($"Update on nonexistent document ID {id}", await Refusal(() => call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{id}}}","value":{}}""")));
        Assert.Equal($"Replace on nonexistent document ID {id}", await Refusal(() => call.Syscall("1.0/replace", $$$"""{"id":"{{{id}}}","value":{}}""")));
        Assert.Equal($"Delete on nonexistent document ID {id}", await Refusal(() => call.Syscall("1.0/remove", $$"""{"id":"{{id}}"}""")));
    });

    [Fact, Spec("function-runtime", 17, 18), Spec("data-model", 8)]
    public async Task A_mutation_reads_its_own_inserts_in_order() => await InMutationAsync(async call =>
    {
        for (var i = 0; i < 3; i++) await call.Insert("tasks", $$"""{"n":{{i}}}""");
        var tasks = JsonNode.Parse(await call.Collect("tasks", "by_creation_time"))!.AsArray();
        Assert.Equal([0, 1, 2], tasks.Select(task => task!["n"]!.GetValue<int>()));
        var times = tasks.Select(task => task!["_creationTime"]!.GetValue<double>()).ToArray();
        Assert.True(times[0] < times[1] && times[1] < times[2]);
    });

    [Fact, Spec("function-runtime", 23), Spec("data-model", 5)]
    public async Task Ids_are_normalised_for_tables_that_this_mutation_made() => await InMutationAsync(async call =>
    {
        var task = await call.Insert("tasks", "{}");
        var user = await call.Insert("users", "{}");
        await call.Syscall("1.0/remove", $$"""{"id":"{{task}}"}""");
        Assert.Equal($$"""{"id":"{{task}}"}""", await Normalize("tasks", task));
        Assert.Equal("""{"id":null}""", await Normalize("tasks", user));
        Assert.Equal("""{"id":null}""", await Normalize("tasks", "zzz"));
        Assert.Equal("""{"id":null}""", await Normalize("nothing", task));
        Assert.Equal(10_001u, call.Invocation.Scope.TableNumbers["tasks"]);
        Assert.Equal(539u, call.Invocation.Scope.TableNumbers["_scheduled_functions"]);
        Assert.DoesNotContain("_modules", call.Invocation.Scope.TableNumbers.Keys);

        Task<string> Normalize(string table, string id) => call.Syscall("1.0/db/normalizeId", $$"""{"table":"{{table}}","idString":"{{id}}"}""");
    });

    [Fact]
    public async Task A_value_that_is_no_object_is_refused() => await InMutationAsync(async call =>
    {
        Assert.Equal("Invalid argument `value` for `db.insert`: Value must be an Object", await Refusal(() => call.Syscall("1.0/insert", """{"table":"tasks","value":1}""")));
        Assert.StartsWith("Invalid argument `value` for `db.insert`: ", await Refusal(() => call.Insert("tasks", """{"a":{"$undefined":null}}""")), StringComparison.Ordinal);
        Assert.StartsWith("Invalid arguments for `1.0/insert`: ", await Refusal(() => call.Syscall("1.0/insert", "nonsense")), StringComparison.Ordinal);
        Assert.StartsWith("Invalid argument `table` for `db.insert`: ", await Refusal(() => call.Syscall("1.0/insert", """{"value":{}}""")), StringComparison.Ordinal);
    });

    [Fact]
    public async Task Counting_reads_the_whole_table() => await InMutationAsync(async call =>
    {
        Assert.Equal("0", await call.Syscall("1.0/count", """{"table":"tasks"}"""));
        await call.Insert("tasks", "{}");
        await call.Insert("tasks", "{}");
        Assert.Equal("2", await call.Syscall("1.0/count", """{"table":"tasks"}"""));
    });

    [Fact]
    public async Task A_query_stream_has_a_number_of_its_own_and_ends() => await InMutationAsync(async call =>
    {
        await call.Insert("tasks", "{}");
        const string All = """{"query":{"source":{"type":"FullTableScan","tableName":"tasks","order":null},"operators":[]},"version":"1.48.0"}""";
        Assert.Equal("""{"queryId":0}""", await call.Syscall("1.0/queryStream", All));
        Assert.Equal("""{"queryId":1}""", await call.Syscall("1.0/queryStream", All));
        Assert.Contains("\"done\":false", await call.Syscall("1.0/queryStreamNext", """{"queryId":1}"""), StringComparison.Ordinal);
        Assert.Equal("""{"value":null,"done":true}""", await call.Syscall("1.0/queryStreamNext", """{"queryId":1}"""));
        Assert.Equal("in-progress query not found", await Refusal(() => call.Syscall("1.0/queryStreamNext", """{"queryId":1}""")));
        Assert.Equal("true", await call.Syscall("1.0/queryCleanup", """{"queryId":0}"""));
        Assert.Equal("in-progress query not found", await Refusal(() => call.Syscall("1.0/queryStreamNext", """{"queryId":0}""")));
    });

    [Fact]
    public async Task What_is_wrong_with_a_query_surfaces_at_its_first_document() => await InMutationAsync(async call =>
    {
        await call.Insert("tasks", "{}");
        Assert.Equal("Index tasks.by_owner not found.", await Refusal(() => call.Collect("tasks", "by_owner")));
        Assert.StartsWith("The index range included a comparison with \"x\"", await Refusal(() => call.Collect("tasks", "by_creation_time", """[{"type":"Eq","fieldPath":"x","value":1}]""")), StringComparison.Ordinal);
    });

    [Fact]
    public async Task A_query_may_not_write()
    {
        await using var test = await StartAsync(new FakeFunctions().Query("test:run", async call =>
        {
            Assert.Equal("`db.insert` is not available in a query.", await Refusal(() => call.Insert("tasks", "{}")));
            Assert.Equal("`scheduler.runAt` is not available in a query.", await Refusal(() => call.Schedule("test:run", 0)));
            Assert.Equal("Unknown async operation 1.0/nonsense", await Refusal(() => call.Syscall("1.0/nonsense", "{}")));
            Assert.Equal("`1.0/actions/query` is not available in a query.", await Refusal(() => call.Syscall("1.0/actions/query", "{}")));
            return "null";
        }));
        Assert.Equal("null", ValueOf(await test.QueryAsync("test:run")));
    }

    [Fact]
    public async Task Syscalls_run_in_the_order_they_were_issued() => await InMutationAsync(async call =>
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => call.Insert("tasks", $$"""{"n":{{i}}}""")));
        Assert.Equal(20, ids.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 20), JsonNode.Parse(await call.Collect("tasks"))!.AsArray().Select(task => task!["n"]!.GetValue<int>()));
    });

    private static async Task<string> Refusal(Func<Task> action) => (await Assert.ThrowsAnyAsync<DeveloperException>(action)).Message;
}
