using System.Text;
using System.Text.Json.Nodes;
using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Jobs.Crons;
using Fresnel.Runtime.Pushes;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Jobs.Crons;

public sealed class CronTests
{
    private const string EveryMinute = """{"type":"interval","seconds":60}""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Adds a row, and tells who called.</summary>
    private static FakeFunctions Functions => new FakeFunctions()
        .Mutation("tasks:add", async call =>
        {
            await call.Insert("tasks", call.Argument);
            call.Log("added");
            return "7";
        }, isInternal: true)
        .Mutation("tasks:fail", async call =>
        {
            await call.Insert("tasks", "{}");
            call.Log("about to fail");
            throw new DeveloperException("Test", "boom");
        })
        .Query("tasks:list", call => call.Collect("tasks"));

    [Fact, Spec("function-runtime", 64)]
    public async Task An_interval_runs_at_the_deploy_and_then_from_the_time_it_was_due()
    {
        await using var test = await StartAsync(Functions);
        var start = test.Time.GetUtcNow();
        await DeployAsync(test, ("sweep", "tasks.js:add", EveryMinute));
        await RunsAsync(test, 1);
        Assert.Equal((start, start.AddMinutes(1)), await TimesAsync(test, "sweep"));

        await AdvanceAsync(test, TimeSpan.FromSeconds(59.999));
        Assert.Equal(1, await CountAsync(test));
        test.Time.Advance(TimeSpan.FromMilliseconds(1));
        await RunsAsync(test, 2);
        Assert.Equal((start.AddMinutes(1), start.AddMinutes(2)), await TimesAsync(test, "sweep"));
        var log = (await LogsAsync(test, "sweep"))[^1];
        Assert.Equal("""{"result":{"type":"default","value":7},"type":"success"}""", JsonOf(log["status"]));
        Assert.Equal("""{"isTruncated":false,"logLines":["[LOG] 'added'"]}""", JsonOf(log["logLines"]));
        Assert.Equal(FunctionCaller.Cron, (await test.Deployment.Logs.ReadAsync(0, TimeSpan.Zero, Cancellation)).Entries.Last(entry => entry.Identifier == "tasks:add").Caller);
        Assert.Equal("[]", ValueOf(await JobsAsync(test)));
    }

    [Fact, Spec("function-runtime", 62)]
    public async Task A_cron_runs_as_nobody_and_is_no_scheduled_function()
    {
        var seen = new TaskCompletionSource<string>();
        var functions = Functions.Mutation("tasks:look", async call =>
        {
            seen.TrySetResult($"{await call.Syscall("1.0/getUserIdentity", "{}")} {JsonNode.Parse(await call.Syscall("1.0/getRequestMetadata", "{}"))!["scheduledFunctionId"]?.ToJsonString() ?? "null"} {call.Argument}");
            return "null";
        }, isInternal: true);
        await using var test = await StartAsync(functions);
        await DeployAsync(test, ("look", "tasks.js:look", EveryMinute));
        Assert.Equal("""null null {"given":1}""", await seen.Task.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task A_cron_that_fails_notes_it_writes_nothing_else_and_goes_on()
    {
        await using var test = await StartAsync(Functions);
        await DeployAsync(test, ("sweep", "tasks.js:fail", EveryMinute));
        await LoggedAsync(test, "sweep", 1);
        await AdvanceAsync(test, TimeSpan.FromMinutes(1));
        await LoggedAsync(test, "sweep", 2);
        Assert.Equal(0, await CountAsync(test));
        var log = (await LogsAsync(test, "sweep"))[^1];
        Assert.Equal("Uncaught Error: boom\n    at handler (../convex/test.ts:1:1)", log["status"].AsObject()["error"].AsString());
        Assert.Equal("err", log["status"].AsObject()["type"].AsString());
        Assert.Equal("""["[LOG] 'about to fail'"]""", JsonOf(log["logLines"].AsObject()["logLines"]));
    }

    [Fact, Spec("function-runtime", 64), Spec("data-model", 73)]
    public async Task An_action_slower_than_its_interval_never_overlaps_itself_and_what_fell_due_is_skipped_and_noted()
    {
        var (running, most, runs) = (0, 0, 0);
        var begun = System.Threading.Channels.Channel.CreateUnbounded<TaskCompletionSource>();
        var functions = Functions.Action("tasks:slow", async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            Interlocked.Increment(ref runs);
            var release = new TaskCompletionSource();
            begun.Writer.TryWrite(release);
            await release.Task;
            Interlocked.Decrement(ref running);
            return "null";
        });
        await using var test = await StartAsync(functions);
        var start = test.Time.GetUtcNow();
        await DeployAsync(test, ("slow", "tasks.js:slow", EveryMinute));
        var first = await begun.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation);
        Assert.Equal(CronDocuments.InProgress, await StateAsync(test, "slow"));
        test.Time.Advance(TimeSpan.FromMinutes(3.5));
        Assert.Equal(1, runs);
        first.SetResult();
        await Publications.UntilAsync(test.Deployment.Database, async () => await StateAsync(test, "slow") == CronDocuments.Pending);
        Assert.Equal((start, start.AddMinutes(4)), await TimesAsync(test, "slow"));
        var logs = await LogsAsync(test, "slow");
        Assert.Equal("""{"num_canceled":{"$integer":"AwAAAAAAAAA="},"type":"canceled"}""", JsonOf(logs[^1]["status"]));
        Assert.Equal(start.AddMinutes(1), CronDocuments.Moment(logs[^1]["ts"]));
        var line = await WarningAsync(test);
        Assert.StartsWith("3 occurrences of the cron \"slow\" fell due", line.Messages[0], StringComparison.Ordinal);

        await AdvanceAsync(test, TimeSpan.FromMinutes(0.5));
        (await begun.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation)).SetResult();
        Assert.Equal((1, 2), (most, runs));
    }

    [Fact]
    public async Task After_downtime_the_occurrence_that_was_next_runs_late_and_once_and_the_others_are_skipped()
    {
        var store = new MemoryCommitStore();
        var first = await StartAsync(Functions, store: store);
        var start = first.Time.GetUtcNow();
        await DeployAsync(first, ("sweep", "tasks.js:add", EveryMinute));
        await RunsAsync(first, 1);
        store.Crash();
        await first.DisposeAsync();

        var time = new ManualTime();
        time.Advance(TimeSpan.FromMinutes(10.5));
        await using var test = await StartAsync(Functions, store: store.Reopen(), time: time);
        await RunsAsync(test, 2);
        Assert.Equal((start.AddMinutes(1), start.AddMinutes(11)), await TimesAsync(test, "sweep"));
        Assert.Equal(Value.Int64(9), (await LogsAsync(test, "sweep"))[^1]["status"].AsObject()["num_canceled"]);
    }

    [Fact, Spec("function-runtime", 60)]
    public async Task An_action_that_was_interrupted_is_noted_as_failed_not_run_again_and_followed_by_the_next()
    {
        var runs = 0;
        var started = new TaskCompletionSource();
        var functions = Functions.Action("tasks:act", async call =>
        {
            Interlocked.Increment(ref runs);
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, call.CancellationToken);
            return "null";
        });
        var store = new MemoryCommitStore();
        var first = await StartAsync(functions, store: store);
        var start = first.Time.GetUtcNow();
        await DeployAsync(first, ("act", "tasks.js:act", EveryMinute));
        await started.Task.WaitAsync(Patience, Cancellation);
        store.Crash();
        await first.DisposeAsync();

        await using var test = await StartAsync(functions, store: store.Reopen());
        Assert.Equal((start, start.AddMinutes(1)), await TimesAsync(test, "act"));
        Assert.Equal("""{"error":"Transient error while executing action","type":"err"}""", JsonOf((await LogsAsync(test, "act"))[^1]["status"]));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_push_touches_only_crons_that_changed()
    {
        await using var test = await StartAsync(Functions);
        var start = test.Time.GetUtcNow();
        var daily = """{"type":"daily","hourUTC":5}""";
        var diff = await DeployAsync(test, ("a", "tasks.js:add", EveryMinute), ("b", "tasks.js:add", daily), ("c", "tasks.js:add", daily));
        Assert.Equal("a b c, , ", Told(diff));
        await RunsAsync(test, 1);
        var drawn = (await TimesAsync(test, "b")).Next;
        Assert.Equal(5, drawn.Hour);

        await AdvanceAsync(test, TimeSpan.FromSeconds(30));
        diff = await DeployAsync(test, ("a", "tasks.js:add", EveryMinute), ("b", "tasks.js:add", """{"type":"daily","hourUTC":6}"""), ("d", "tasks.js:add", EveryMinute));
        Assert.Equal("d, b, c", Told(diff));
        await RunsAsync(test, 2);
        Assert.Equal(start.AddMinutes(1), (await TimesAsync(test, "a")).Next);
        Assert.Equal(drawn.AddHours(1), (await TimesAsync(test, "b")).Next);
        Assert.Equal(start.AddSeconds(90), (await TimesAsync(test, "d")).Next);
        diff = await DeployAsync(test, ("a", "tasks.js:add", EveryMinute), ("b", "tasks.js:add", """{"type":"daily","hourUTC":6}"""), ("d", "tasks.js:add", EveryMinute));
        Assert.Equal(", , ", Told(diff));
        await DeployAsync(test);
        Assert.Empty(await LogsAsync(test, "a"));
        Assert.Empty(await ListAsync(test, SystemTables.CronNextRun, "by_cron_job"));
    }

    [Fact]
    public async Task A_cron_that_is_removed_while_its_action_runs_is_gone_and_one_that_is_changed_waits_for_it()
    {
        var begun = System.Threading.Channels.Channel.CreateUnbounded<(string Argument, TaskCompletionSource Release)>();
        var functions = Functions.Action("tasks:slow", async call =>
        {
            var release = new TaskCompletionSource();
            begun.Writer.TryWrite((call.Argument, release));
            await release.Task;
            return "null";
        });
        await using var test = await StartAsync(functions);
        await DeployAsync(test, ("changed", "tasks.js:slow", EveryMinute), ("removed", "tasks.js:slow", EveryMinute));
        var both = new[] { await NextAsync(), await NextAsync() };
        test.Time.Advance(TimeSpan.FromSeconds(10));
        var now = test.Time.GetUtcNow();
        await DeployAsync(test, ("changed", "tasks.js:slow", """{"type":"interval","seconds":600}"""));
        Assert.Equal(CronDocuments.InProgress, await StateAsync(test, "changed"));
        foreach (var (_, release) in both) release.SetResult();

        // The new schedule is due at once, as soon as the old run has ended.
        (await NextAsync()).Release.SetResult();
        await Publications.UntilAsync(test.Deployment.Database, async () => await StateAsync(test, "changed") == CronDocuments.Pending);
        Assert.Equal((now, now.AddMinutes(10)), await TimesAsync(test, "changed"));
        Assert.Single(await ListAsync(test, SystemTables.CronNextRun, "by_cron_job"));
        Assert.Empty(await LogsAsync(test, "removed"));

        async Task<(string Argument, TaskCompletionSource Release)> NextAsync() => await begun.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task A_late_result_of_a_lost_run_does_not_end_a_later_one()
    {
        await using var test = await StartAsync(Functions.Action("tasks:never", call => Task.Delay(Timeout.Infinite, call.CancellationToken).ContinueWith(_ => "null", TaskScheduler.Default)));
        await DeployAsync(test, ("never", "tasks.js:never", EveryMinute));
        await Publications.UntilAsync(test.Deployment.Database, async () => await StateAsync(test, "never") == CronDocuments.InProgress);

        // As a run of this occurrence would that another process, or another life of this one, had begun.
        await test.Deployment.Database.CommitAsync(
            async (transaction, token) =>
            {
                var cron = Assert.Single(await CronDocuments.ListAsync(transaction, "", token));
                var nextRun = await CronDocuments.NextRunOfAsync(transaction, cron, token);
                var other = new CronOccurrence(Parts(test), cron, nextRun);
                await transaction.PatchAsync(transaction.Find(SystemTables.CronNextRun), nextRun.Id, new ValuePatch([KeyValuePair.Create("state", CronDocuments.State(CronDocuments.InProgress, "another"))]), token);
                Assert.False(await other.TakeAsync(transaction, token));
                await other.EndAsync(transaction, Runtime.Jobs.JobEnd.Failed("late"), token);
                Assert.Equal(CronDocuments.InProgress, CronDocuments.StateOf(await CronDocuments.NextRunOfAsync(transaction, cron, token)));
                return true;
            },
            Cancellation);
        Assert.Empty(await LogsAsync(test, "never"));
    }

    [Fact]
    public async Task The_last_five_runs_are_kept_and_large_results_are_cut()
    {
        await using var test = await StartAsync(Functions.Mutation("tasks:large", call =>
        {
            call.Log(new string('x', 20_000));
            return Task.FromResult($"\"{new string('y', 100_000)}\"");
        }));
        await DeployAsync(test, ("large", "tasks.js:large", EveryMinute));
        for (var i = 1; i <= 7; i++)
        {
            await LoggedAsync(test, "large", Math.Min(i, 5));
            await Publications.UntilAsync(test.Deployment.Database, async () => (await TimesAsync(test, "large")).Next > test.Time.GetUtcNow());
            await AdvanceAsync(test, TimeSpan.FromMinutes(1));
        }

        var logs = await LogsAsync(test, "large");
        Assert.Equal(5, logs.Count);
        Assert.Equal("truncated", logs[0]["status"].AsObject()["result"].AsObject()["type"].AsString());
        Assert.True(logs[0]["logLines"].AsObject()["isTruncated"] == true);
        Assert.True(ValueJson.Write(Value.Object(logs[0])).Length < 100_000);
    }

    private static InvokerParts Parts(TestDeployment test) => new(
        test.Deployment.Database, test.Deployment.Catalog, new FunctionRunners(test.Functions, test.Functions), test.Deployment.Logs, null!, null!, null!, test.Deployment.Options);

    private static async Task<CronDiff> DeployAsync(TestDeployment test, params (string Name, string Function, string Schedule)[] crons)
    {
        var wanted = crons.ToDictionary(
            cron => cron.Name, cron => new CronSpec(cron.Function, """[{"given":1}]"""u8.ToArray(), ValueJson.Parse(Encoding.UTF8.GetBytes(cron.Schedule)).AsObject()));
        return (await test.Deployment.Database.CommitAsync(
            (transaction, token) => new DeployedCrons(transaction, "", test.Time.GetUtcNow(), SystemEntropy.Instance).ReplaceAsync(wanted, token), Cancellation)).Result;
    }

    /// <summary>Waits for the line in the log of functions: it is written once the end of the run is durable.</summary>
    private static async Task<LogLine> WarningAsync(TestDeployment test)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (var cursor = 0.0; ;)
        {
            var page = await test.Deployment.Logs.ReadAsync(cursor, TimeSpan.FromDays(1), patience.Token);
            if (page.Entries.SelectMany(entry => entry.LogLines).FirstOrDefault(line => line.SystemCode == "cronSkipped") is { } line) return line;
            cursor = page.Cursor;
        }
    }

    /// <summary>Moves the clock on once the loop has set its timer.</summary>
    private static async Task AdvanceAsync(TestDeployment test, TimeSpan by)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (test.Time.WaitingTimers < 2) await Task.Delay(1, patience.Token);
        test.Time.Advance(by);
    }

    private static async Task<int> CountAsync(TestDeployment test) => JsonNode.Parse(ValueOf(await test.QueryAsync("tasks:list")))!.AsArray().Count;

    private static Task RunsAsync(TestDeployment test, int count) => Publications.UntilAsync(test.Deployment.Database, async () => await CountAsync(test) == count);

    private static Task LoggedAsync(TestDeployment test, string cron, int count) => Publications.UntilAsync(test.Deployment.Database, async () => (await LogsAsync(test, cron)).Count == count);

    private static Task<FunctionOutcome> JobsAsync(TestDeployment test)
    {
        test.Functions.Query("tasks:jobs", call => call.Collect("_scheduled_functions"));
        return PushedAsync();

        async Task<FunctionOutcome> PushedAsync()
        {
            await test.PushAsync();
            return await test.QueryAsync("tasks:jobs");
        }
    }

    private static async Task<List<ValueObject>> LogsAsync(TestDeployment test, string cron) =>
        [.. (await ListAsync(test, SystemTables.CronJobLogs, "by_component_name_time", "", cron)).Select(log => log.Fields)];

    private static async Task<string> StateAsync(TestDeployment test, string cron) => CronDocuments.StateOf(await NextRunAsync(test, cron));

    private static async Task<(DateTimeOffset Previous, DateTimeOffset Next)> TimesAsync(TestDeployment test, string cron)
    {
        var nextRun = await NextRunAsync(test, cron);
        return (nextRun.Fields["prevTs"] is { Kind: ValueKind.Int64 } previous ? CronDocuments.Moment(previous) : default, CronDocuments.DueOf(nextRun));
    }

    private static async Task<Document> NextRunAsync(TestDeployment test, string cron)
    {
        using var transaction = test.Deployment.Database.BeginRead();
        return await CronDocuments.NextRunOfAsync(
            transaction, (await CronDocuments.ListAsync(transaction, "", Cancellation)).Single(document => document.Fields["name"] == cron), Cancellation);
    }

    private static async Task<List<Document>> ListAsync(TestDeployment test, Engine.Tables.SystemTable table, string index, params Value[] prefix)
    {
        using var transaction = test.Deployment.Database.BeginRead();
        return await transaction.ListAsync(table, index, prefix, Cancellation);
    }

    private static string Told(CronDiff diff) => string.Join(", ", ((IReadOnlyList<string>[])[diff.Added, diff.Updated, diff.Deleted]).Select(names => string.Join(' ', names)));

    private static string JsonOf(Value value) => Encoding.UTF8.GetString(ValueJson.Write(value));
}
