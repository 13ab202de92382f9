using Fresnel.Runtime.Live;
using Fresnel.Testing;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Live;

/// <summary>What makes a subscription run again and what does not, from real functions to the runs that are counted.</summary>
public sealed class LiveInvalidationTests
{
    private static FakeFunctions Functions => new FakeFunctions()
        .Query("tasks:list", call => call.Collect("tasks"))
        .Query("tasks:firstTwo", call => call.Collect("tasks", "by_creation_time", operators: """[{"limit":2}]"""))
        .Mutation("tasks:add", async call => $"\"{await call.Insert("tasks", call.Argument)}\"")
        .Mutation("tasks:patch", call => call.Syscall("1.0/shallowMerge", call.Argument))
        .Mutation("other:add", async call => $"\"{await call.Insert("other", "{}")}\"");

    [Fact, Spec("data-model", 10)]
    public async Task A_patch_that_changes_nothing_makes_nobody_run_again()
    {
        await using var test = await StartAsync(Functions);
        var id = ValueOf(await test.MutateAsync("tasks:add", """{"a":1}"""));
        using var session = test.Deployment.Live.OpenSession();
        var shown = await WatchAsync(test, session, "tasks:list");

        ValueOf(await test.MutateAsync("tasks:patch", $$$"""{"id":{{{id}}},"value":{"a":1}}"""));
        Assert.Equal(1, await RunsAfterAsync(test, session, shown, "tasks:list"));
        ValueOf(await test.MutateAsync("tasks:patch", $$$"""{"id":{{{id}}},"value":{"a":2}}"""));
        Assert.Equal(2, await RunsAfterAsync(test, session, shown, "tasks:list"));
        Assert.Contains("\"a\":2", shown.Values[0], StringComparison.Ordinal);
    }

    [Fact, Spec("data-model", 25)]
    public async Task The_first_two_do_not_depend_on_what_comes_behind_them()
    {
        await using var test = await StartAsync(Functions);
        var first = ValueOf(await test.MutateAsync("tasks:add", """{"a":1}"""));
        test.Time.Advance(TimeSpan.FromMilliseconds(1)); // At one moment, ids would decide which is behind.
        ValueOf(await test.MutateAsync("tasks:add", """{"a":2}"""));
        test.Time.Advance(TimeSpan.FromMilliseconds(1));
        using var session = test.Deployment.Live.OpenSession();
        var shown = await WatchAsync(test, session, "tasks:firstTwo");

        ValueOf(await test.MutateAsync("tasks:add", """{"a":3}"""));
        Assert.Equal(1, await RunsAfterAsync(test, session, shown, "tasks:firstTwo"));
        ValueOf(await test.MutateAsync("tasks:patch", $$$"""{"id":{{{first}}},"value":{"a":9}}"""));
        Assert.Equal(2, await RunsAfterAsync(test, session, shown, "tasks:firstTwo"));
    }

    [Fact, Spec("data-model", 26)]
    public async Task A_table_that_is_made_is_seen_by_who_found_none()
    {
        await using var test = await StartAsync(Functions);
        using var session = test.Deployment.Live.OpenSession();
        var shown = await WatchAsync(test, session, "tasks:list");
        Assert.Equal("[]", shown.Values[0]);

        Assert.Equal(1, await RunsAfterAsync(test, session, shown, "tasks:list"));
        ValueOf(await test.MutateAsync("tasks:add", """{"a":1}"""));
        Assert.Equal(2, await RunsAfterAsync(test, session, shown, "tasks:list"));
        Assert.Contains("\"a\":1", shown.Values[0], StringComparison.Ordinal);
    }

    private static async Task<ShownState> WatchAsync(TestDeployment test, LiveSession session, string query)
    {
        var shown = new ShownState(session);
        test.Functions.Begun.Clear();
        session.ChangeQueries(1, [new(0, Call(query))]);
        while (!shown.Values.ContainsKey(0)) await shown.NextAsync();
        return shown;
    }

    /// <summary>Commits something that nobody watches, takes transitions up to it, and counts the runs so far.</summary>
    private static async Task<int> RunsAfterAsync(TestDeployment test, LiveSession session, ShownState shown, string query)
    {
        var last = await test.MutateAsync("other:add");
        session.RequireTransition(last.Timestamp);
        await shown.CatchUpAsync(last.Timestamp);
        return test.Functions.Begun.Count(invocation => invocation.Function.Path.ToString() == query);
    }
}
