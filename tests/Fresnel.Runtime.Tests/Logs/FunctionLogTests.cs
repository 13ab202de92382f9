using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Logs;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Logs;

public sealed class FunctionLogTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact, Spec("deploy-api", 41)]
    public async Task Times_increase_strictly_and_a_reader_misses_nothing()
    {
        var log = new FunctionLog(new ManualTime());
        var cursor = 0.0;
        var read = new List<string>();
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 100; i++) log.Add(Entry($"{round * 100 + i}"));
            var page = await log.ReadAsync(cursor, Patience, Cancellation);
            Assert.True(page.Cursor > cursor);
            Assert.Equal(page.Cursor, page.Entries[^1].Timestamp);

            // As seconds, which is how they are sent, they still differ.
            Assert.Equal(100, page.Entries.Select(entry => entry.Timestamp / 1000).Distinct().Count());
            read.AddRange(page.Entries.Select(entry => entry.Identifier));
            cursor = page.Cursor;
        }

        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => $"{i}"), read);
    }

    [Fact, Spec("deploy-api", 40)]
    public async Task A_reader_with_nothing_to_read_waits_for_an_entry()
    {
        var log = new FunctionLog(new ManualTime());
        var waiting = log.ReadAsync(0, Patience, Cancellation).AsTask();
        Assert.False(waiting.IsCompleted);
        log.Add(Entry("a"));
        var page = await waiting.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal("a", Assert.Single(page.Entries).Identifier);
    }

    [Fact, Spec("deploy-api", 40)]
    public async Task A_reader_that_waited_long_enough_gets_its_own_cursor_back()
    {
        var time = new ManualTime();
        var log = new FunctionLog(time);
        var waiting = log.ReadAsync(42, Patience, Cancellation).AsTask();
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        var page = await waiting.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Empty(page.Entries);
        Assert.Equal(42, page.Cursor);
    }

    [Fact]
    public async Task At_its_bounds_the_oldest_entries_go()
    {
        var log = new FunctionLog(new ManualTime());
        for (var i = 0; i < FunctionLog.MostEntries + 10; i++) log.Add(Entry($"{i}"));
        var page = await log.ReadAsync(0, Patience, Cancellation);
        Assert.Equal(FunctionLog.MostEntries, page.Entries.Count);
        Assert.Equal("10", page.Entries[0].Identifier);

        log.Add(Entry("large") with { Error = new string('x', FunctionLog.MostCharacters) });
        Assert.Equal("large", Assert.Single((await log.ReadAsync(0, Patience, Cancellation)).Entries).Identifier);
    }

    [Fact, Spec("deploy-api", 42)]
    public async Task Lines_of_actions_come_while_they_run_and_not_again()
    {
        var release = new TaskCompletionSource();
        await using var test = await StartAsync(new FakeFunctions().Action("chat:reply", async call =>
        {
            call.Log("thinking");
            await release.Task;
            return "null";
        }));
        var running = test.ActAsync("chat:reply");
        var page = await test.Deployment.Logs.ReadAsync(0, Patience, Cancellation);
        var progress = Assert.Single(page.Entries);
        Assert.Equal((FunctionLogEntryKind.Progress, "chat:reply", "[LOG] 'thinking'"), (progress.Kind, progress.Identifier, Assert.Single(progress.LogLines).Pretty));

        release.SetResult();
        Assert.Equal("[LOG] 'thinking'", Assert.Single((await running).LogLines).Pretty);
        var completion = Assert.Single((await test.Deployment.Logs.ReadAsync(page.Cursor, Patience, Cancellation)).Entries);
        Assert.Equal((FunctionLogEntryKind.Completion, FunctionKind.Action, progress.ExecutionId), (completion.Kind, completion.FunctionKind, completion.ExecutionId));
        Assert.Empty(completion.LogLines);
    }

    [Fact]
    public async Task Queries_and_mutations_bring_their_lines_and_errors_when_they_end()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("test:run", call =>
            {
                call.Log("hello");
                throw new DeveloperException("Test", "boom");
            })
            .Query("_system/cli/tables", _ => Task.FromResult("1")));
        await test.Invoker.QueryAsync(Call("_system/cli/tables", identity: Identity.Admin), null, Cancellation);
        await test.MutateAsync("test:run");
        var entry = Assert.Single((await test.Deployment.Logs.ReadAsync(0, Patience, Cancellation)).Entries);
        Assert.Equal((FunctionLogEntryKind.Completion, FunctionKind.Mutation, "test:run"), (entry.Kind, entry.FunctionKind, entry.Identifier));
        Assert.Equal("[LOG] 'hello'", Assert.Single(entry.LogLines).Pretty);
        Assert.Equal("Uncaught Error: boom\n    at handler (../convex/test.ts:1:1)\n", entry.Error);
        Assert.Equal((FunctionCaller.SyncWorker, "unknown"), (entry.Caller, entry.IdentityType));
    }

    private static FunctionLogEntry Entry(string identifier) => new()
    {
        Kind = FunctionLogEntryKind.Completion,
        FunctionKind = FunctionKind.Query,
        Component = "",
        Identifier = identifier,
        RequestId = "r",
        ExecutionId = "e",
        Caller = FunctionCaller.SyncWorker,
    };
}
