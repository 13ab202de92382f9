using System.Text.Json.Nodes;
using Fresnel.Testing;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary>Function handles: <c>spec/function-runtime.md</c> §3.3, 9.4.</summary>
public sealed class FunctionHandleTests
{
    private const string Create = """{"name":"lib:complete","version":"1.48.0"}""";

    [Fact]
    public async Task A_handle_is_the_same_everywhere_and_after_every_push_and_reaches_internal_functions()
    {
        await using var test = await StartAsync(Functions());
        var handle = Parsed(await test.QueryAsync("make:query"));
        Assert.Matches("^function://[A-Za-z0-9_-]+#lib:complete$", handle);
        Assert.Equal(handle, Parsed(await test.MutateAsync("make:mutation")));
        Assert.Equal(handle, Parsed(await test.ActAsync("make:action")));

        await test.PushAsync();
        Assert.Equal(handle, Parsed(await test.QueryAsync("make:query")));
        Assert.Equal("""{"done":1}""", ValueOf(await test.MutateAsync("call:nested", $$"""{"handle":"{{handle}}"}""")));
        Assert.Equal("""{"done":1}""", ValueOf(await test.ActAsync("call:action", $$"""{"handle":"{{handle}}"}""")));

        var job = Parsed(await test.MutateAsync("call:schedule", $$"""{"handle":"{{handle}}"}"""));
        await Publications.UntilAsync(test.Deployment.Database, async () => ValueOf(await test.QueryAsync("jobs:get", $$"""{"id":"{{job}}"}""")).Contains("success", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_survives_the_function_being_away()
    {
        var functions = Functions();
        await using var test = await StartAsync(functions);
        var handle = Parsed(await test.QueryAsync("make:query"));
        functions.Remove("lib:complete");
        await test.PushAsync();
        var call = $$"""{"handle":"{{handle}}"}""";
        Assert.StartsWith("Uncaught Error: Could not find function for 'lib:complete'", (await test.MutateAsync("call:nested", call)).Error!.Message, StringComparison.Ordinal);
        Assert.StartsWith("Uncaught Error: Attempted to schedule function", (await test.MutateAsync("call:schedule", call)).Error!.Message, StringComparison.Ordinal);
        Assert.StartsWith("Uncaught Error: Could not find function for 'lib:complete'", (await test.QueryAsync("make:query")).Error!.Message, StringComparison.Ordinal);

        functions.Mutation("lib:complete", _ => Task.FromResult("2"), isInternal: true);
        await test.PushAsync();
        Assert.Equal("2", ValueOf(await test.MutateAsync("call:nested", call)));
    }

    [Fact]
    public async Task A_handle_comes_before_a_name_and_a_name_before_a_reference() => await InMutationAsync(
        async call =>
        {
            var handle = JsonNode.Parse(await call.Syscall("1.0/createFunctionHandle", Create))!.GetValue<string>();
            Assert.Equal($"\"{handle}\"", await call.Syscall("1.0/createFunctionHandle", $$"""{"functionHandle":"{{handle}}","name":"no:such"}"""));
            Assert.Equal($"\"{handle}\"", await call.Syscall("1.0/createFunctionHandle", """{"reference":"_reference/function/lib:complete"}"""));
            Assert.Equal("""{"done":1}""", await call.Syscall("1.0/runUdf", $$"""{"udfType":"mutation","args":{},"functionHandle":"{{handle}}","name":"no:such","reference":"nonsense"}"""));
            Assert.Equal("""{"done":1}""", await call.Syscall("1.0/runUdf", """{"udfType":"mutation","args":{},"name":"lib:complete","reference":"nonsense"}"""));
            Assert.Equal("InvalidArgument: Invalid arguments for `1.0/runUdf`: Missing required argument 'name'", await RefusalAsync(() => call.Syscall("1.0/runUdf", """{"udfType":"mutation","args":{}}""")));
            Assert.Equal(
                "InvalidArgument: Invalid argument `reference` for `1.0/runUdf`: nonsense is not a reference to a function",
                await RefusalAsync(() => call.Syscall("1.0/runUdf", """{"udfType":"mutation","args":{},"reference":"nonsense"}""")));
        },
        prepare: test =>
        {
            test.Functions.Mutation("lib:complete", _ => Task.FromResult("""{"done":1}"""), isInternal: true);
            return test.PushAsync();
        });

    [Fact]
    public async Task Only_handles_of_this_deployment_are_taken() => await InMutationAsync(
        async call =>
        {
            var handle = JsonNode.Parse(await call.Syscall("1.0/createFunctionHandle", """{"name":"test:run"}"""))!.GetValue<string>();
            var id = handle["function://".Length..handle.IndexOf('#', StringComparison.Ordinal)];
            string[] others =
            [
                "", "function://", "function://#test:run", $"function:/{id}", id, $"function://{id}A#test:run", $"function://{id[1..]}#test:run",
                $"function://{(id[0] == 'A' ? 'B' : 'A')}{id[1..]}", $"function://{Convert.ToBase64String("\ntest:run"u8)}",
            ];
            foreach (var other in others)
            {
                Assert.Equal(
                    "InvalidArgument: Invalid argument `functionHandle` for `1.0/createFunctionHandle`: It is not a function handle of this deployment",
                    await RefusalAsync(() => call.Syscall("1.0/createFunctionHandle", $$"""{"functionHandle":"{{other}}"}""")));
            }

            // What stands behind the # is for people.
            Assert.Equal($"\"function://{id}\"", await call.Syscall("1.0/createFunctionHandle", $$"""{"functionHandle":"function://{{id}}"}"""));
        });

    private static FakeFunctions Functions() => new FakeFunctions()
        .Mutation("lib:complete", _ => Task.FromResult("""{"done":1}"""), isInternal: true)
        .Query("make:query", call => call.Syscall("1.0/createFunctionHandle", Create))
        .Mutation("make:mutation", call => call.Syscall("1.0/createFunctionHandle", Create))
        .Action("make:action", call => call.Syscall("1.0/createFunctionHandle", Create))
        .Mutation("call:nested", call => call.Syscall("1.0/runUdf", $$"""{"udfType":"mutation","args":{},"functionHandle":{{HandleOf(call)}}}"""))
        .Action("call:action", call => call.Syscall("1.0/actions/mutation", $$"""{"args":{},"functionHandle":{{HandleOf(call)}},"requestId":"r"}"""))
        .Mutation("call:schedule", call => call.Syscall("1.0/schedule", $$"""{"args":{},"ts":0,"functionHandle":{{HandleOf(call)}}}""".Replace("\"ts\":0", $"\"ts\":{call.Invocation.StartMilliseconds / 1000}", StringComparison.Ordinal)))
        .Query("jobs:get", call => call.GetSystem(JsonNode.Parse(call.Argument)!["id"]!.GetValue<string>()));

    private static string HandleOf(FakeCall call) => JsonNode.Parse(call.Argument)!["handle"]!.ToJsonString();

    private static string Parsed(Runtime.Invocations.FunctionOutcome outcome) => JsonNode.Parse(ValueOf(outcome))!.GetValue<string>();
}
