using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Jobs;

/// <summary>How many jobs, how late, how often, and with what arguments.</summary>
public sealed class JobBoundsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static FakeFunctions Functions => new FakeFunctions()
        .Mutation("jobs:schedule", async call =>
        {
            var given = JsonNode.Parse(call.Argument)!;
            return $"\"{await call.Schedule(given["name"]!.GetValue<string>(), call.Invocation.StartMilliseconds + given["after"]!.GetValue<double>(), given["args"]?.ToJsonString() ?? "{}")}\"";
        })
        .Mutation("jobs:cancel", call => call.Syscall("1.0/cancel_job", call.Argument))
        .Mutation("tasks:none", _ => Task.FromResult("null"))
        .Query("jobs:list", call => call.Collect("_scheduled_functions"));

    [Fact]
    public async Task Only_so_many_jobs_may_be_outstanding()
    {
        const string Refusal = "Too many scheduled functions have not run yet (limit: 3)";
        var store = new MemoryCommitStore();
        var limits = new FunctionLimits { OutstandingJobs = 3 };
        var test = await StartAsync(Functions, limits, store);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++) ids.Add(ValueOf(await ScheduleAsync(test, "tasks:none", 1e9)).Trim('"'));
        Assert.Contains(Refusal, (await ScheduleAsync(test, "tasks:none", 1e9)).Error!.Message, StringComparison.Ordinal);

        // What has run makes room at once, what was cancelled once the jobs are counted again.
        ValueOf(await test.MutateAsync("jobs:cancel", $$"""{"id":"{{ids[0]}}"}"""));
        test.Time.Advance(TimeSpan.FromMinutes(1));
        await EndedAsync(test, ValueOf(await ScheduleAsync(test, "tasks:none", 0)).Trim('"'));
        await UntilAsync(async () => (await ScheduleAsync(test, "tasks:none", 1e9)).Error is null);
        Assert.Contains(Refusal, (await ScheduleAsync(test, "tasks:none", 1e9)).Error!.Message, StringComparison.Ordinal);
        await test.DisposeAsync();

        await using var later = await StartAsync(Functions, limits, store.Reopen());
        Assert.Contains(Refusal, (await WhenCountedAsync(later)).Message, StringComparison.Ordinal);

        // The jobs of the process before are counted beside the start.
        static async Task<FunctionError> WhenCountedAsync(TestDeployment test)
        {
            while ((await ScheduleAsync(test, "tasks:none", 1e9)).Error is not { } error)
            {
                test.Time.Advance(TimeSpan.FromMinutes(1));
                if ((await ListAsync(test)).Count(job => job.State == "pending") > 4) Assert.Fail("It was not refused.");
            }

            return (await ScheduleAsync(test, "tasks:none", 1e9)).Error!;
        }
    }

    [Fact]
    public async Task A_mutation_that_loses_every_worker_it_runs_in_is_failed_in_the_end()
    {
        var runs = 0;
        var functions = Functions.Mutation("tasks:exit", async call =>
        {
            Interlocked.Increment(ref runs);
            await call.Insert("tasks", "{}");
            throw new InvocationAbandonedException(AbandonReason.WorkerLost, "The worker ended.");
        });
        await using var test = await StartAsync(functions);
        var id = ValueOf(await ScheduleAsync(test, "tasks:exit", 0)).Trim('"');
        Job job;
        while ((job = await JobAsync(test, id)).State == "pending")
        {
            test.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1, Cancellation);
        }

        Assert.Equal(("failed", "The process that ran this function ended while it ran, each time that it was tried"), (job.State, job.Error));
        Assert.Equal(5 * 4, runs);
    }

    [Fact]
    public async Task What_was_due_while_nothing_ran_begins_in_the_order_of_its_time_as_many_at_once_as_may_be()
    {
        var begun = new ConcurrentQueue<int>();
        var functions = Functions.Mutation("tasks:note", call =>
        {
            begun.Enqueue((int)JsonNode.Parse(call.Argument)!["n"]!.GetValue<double>());
            return Task.FromResult("null");
        });
        var store = new MemoryCommitStore();
        var first = await StartAsync(functions, store: store);
        foreach (var n in (int[])[7, 3, 9, 1, 5, 8, 2]) ValueOf(await ScheduleAsync(first, "tasks:note", n * 1_000, $$"""{"n":{{n}}}"""));
        await first.DisposeAsync();

        var time = new ManualTime();
        time.Advance(TimeSpan.FromSeconds(8.5));
        await using var test = await StartAsync(functions, new FunctionLimits { ConcurrentJobs = 1 }, store.Reopen(), time);
        await Publications.UntilAsync(test.Deployment.Database, async () => (await ListAsync(test)).Count(job => job.State == "success") == 6);
        Assert.Equal([1, 2, 3, 5, 7, 8], begun);
        Assert.Single(await ListAsync(test), job => job.State == "pending");
    }

    [Fact, Spec("function-runtime", 61)]
    public async Task Cancelling_a_job_that_has_ended_changes_nothing()
    {
        await using var test = await StartAsync(Functions);
        var id = ValueOf(await ScheduleAsync(test, "tasks:none", 0)).Trim('"');
        await EndedAsync(test, id);
        var before = await test.QueryAsync("jobs:list");
        Assert.Equal("null", ValueOf(await test.MutateAsync("jobs:cancel", $$"""{"id":"{{id}}"}""")));
        Assert.Equal(ValueOf(before), ValueOf(await test.QueryAsync("jobs:list")));
    }

    [Fact, Spec("function-runtime", 61)]
    public async Task What_the_mutations_of_a_cancelled_action_schedule_is_born_cancelled_too()
    {
        var (started, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var child = new TaskCompletionSource<string>();
        var functions = Functions.Action("test:act", async call =>
        {
            started.SetResult();
            await release.Task;
            child.SetResult((await Invocations.ActionTests.Call(call, "mutation", "jobs:schedule", """{"name":"tasks:none","after":0}""")).Trim('"'));
            return "null";
        });
        await using var test = await StartAsync(functions);
        var id = ValueOf(await ScheduleAsync(test, "test:act", 0)).Trim('"');
        await started.Task.WaitAsync(Patience, Cancellation);
        ValueOf(await test.MutateAsync("jobs:cancel", $$"""{"id":"{{id}}"}"""));
        release.SetResult();
        Assert.Equal("canceled", (await JobAsync(test, await child.Task.WaitAsync(Patience, Cancellation))).State);
    }

    [Fact, Spec("function-runtime", 58)]
    public async Task What_a_nested_mutation_scheduled_goes_with_it_when_it_fails_and_its_caller_goes_on()
    {
        var functions = Functions
            .Mutation("test:inner", async call =>
            {
                await call.Schedule("tasks:none", call.Invocation.StartMilliseconds, """{"by":"inner"}""");
                throw new DeveloperException("Test", "boom");
            })
            .Mutation("test:outer", async call =>
            {
                await Assert.ThrowsAnyAsync<DeveloperException>(() => call.Run("mutation", "test:inner"));
                await call.Schedule("tasks:none", call.Invocation.StartMilliseconds, """{"by":"outer"}""");
                return "null";
            });
        await using var test = await StartAsync(functions);
        ValueOf(await test.MutateAsync("test:outer"));
        Assert.Equal("""[{"by":"outer"}]""", Assert.Single(JsonNode.Parse(ValueOf(await test.QueryAsync("jobs:list")))!.AsArray())!["args"]!.ToJsonString());
    }

    [Fact]
    public async Task A_placeholder_of_the_commits_timestamp_is_refused_in_arguments()
    {
        await using var test = await StartAsync(Functions);
        var refused = await ScheduleAsync(test, "tasks:none", 0, """{"at":{"$commitTs":null}}""");
        Assert.Contains("$commitTs", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(await ListAsync(test));
    }

    private static Task<FunctionOutcome> ScheduleAsync(TestDeployment test, string name, double after, string args = "{}") =>
        test.MutateAsync("jobs:schedule", $$"""{"name":"{{name}}","after":{{after.ToString(CultureInfo.InvariantCulture)}},"args":{{args}}}""");

    private static async Task<List<Job>> ListAsync(TestDeployment test) =>
        [.. JsonNode.Parse(ValueOf(await test.QueryAsync("jobs:list")))!.AsArray().Select(job =>
            new Job(job!["_id"]!.GetValue<string>(), job["state"]!["kind"]!.GetValue<string>(), job["state"]!["error"]?.GetValue<string>()))];

    private static async Task<Job> JobAsync(TestDeployment test, string id) => (await ListAsync(test)).Single(job => job.Id == id);

    private static Task EndedAsync(TestDeployment test, string id) =>
        Publications.UntilAsync(test.Deployment.Database, async () => (await JobAsync(test, id)).State is not ("pending" or "inProgress"));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo()) await Task.Delay(1, patience.Token);
    }

    private sealed record Job(string Id, string State, string? Error);
}
