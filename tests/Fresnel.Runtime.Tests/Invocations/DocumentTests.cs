using System.Text.Json.Nodes;
using Fresnel.Testing;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary>What a document may be, as a function finds out.</summary>
public sealed class DocumentTests
{
    [Fact, Spec("data-model", 3, 4)]
    public Task Ids_begin_with_letters_that_tell_their_table() => InMutationAsync(async call =>
    {
        Assert.StartsWith("j5", await call.Insert("tasks", "{}"), StringComparison.Ordinal);
        Assert.StartsWith("kc2", await call.Schedule("test:run", call.Invocation.StartMilliseconds + 1e9), StringComparison.Ordinal);
        Assert.Equal((539u, 540u), (call.Invocation.Scope.TableNumbers["_scheduled_functions"], call.Invocation.Scope.TableNumbers["_storage"]));
    });

    [Fact, Spec("data-model", 11)]
    public Task A_field_that_begins_with_an_underscore_is_refused_at_the_top_only() => InMutationAsync(async call =>
    {
        var refusal = await RefusalAsync(() => call.Insert("tasks", """{"_foo":1}"""));
        Assert.StartsWith("InvalidDocumentError: Document(value: {_creationTime: ", refusal, StringComparison.Ordinal);
        Assert.EndsWith(") isn't a valid document: Field '_foo' starts with an underscore, which is only allowed for system fields like '_id'", refusal, StringComparison.Ordinal);
        var id = await call.Insert("tasks", """{"a":{"_foo":1}}""");
        Assert.Equal(1, JsonNode.Parse(await call.Get(id))!["a"]!["_foo"]!.GetValue<int>());
    });

