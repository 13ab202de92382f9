using Fresnel.Engine.Watches;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class RoutingTests
{
    private const string TextArgument = """{"type":"object","value":{"text":{"fieldType":{"type":"string"},"optional":false}}}""";

    private static FakeFunctions Functions => new FakeFunctions()
        .Query("messages:list", _ => Task.FromResult("[]"))
        .Query("messages:secret", _ => Task.FromResult("\"secret\""), isInternal: true)
        .Query("messages", _ => Task.FromResult("\"default\""))
        .Query("messages:checked", call => Task.FromResult(call.Argument), args: TextArgument)
        .Query("messages:promise", _ => Task.FromResult("1"), returns: """{"type":"string"}""")
        .Mutation("messages:send", _ => Task.FromResult("null"))
        .Query("_system/cli/tables", _ => Task.FromResult("\"tables\""));

    [Theory, Spec("client-protocol", 55), Spec("function-runtime", 4)]
    [InlineData(FunctionCaller.SyncWorker)]
    [InlineData(FunctionCaller.HttpApi)]
    public async Task An_internal_function_answers_clients_exactly_like_one_that_is_missing(FunctionCaller caller)
    {
        await using var test = await StartAsync(Functions);
        Assert.Equal("Could not find public function for 'messages:secret'.", await ErrorAsync(test, Call("messages:secret", caller: caller)));
        Assert.Equal("Could not find public function for 'messages:gone'.", await ErrorAsync(test, Call("messages:gone", caller: caller)));
        Assert.Equal("Could not find public function for 'gone'.", await ErrorAsync(test, Call("gone.js:default", caller: caller)));
    }

    [Fact]
    public async Task Running_by_name_has_a_text_of_its_own()
    {
        await using var test = await StartAsync(Functions);
        Assert.Equal(
            "Could not find function for 'messages:gone'. Did you forget to run `npx convex dev`?",
            await ErrorAsync(test, Call("messages:gone", identity: Identity.Admin, caller: FunctionCaller.HttpRun)));
    }

    [Fact]
    public async Task An_admin_reaches_internal_functions_and_the_result_is_not_shared()
    {
        await using var test = await StartAsync(Functions);
        var asAdmin = await test.Invoker.QueryAsync(Call("messages:secret", identity: Identity.Admin), null, Cancellation);
        var asNobody = await test.Invoker.QueryAsync(Call("messages:secret"), null, Cancellation);
        Assert.Equal("\"secret\"", ValueOf(asAdmin.Outcome));
        Assert.True(asAdmin.ObservedIdentity);
        Assert.True(asNobody.ObservedIdentity);
        Assert.False((await test.Invoker.QueryAsync(Call("messages:list"), null, Cancellation)).ObservedIdentity);
    }

    [Fact]
    public async Task System_functions_are_for_admins()
    {
        await using var test = await StartAsync(Functions);
        Assert.StartsWith("You do not have permission to perform this operation", await ErrorAsync(test, Call("_system/cli/tables")), StringComparison.Ordinal);
        Assert.Equal("\"tables\"", ValueOf((await test.Invoker.QueryAsync(Call("_system/cli/tables", identity: Identity.Admin), null, Cancellation)).Outcome));
    }

    [Fact, Spec("client-protocol", 56)]
    public async Task A_function_of_another_kind_is_refused()
    {
        await using var test = await StartAsync(Functions);
        Assert.Equal("Trying to execute messages.js:list as Mutation, but it is defined as Query.", (await test.MutateAsync("messages:list")).Error!.Message);
        Assert.Equal("Trying to execute messages.js:send as Query, but it is defined as Mutation.", (await test.QueryAsync("messages:send")).Error!.Message);
        Assert.Equal("Trying to execute messages.js:send as Action, but it is defined as Mutation.", (await test.ActAsync("messages:send")).Error!.Message);
    }

    [Fact, Spec("function-runtime", 7)]
    public async Task Every_spelling_of_the_default_export_runs_it()
    {
        await using var test = await StartAsync(Functions);
        foreach (var spelling in (string[])["messages", "messages:default", "messages.js", "messages.js:default"])
            Assert.Equal("\"default\"", ValueOf(await test.QueryAsync(spelling)));
    }

    [Fact, Spec("function-runtime", 5), Spec("client-protocol", 63)]
    public async Task Arguments_are_held_to_the_validator()
    {
        await using var test = await StartAsync(Functions);
        Assert.Equal("""{"text":"hi"}""", ValueOf(await test.QueryAsync("messages:checked", """{"text":"hi"}""")));
        Assert.Equal(
            "ArgumentValidationError: Object contains extra field `x` that is not in the validator.\n\nObject: {text: \"hi\", x: 1.0}\nValidator: v.object({text: v.string()})\n",
            (await test.QueryAsync("messages:checked", """{"text":"hi","x":1}""")).Error!.Message);
        Assert.StartsWith(
            "ArgumentValidationError: Expected to receive a single object as the function's argument. Instead received 2 arguments: [1.0, 2.0]",
            (await test.QueryAsync("messages:checked", "[1,2]")).Error!.Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "ArgumentValidationError: Expected to receive an object as the function's argument. Instead received: 1.0",
            (await test.QueryAsync("messages:checked", "[1]")).Error!.Message,
            StringComparison.Ordinal);
    }

    [Theory, Spec("client-protocol", 3, 5)]
    [InlineData("""{"a":{"$float":"AAAAAAAA8D8="}}""")]
    [InlineData("""{"a":{"$undefined":null}}""")]
    [InlineData("""{"a":{"$commitTs":null}}""")]
    [InlineData("""{"$a":1}""")]
    public async Task Arguments_that_are_no_values_are_refused(string args)
    {
        await using var test = await StartAsync(Functions);
        Assert.StartsWith("Invalid arguments for messages.js:list: ", (await test.QueryAsync("messages:list", args)).Error!.Message, StringComparison.Ordinal);
    }

    [Fact, Spec("client-protocol", 8)]
    public async Task Arguments_may_be_nested_64_deep()
    {
        await using var test = await StartAsync(Functions);
        Assert.Null((await test.QueryAsync("messages:list", Nested(63))).Error);
        Assert.StartsWith("Invalid arguments for messages.js:list: ", (await test.QueryAsync("messages:list", Nested(64))).Error!.Message, StringComparison.Ordinal);

        static string Nested(int arrays) => $$"""{"a":{{new string('[', arrays)}}{{new string(']', arrays)}}}""";
    }

    [Fact]
    public async Task Arguments_beyond_16_MiB_are_refused()
    {
        await using var test = await StartAsync(Functions);
        var error = (await test.QueryAsync("messages:list", $$"""{"a":"{{new string('x', 17 << 20)}}"}""")).Error!;
        Assert.Equal("Arguments for messages.js:list are too large (actual: 17.00 MiB, limit: 16 MiB)", error.Message);
    }

    [Fact, Spec("function-runtime", 6)]
    public async Task A_result_is_held_to_the_validator()
    {
        await using var test = await StartAsync(Functions);
        Assert.Equal("ReturnsValidationError: Value does not match validator.\n\nValue: 1.0\nValidator: v.string()", (await test.QueryAsync("messages:promise")).Error!.Message);
    }

    [Fact]
    public async Task Arguments_reach_the_function_in_canonical_form()
    {
        await using var test = await StartAsync(new FakeFunctions().Query("a:b", call => Task.FromResult(call.Argument)));
        Assert.Equal("""{"a":2,"b":1}""", ValueOf(await test.QueryAsync("a:b", """ { "b" : 1.0, "a" : 2e0 } """)));
    }

    [Fact]
    public async Task A_push_changes_what_queries_depend_on()
    {
        var functions = Functions;
        await using var test = await StartAsync(functions);
        var before = await test.Invoker.QueryAsync(Call("messages:later"), null, Cancellation);
        Assert.NotNull(before.Outcome.Error);
        var listener = new StaleListener();
        using var subscription = test.Deployment.Database.Subscribe(listener);
        using var watch = test.Deployment.Database.Watch(before.Reads, before.Snapshot.Timestamp, this);
        Assert.Null(watch.StaleSince);

        functions.Query("messages:later", _ => Task.FromResult("1"));
        await test.PushAsync();
        Assert.Same(watch, await listener.First.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        Assert.Equal("1", ValueOf(await test.QueryAsync("messages:later")));
    }

    private static async Task<string> ErrorAsync(TestDeployment test, FunctionCall call)
    {
        var outcome = (await test.Invoker.QueryAsync(call, null, Cancellation)).Outcome;
        Assert.NotNull(outcome.Error);
        Assert.Null(outcome.Error.SystemCode);
        Assert.Empty(outcome.Error.Frames);
        return outcome.Error.Message;
    }

    private sealed class StaleListener : IPublicationListener
    {
        private readonly TaskCompletionSource<Watch> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Watch> First => _first.Task;

        public void OnPublished(Publication publication)
        {
            if (publication.Stale is [var watch, ..]) _first.TrySetResult(watch);
        }
    }
}
