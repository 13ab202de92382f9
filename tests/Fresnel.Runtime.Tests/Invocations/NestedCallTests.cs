using System.Text;
using System.Text.Json.Nodes;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class NestedCallTests
{
    [Fact, Spec("function-runtime", 29), Spec("data-model", 54)]
    public async Task A_nested_mutation_that_throws_leaves_nothing_and_its_caller_goes_on()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("inner:fail", async call =>
            {
                await call.Insert("tasks", """{"by":"inner"}""");
                await call.Schedule("inner:fail", call.Invocation.StartMilliseconds + 1e9);
                throw new DeveloperException("Test", "boom");
            })
            .Mutation("outer:run", async call =>
            {
                await call.Insert("tasks", """{"by":"outer"}""");
                var error = await Assert.ThrowsAsync<DeveloperException>(() => call.Run("mutation", "inner:fail"));
                await call.Insert("tasks", """{"by":"outer again"}""");
                return new JsonObject { ["error"] = error.Message }.ToJsonString();
            })
            .Query("tasks:list", call => call.Collect("tasks"))
            .Query("jobs:list", call => call.Collect("_scheduled_functions")));

        var result = JsonNode.Parse(ValueOf(await test.MutateAsync("outer:run")))!;
        Assert.Equal("Uncaught Error: boom\n    at handler (../convex/test.ts:1:1)", result["error"]!.GetValue<string>());
        var tasks = JsonNode.Parse(ValueOf(await test.QueryAsync("tasks:list")))!.AsArray();
        Assert.Equal(["outer", "outer again"], tasks.Select(task => task!["by"]!.GetValue<string>()));
        Assert.Equal("[]", ValueOf(await test.QueryAsync("jobs:list")));
    }

    [Fact, Spec("function-runtime", 30)]
    public async Task When_the_caller_throws_everything_goes()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("inner:add", call => call.Syscall("1.0/insert", """{"table":"tasks","value":{}}"""))
            .Mutation("outer:run", async call =>
            {
                await call.Run("mutation", "inner:add");
                throw new DeveloperException("Test", "boom");
            })
            .Query("tasks:list", call => call.Collect("tasks")));

        Assert.Equal("Uncaught Error: boom", (await test.MutateAsync("outer:run")).Error!.Message);
        Assert.Equal("[]", ValueOf(await test.QueryAsync("tasks:list")));
    }

    [Fact, Spec("function-runtime", 31)]
    public async Task Calls_that_are_issued_together_run_one_after_the_other()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("inner:add", async call =>
            {
                var before = JsonNode.Parse(await call.Collect("tasks"))!.AsArray().Count;
                await Task.Yield();
                await call.Insert("tasks", $$"""{"n":{{before}},"given":{{call.Argument}}}""");
                return "null";
            })
            .Mutation("outer:run", async call =>
            {
                await Task.WhenAll(
                    call.Run("mutation", "inner:add", """{"i":0}"""),
                    call.Run("mutation", "inner:add", """{"i":1}"""),
                    call.Insert("tasks", """{"n":2,"given":{"i":2}}"""));
                return await call.Collect("tasks");
            }));

        var tasks = JsonNode.Parse(ValueOf(await test.MutateAsync("outer:run")))!.AsArray();
        Assert.Equal([0, 1, 2], tasks.Select(task => task!["n"]!.GetValue<int>()));
        Assert.Equal([0, 1, 2], tasks.Select(task => task!["given"]!["i"]!.GetValue<int>()));
    }

    [Fact, Spec("function-runtime", 36)]
    public async Task Eight_calls_within_calls_are_allowed_and_nine_are_not()
    {
        await using var test = await StartAsync(new FakeFunctions().Query("deep:dig", async call =>
        {
            var left = JsonNode.Parse(call.Argument)!["left"]!.GetValue<int>();
            return left == 0 ? "\"bottom\"" : await call.Run("query", "deep:dig", $$"""{"left":{{left - 1}}}""");
        }));

        Assert.Equal("\"bottom\"", ValueOf(await test.QueryAsync("deep:dig", """{"left":8}""")));
        Assert.Contains(
            "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
            (await test.QueryAsync("deep:dig", """{"left":9}""")).Error!.Message,
            StringComparison.Ordinal);
    }

    [Fact, Spec("function-runtime", 10)]
    public async Task The_data_of_an_application_error_passes_through()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Query("inner:fail", _ => throw new DeveloperException("ConvexError", "nope", """{"code":7}"""u8.ToArray()))
            .Query("outer:run", call => call.Run("query", "inner:fail")));

        var error = (await test.QueryAsync("outer:run")).Error!;
        Assert.Equal("""{"code":7}""", Encoding.UTF8.GetString(error.Data!.Value.Span));
    }

    [Fact]
    public async Task A_query_may_not_call_a_mutation_and_kinds_are_checked()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("inner:add", _ => Task.FromResult("null"))
            .Query("inner:get", _ => Task.FromResult("null"), isInternal: true)
            .Query("outer:run", async call =>
            {
                Assert.Equal("Cannot call a Mutation function from a Query function", await Refusal(() => call.Run("mutation", "inner:add")));
                Assert.Equal("Trying to execute inner.js:add as Query, but it is defined as Mutation.", await Refusal(() => call.Run("query", "inner:add")));
                Assert.StartsWith("Could not find function for 'inner:gone'.", await Refusal(() => call.Run("query", "inner:gone")), StringComparison.Ordinal);
                Assert.Equal("Invalid arguments for `1.0/runUdf`: Missing required argument 'name'", await Refusal(() => call.Syscall("1.0/runUdf", """{"udfType":"query","args":{}}""")));
                return await call.Run("query", "inner:get");
            }));

        Assert.Equal("null", ValueOf(await test.QueryAsync("outer:run")));
    }

    [Fact, Spec("function-runtime", 34)]
    public async Task A_lowered_limit_stops_the_nested_call_and_its_caller_goes_on()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Query("inner:read", call => call.Collect("tasks"))
            .Mutation("outer:run", async call =>
            {
                for (var i = 0; i < 12; i++) await call.Insert("tasks", "{}");
                var message = await Refusal(() => call.Run("query", "inner:read", "{}", """{"documentsRead":10}"""));
                return new JsonObject { ["message"] = message, ["all"] = JsonNode.Parse(await call.Run("query", "inner:read"))!.AsArray().Count }.ToJsonString();
            }));

        var result = JsonNode.Parse(ValueOf(await test.MutateAsync("outer:run")))!;
        Assert.Contains("Too many documents read in a single function execution (limit: 10).", result["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(12, result["all"]!.GetValue<int>());
    }

    [Fact, Spec("function-runtime", 35)]
    public async Task Metrics_count_exactly_what_was_consumed()
    {
        await using var test = await StartAsync(new FakeFunctions().Mutation("test:run", async call =>
        {
            for (var i = 0; i < 5; i++) await call.Insert("tasks", "{}");
            await call.Collect("tasks", operators: """[{"limit":3}]""");
            return await call.Syscall("1.0/getTransactionMetrics", "{}");
        }));

        var metrics = JsonNode.Parse(ValueOf(await test.MutateAsync("test:run")))!.AsObject();
        Assert.Equal(11, metrics.Count);
        Assert.Equal("""{"remaining":31997,"used":3}""", metrics["documentsRead"]!.ToJsonString());
        Assert.Equal(5, metrics["documentsWritten"]!["used"]!.GetValue<int>());
    }

    [Fact]
    public async Task Time_stands_still_within_a_tree_and_every_function_has_a_seed_of_its_own()
    {
        await using var test = await StartAsync(new FakeFunctions());
        test.Functions
            .Query("inner:get", call =>
            {
                test.Time.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult("null");
            })
            .Query("outer:run", async call =>
            {
                await call.Run("query", "inner:get");
                await call.Run("query", "inner:get");
                return "null";
            });
        await test.PushAsync();
        test.Functions.Begun.Clear();

        ValueOf(await test.QueryAsync("outer:run"));
        var invocations = test.Functions.Begun.ToArray();
        Assert.Equal(3, invocations.Length);
        Assert.Single(invocations.Select(invocation => invocation.StartMilliseconds).Distinct());
        Assert.Single(invocations.Select(invocation => invocation.SnapshotTimestamp).Distinct());
        Assert.Equal(3, invocations.Select(invocation => Convert.ToHexString(invocation.Seed.Span)).Distinct().Count());
        Assert.Equal(3, invocations.Select(invocation => invocation.InvocationId).Distinct().Count());
    }

    private static async Task<string> Refusal(Func<Task> action) => (await Assert.ThrowsAnyAsync<DeveloperException>(action)).Message;
}
