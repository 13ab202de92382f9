using System.Text.Json.Nodes;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary><c>ctx.runQuery(…, { useStaleSnapshot: true })</c>: <c>spec/function-runtime.md</c> §8.2.</summary>
public sealed class StaleSnapshotTests
{
    [Fact, Spec("function-runtime", 33)]
    public async Task It_sees_what_was_there_before_and_not_what_the_mutation_wrote()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Query("tasks:count", async call => JsonNode.Parse(await call.Collect("tasks"))!.AsArray().Count.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Query("tasks:twice", async call => $"[{await call.Run("query", "tasks:count")},{await call.Run("query", "tasks:count")}]")
            .Mutation("tasks:add", async call =>
            {
                await call.Insert("tasks", "{}");
                return $"[{await call.Run("snapshotQuery", "tasks:count")},{await call.Run("query", "tasks:count")},{await call.Run("snapshotQuery", "tasks:twice")}]";
            }));
        Assert.Equal("[0,1,[0,0]]", ValueOf(await test.MutateAsync("tasks:add")));
        Assert.Equal("[1,2,[1,1]]", ValueOf(await test.MutateAsync("tasks:add")));
    }

    [Fact, Spec("function-runtime", 33)]
    public async Task What_it_reads_makes_no_conflict()
    {
        TestDeployment? test = null;
        var runs = 0;
        await using (test = await StartAsync(new FakeFunctions()
            .Query("tasks:all", call => call.Collect("tasks"))
            .Mutation("tasks:add", call => call.Syscall("1.0/insert", """{"table":"tasks","value":{}}"""))
            .Mutation("notes:add", async call =>
            {
                runs++;
                var seen = await call.Run(JsonNode.Parse(call.Argument)!["kind"]!.GetValue<string>(), "tasks:all");
                if (runs == 1) ValueOf(await test!.MutateAsync("tasks:add"));
                await call.Insert("notes", "{}");
                return seen;
            })))
        {
            // Making a table is a conflict of its own.
            await test.CreateTableAsync("tasks", "by_n", "n");
            await test.CreateTableAsync("notes", "by_n", "n");
            Assert.Equal("[]", ValueOf(await test.MutateAsync("notes:add", """{"kind":"snapshotQuery"}""")));
            Assert.Equal(1, runs);

            // The same with an ordinary nested query: it runs again.
            runs = 0;
            Assert.Equal(2, JsonNode.Parse(ValueOf(await test.MutateAsync("notes:add", """{"kind":"query"}""")))!.AsArray().Count);
            Assert.Equal(2, runs);
        }
    }

    [Fact]
    public async Task It_uses_nothing_of_the_budget_and_has_one_of_its_own() => await InMutationAsync(
        async call =>
        {
            for (var at = 0; at < 8; at++) await call.Insert("tasks", "{}");
            var before = await call.Syscall("1.0/getTransactionMetrics", "{}");
            Assert.Equal("8", await call.Run("snapshotQuery", "tasks:count"));
            Assert.Equal(before, await call.Syscall("1.0/getTransactionMetrics", "{}"));
            Assert.StartsWith(
                "FunctionFailed: Uncaught Error: Too many documents read in a single function execution (limit: 3). ",
                await RefusalAsync(() => call.Run("snapshotQuery", "tasks:count", limits: """{"documentsRead":3}""")),
                StringComparison.Ordinal);
            Assert.Equal(before, await call.Syscall("1.0/getTransactionMetrics", "{}"));
        },
        prepare: async test =>
        {
            test.Functions
                .Query("tasks:count", async call => JsonNode.Parse(await call.Collect("tasks"))!.AsArray().Count.ToString(System.Globalization.CultureInfo.InvariantCulture))
                .Mutation("tasks:fill", async call =>
                {
                    for (var at = 0; at < 8; at++) await call.Insert("tasks", "{}");
                    return "null";
                });
            await test.PushAsync();
            ValueOf(await test.MutateAsync("tasks:fill"));
        });

    [Fact]
    public async Task It_has_the_moment_and_the_snapshot_of_its_mutation()
    {
        var functions = new FakeFunctions()
            .Query("meta:get", async call => $"[{call.Invocation.StartMilliseconds},{await call.Syscall("1.0/getSnapshotTs", "{}")}]")
            .Mutation("meta:both", async call =>
            {
                await call.Insert("tasks", "{}");
                return $"[[{call.Invocation.StartMilliseconds},{await call.Syscall("1.0/getSnapshotTs", "{}")}],{await call.Run("snapshotQuery", "meta:get")}]";
            });
        await using var test = await StartAsync(functions);
        var both = JsonNode.Parse(ValueOf(await test.MutateAsync("meta:both")))!.AsArray();
        Assert.Equal(both[0]!.ToJsonString(), both[1]!.ToJsonString());
        Assert.NotEqual(functions.Begun.First().Seed, functions.Begun.Last().Seed);
    }

    [Fact]
    public async Task Queries_may_not_ask_for_it_and_it_may_not_write()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Query("tasks:all", call => call.Collect("tasks"))
            .Query("tasks:stale", call => call.Run("snapshotQuery", "tasks:all"))
            .Mutation("tasks:add", call => call.Syscall("1.0/insert", """{"table":"tasks","value":{}}"""))
            .Query("tasks:write", call => call.Syscall("1.0/insert", """{"table":"tasks","value":{}}"""))
            .Mutation("outer:mutation", call => call.Run("snapshotQuery", "tasks:add"))
            .Mutation("outer:write", call => call.Run("snapshotQuery", "tasks:write"))
            .Mutation("outer:nested", call => call.Run("query", "tasks:stale")));
        Assert.Equal("Uncaught Error: `useStaleSnapshot` is only supported in mutations, not queries.", (await test.QueryAsync("tasks:stale")).Error!.Message);
        Assert.Contains("`useStaleSnapshot` is only supported in mutations", (await test.MutateAsync("outer:nested")).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("Trying to execute tasks.js:add as Query, but it is defined as Mutation.", (await test.MutateAsync("outer:mutation")).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("`db.insert` is not available in a query.", (await test.MutateAsync("outer:write")).Error!.Message, StringComparison.Ordinal);
    }
}