    [Fact, Spec("data-model", 12)]
    public Task Nesting_elements_and_fields_are_bounded() => InMutationAsync(async call =>
    {
        static string Nested(int levels) => new string('[', levels) + new string(']', levels);
        static string Elements(int count) => $"[{string.Join(',', Enumerable.Repeat("1", count))}]";
        static string Fields(int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"f{i}\":1"))}}}";

        await call.Insert("tasks", $$"""{"a":{{Nested(15)}}}""");
        Assert.EndsWith("Document is too nested (nested 17 levels deep > maximum nesting 16)", await RefusalAsync(() => call.Insert("tasks", $$"""{"a":{{Nested(16)}}}""")), StringComparison.Ordinal);
        await call.Insert("tasks", $$"""{"a":{{Elements(8192)}}}""");
        Assert.EndsWith("Array length is too long (8193 > maximum length 8192)", await RefusalAsync(() => call.Insert("tasks", $$"""{"a":{{Elements(8193)}}}""")), StringComparison.Ordinal);
        var widest = await call.Insert("tasks", Fields(1024));
        Assert.EndsWith("Object has too many fields (1025 > maximum number 1024)", await RefusalAsync(() => call.Insert("tasks", Fields(1025))), StringComparison.Ordinal);

        Assert.Equal(1026, JsonNode.Parse(await call.Get(widest))!.AsObject().Count);
        await call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{widest}}}","value":{"f0":2}}""");
        Assert.EndsWith(
            "Object has too many fields (1025 > maximum number 1024)",
            await RefusalAsync(() => call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{widest}}}","value":{"more":2}}""")),
            StringComparison.Ordinal);
    });

    /// <summary>A query returns a document of as many fields as can be stored.</summary>
    [Fact, Spec("data-model", 12)]
    public async Task The_widest_document_can_be_returned()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("tasks:add", async call => $"\"{await call.Insert("tasks", $"{{{string.Join(',', Enumerable.Range(0, 1024).Select(i => $"\"f{i}\":1"))}}}")}\"")
            .Query("tasks:list", call => call.Collect("tasks")));
        ValueOf(await test.MutateAsync("tasks:add"));
        Assert.Equal(1026, JsonNode.Parse(ValueOf(await test.QueryAsync("tasks:list")))![0]!.AsObject().Count);
    }

    [Fact, Spec("data-model", 13)]
    public Task A_document_of_one_mebibyte_is_accepted_and_one_byte_more_is_not() => InMutationAsync(async call =>
    {
        // {_id, _creationTime, a}: 2 + (3 + 1 + 2 + 32) + (13 + 1 + 9) + (1 + 1 + 2) and the text.
        const int Rest = (1 << 20) - 67;
        await call.Insert("tasks", $$"""{"a":"{{new string('x', Rest)}}"}""");
        Assert.Equal(
            "ValueTooLargeError: Value is too large (1.00 MiB > maximum size 1 MiB)", await RefusalAsync(() => call.Insert("tasks", $$"""{"a":"{{new string('x', Rest + 1)}}"}""")));
    });

    [Theory, Spec("data-model", 14)]
    [InlineData("""{"$integer":"AAAAAAAAAIA="}""", true)]
    [InlineData("""{"$integer":"/////////38="}""", true)]
    [InlineData("""{"$float":"AAAAAAAA8D8="}""", false)] // 1.0, which is a plain number
    [InlineData("""{"$integer":"AAAA"}""", false)]
    [InlineData("""{"$integer":5}""", false)]
    [InlineData("""{"$bytes":"?"}""", false)]
    [InlineData("""{"$date":1}""", false)]
    [InlineData("""{"$undefined":null}""", false)]
    [InlineData("""[{"$undefined":null}]""", false)]
    [InlineData("\"\\ud800\"", false)]
    [InlineData("1e999", false)]
    [InlineData("NaN", false)]
    [InlineData("""{"é":1}""", false)]
    [InlineData("", false)]
    public Task A_value_round_trips_or_is_none(string json, bool isValue) => InMutationAsync(async call =>
    {
        if (isValue) Assert.Equal(json, JsonNode.Parse(await call.Get(await call.Insert("tasks", $$"""{"v":{{json}}}""")))!["v"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        else await RefusalAsync(() => call.Insert("tasks", $$"""{"v":{{json}}}"""));
        if (!isValue) Assert.Equal("[]", await call.Collect("tasks"));
    });

    [Fact, Spec("data-model", 15)]
    public Task Files_are_read_only() => InMutationAsync(async call =>
    {
        var file = new Fresnel.Values.DocumentId(540, default).ToString();
        Assert.Equal("ReadOnlyTable: _storage is a read-only table", await RefusalAsync(() => call.Insert("_storage", "{}")));
        foreach (var operation in (string[])["shallowMerge", "replace", "remove"])
        {
            Assert.Equal(
                "SystemTableError: System tables can only be accessed with db.system.",
                await RefusalAsync(() => call.Syscall($"1.0/{operation}", $$$"""{"id":"{{{file}}}","value":{}}""")));
        }
    });

    [Fact]
    public Task System_fields_may_be_given_only_as_they_are() => InMutationAsync(async call =>
    {
        var id = await call.Insert("tasks", "{}");
        var task = JsonNode.Parse(await call.Get(id))!;
        Assert.StartsWith("InvalidIdError: Provided document ID ", await RefusalAsync(() => call.Insert("tasks", $$"""{"_id":"{{id}}"}""")), StringComparison.Ordinal);
        Assert.StartsWith("InvalidCreationTimeError: Provided creation time ", await RefusalAsync(() => call.Insert("tasks", """{"_creationTime":1}""")), StringComparison.Ordinal);
        await call.Syscall("1.0/replace", $$$"""{"id":"{{{id}}}","value":{{{task.ToJsonString()}}}}""");
        Assert.StartsWith("InvalidCreationTimeError: ", await RefusalAsync(() => call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{id}}}","value":{"_creationTime":1}}""")), StringComparison.Ordinal);
        Assert.StartsWith("InvalidIdError: ", await RefusalAsync(() => call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{id}}}","value":{"_id":"x"}}""")), StringComparison.Ordinal);
    });
}
