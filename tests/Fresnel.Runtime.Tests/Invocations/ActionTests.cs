using System.Text.Json.Nodes;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class ActionTests
{
    private static FakeFunctions Functions => new FakeFunctions()
        .Mutation("tasks:add", async call => $"\"{await call.Insert("tasks", call.Argument)}\"", isInternal: true)
        .Query("tasks:list", call => call.Collect("tasks"), isInternal: true)
        .Query("tasks:throw", _ => throw new DeveloperException("ConvexError", "nope", "\"nope\""u8.ToArray()))
        .Query("auth:who", call => call.Syscall("1.0/getUserIdentity", """{"requestId":""}"""));

    [Fact]
    public async Task An_action_calls_internal_functions_each_in_a_transaction_of_its_own()
    {
        var functions = Functions;
        var time = new ManualTime();
        functions.Action("test:run", async call =>
        {
            await Call(call, "mutation", "tasks:add", """{"n":1}""");
            time.Advance(TimeSpan.FromMilliseconds(1));
            await Call(call, "mutation", "tasks:add", """{"n":2}""");
            time.Advance(TimeSpan.FromMilliseconds(1));
            await Call(call, "action", "test:inner");
            return await Call(call, "query", "tasks:list");
        });
        functions.Action("test:inner", call => Call(call, "mutation", "tasks:add", """{"n":3}"""));
        await using var test = await StartAsync(functions, time: time);
        var tasks = JsonNode.Parse(ValueOf(await test.ActAsync("test:run")))!.AsArray();
        Assert.Equal([1, 2, 3], tasks.Select(task => task!["n"]!.GetValue<int>()));
    }

    [Fact, Spec("function-runtime", 10)]
    public async Task Errors_reach_the_action_with_their_text_and_data()
    {
        var functions = Functions;
        functions.Action("test:run", async call =>
        {
            var error = await Assert.ThrowsAsync<DeveloperException>(() => Call(call, "query", "tasks:throw"));
            Assert.Equal("Uncaught Error: nope\n    at handler (../convex/test.ts:1:1)", error.Message);
            Assert.Equal("\"nope\"", System.Text.Encoding.UTF8.GetString(error.ErrorData.Span));
            throw error;
        });
        await using var test = await StartAsync(functions);
        Assert.NotNull((await test.ActAsync("test:run")).Error!.Data);
    }

    [Fact]
    public async Task An_action_has_no_database()
    {
        var functions = Functions;
        functions.Action("test:run", async call =>
        {
            Assert.Equal("`1.0/get` is not available in an action.", await Refusal(() => call.Get("x")));
            Assert.Equal("`1.0/schedule` is not available in an action.", await Refusal(() => call.Schedule("test:run", 0)));
            Assert.Equal("Unknown async operation 1.0/nonsense", await Refusal(() => call.Syscall("1.0/nonsense", "{}")));
            Assert.Equal("Audit logging is not yet supported in actions", await Refusal(() => call.Syscall("1.0/auditLog", "{}")));
            return "null";
        });
        await using var test = await StartAsync(functions);
        Assert.Equal("null", ValueOf(await test.ActAsync("test:run")));
    }

    [Fact]
    public async Task The_identity_flows_into_what_an_action_calls()
    {
        var functions = Functions;
        functions.Action("test:run", call => Call(call, "query", "auth:who"));
        await using var test = await StartAsync(functions);
        var ada = new UserIdentity(ValueObject.Create(("tokenIdentifier", "https://issuer|ada"), ("name", "Ada")));
        Assert.Equal(
            """{"name":"Ada","tokenIdentifier":"https://issuer|ada"}""",
            ValueOf(await test.Invoker.ActionAsync(TestDeployment.Call("test:run", identity: ada), Cancellation)));
        Assert.Equal("null", ValueOf(await test.ActAsync("test:run")));
    }

    [Fact, Spec("client-protocol", 34)]
    public async Task Calls_of_an_action_run_side_by_side()
    {
        var both = new CountdownEvent(2);
        var functions = Functions;
        functions.Query("test:meet", async call =>
        {
            both.Signal();
            await Task.Run(() => both.Wait(TimeSpan.FromSeconds(10), call.CancellationToken), call.CancellationToken);
            return "1";
        });
        functions.Action("test:run", async call => $"[{string.Join(',', await Task.WhenAll(Call(call, "query", "test:meet"), Call(call, "query", "test:meet")))}]");
        await using var test = await StartAsync(functions);
        Assert.Equal("[1,1]", ValueOf(await test.ActAsync("test:run")));
    }

    [Fact]
    public async Task Actions_that_call_each_other_without_end_are_stopped()
    {
        var runs = 0;
        var functions = Functions;
        functions.Action("test:run", call =>
        {
            Interlocked.Increment(ref runs);
            return Call(call, "action", "test:run");
        });
        await using var test = await StartAsync(functions);
        Assert.Contains("call depth limit exceeded. Do you have an infinite loop in your app?", (await test.ActAsync("test:run")).Error!.Message, StringComparison.Ordinal);
        Assert.Equal(65, runs);
    }

    [Fact]
    public async Task A_lost_worker_fails_an_action()
    {
        var functions = Functions;
        functions.Action("test:run", _ => throw new InvocationAbandonedException(AbandonReason.WorkerLost, "gone"));
        await using var test = await StartAsync(functions);
        var error = (await test.ActAsync("test:run")).Error!;
        Assert.Equal((null, "Transient error while executing action"), (error.SystemCode, error.Message));
        Assert.Single(test.Functions.Begun);
    }

    [Fact]
    public async Task Whatever_runs_is_run_by_its_kind()
    {
        var functions = Functions;
        functions.Action("test:run", _ => Task.FromResult("\"acted\""));
        await using var test = await StartAsync(functions);
        var call = TestDeployment.Call("test:run", identity: Identity.Admin, caller: FunctionCaller.HttpRun);
        Assert.Equal("\"acted\"", ValueOf(await test.Invoker.RunAsync(call, Cancellation)));
        Assert.StartsWith("\"j5", ValueOf(await test.Invoker.RunAsync(TestDeployment.Call("tasks:add", identity: Identity.Admin), Cancellation)), StringComparison.Ordinal);
        Assert.StartsWith("[{", ValueOf(await test.Invoker.RunAsync(TestDeployment.Call("tasks:list", identity: Identity.Admin), Cancellation)), StringComparison.Ordinal);
        Assert.StartsWith("Could not find function for 'a:b'.", (await test.Invoker.RunAsync(TestDeployment.Call("a:b", caller: FunctionCaller.HttpRun), Cancellation)).Error!.Message, StringComparison.Ordinal);
    }

    internal static Task<string> Call(FakeCall call, string kind, string name, string args = "{}") =>
        call.Syscall($"1.0/actions/{kind}", $$"""{"name":"{{name}}","args":{{args}},"version":"1.48.0","requestId":"r"}""");

    private static async Task<string> Refusal(Func<Task> action) => (await Assert.ThrowsAnyAsync<DeveloperException>(action)).Message;
}
