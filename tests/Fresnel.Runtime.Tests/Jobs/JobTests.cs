using System.Text.Json.Nodes;
using Fresnel.Engine.Stores;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Jobs;

public sealed class JobTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Functions that schedule, cancel and look; each test adds what is to run.</summary>
    private static FakeFunctions Functions => new FakeFunctions()
        .Mutation("jobs:schedule", async call =>
        {
            var given = JsonNode.Parse(call.Argument)!;
            return $"\"{await call.Schedule(given["name"]!.GetValue<string>(), call.Invocation.StartMilliseconds + given["after"]!.GetValue<double>(), """{"given":1}""")}\"";
        })
        .Mutation("jobs:cancel", call => call.Syscall("1.0/cancel_job", call.Argument))
        .Query("jobs:list", call => call.Collect("_scheduled_functions"))
        .Query("jobs:get", call => call.GetSystem(JsonNode.Parse(call.Argument)!["id"]!.GetValue<string>()))
        .Query("tasks:list", call => call.Collect("tasks"));

    [Fact, Spec("function-runtime", 59)]
    public async Task A_scheduled_mutation_runs_when_it_is_due()
    {
        var functions = Functions.Mutation("tasks:add", async call =>
        {
            await call.Insert("tasks", call.Argument);
            return "null";
        }, isInternal: true);
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "tasks:add", 60_000);
        var pending = await JobAsync(test, id);
        Assert.Equal(("tasks.js:add", """[{"given":1}]"""), (pending["name"]!.GetValue<string>(), pending["args"]!.ToJsonString()));
        Assert.Equal(test.Now + 60_000, pending["scheduledTime"]!.GetValue<double>());
        Assert.Equal("""{"kind":"pending"}""", pending["state"]!.ToJsonString());
        Assert.StartsWith("kc2", id, StringComparison.Ordinal);

        await NextTimerAsync(test);
        test.Time.Advance(TimeSpan.FromMilliseconds(59_999));
        Assert.Equal("pending", await StateAsync(test, id));
        test.Time.Advance(TimeSpan.FromMilliseconds(1));
        var job = await EndedAsync(test, id);
        Assert.Equal("""{"kind":"success"}""", job["state"]!.ToJsonString());
        Assert.Equal(test.Now, job["completedTime"]!.GetValue<double>());
        Assert.Single(JsonNode.Parse(ValueOf(await test.QueryAsync("tasks:list")))!.AsArray());
    }

    [Fact]
    public async Task A_job_that_the_store_does_not_let_begin_is_begun_again_after_a_while_and_not_at_once()
    {
        var functions = Functions.Mutation("tasks:add", async call =>
        {
            await call.Insert("tasks", call.Argument);
            return "null";
        });
        var first = await StartAsync(functions);
        await ScheduleAsync(first, "tasks:add", 60_000);
        await first.Deployment.Database.CheckpointAsync(Cancellation);
        await first.DisposeAsync();

        // The code of the function is on pages that are read when the job begins.
        var (time, refused) = (new ManualTime(), 0);
        var isRefusing = true;
        var store = new FaultyCommitStore(first.Store.Reopen());
        var options = new DeploymentOptions { BundleFolder = Path.GetTempPath(), Time = time };
        await using var deployment = await Deployment.StartAsync(store, options, new FunctionRunners(functions, functions), Cancellation);
        await TurnsAsync(() => time.WaitingTimers >= 2);
        var timers = time.WaitingTimers;
        store.Fault = (_, call) => call == StoreCall.ReadPages && isRefusing && ++refused > 0 ? new StoreFault(StoreFailure.Refused) : null;
        time.Advance(TimeSpan.FromMinutes(1));
        await TurnsAsync(() => refused > 0 && time.WaitingTimers >= timers);
        Assert.InRange(refused, 1, 4); // The loop itself may have looked for it too.

        isRefusing = false;
        await TurnsAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return functions.Begun.Any(invocation => invocation.Function.Path.Export == "add");
        });

        static async Task TurnsAsync(Func<bool> isSo)
        {
            using var patience = new CancellationTokenSource(Patience);
            while (!isSo())
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    [Fact, Spec("data-model", 71), Spec("function-runtime", 59)]
    public async Task A_scheduled_mutation_that_throws_is_failed_with_its_error_and_writes_nothing()
    {
        var functions = Functions.Mutation("tasks:fail", async call =>
        {
            await call.Insert("tasks", "{}");
            throw new DeveloperException("Test", "boom");
        });
        await using var test = await StartAsync(functions);
        var job = await EndedAsync(test, await ScheduleAsync(test, "tasks:fail", 0));
        Assert.Equal("failed", job["state"]!["kind"]!.GetValue<string>());
        Assert.Equal("Uncaught Error: boom\n    at handler (../convex/test.ts:1:1)", job["state"]!["error"]!.GetValue<string>());
        Assert.Equal("[]", ValueOf(await test.QueryAsync("tasks:list")));
    }

    [Fact, Spec("function-runtime", 59)]
    public async Task A_scheduled_mutation_that_overran_its_time_is_failed_and_not_run_again()
    {
        const string Text = "Function execution timed out (maximum duration: 1s)";
        var runs = 0;
        var functions = Functions.Mutation("tasks:loop", async call =>
        {
            Interlocked.Increment(ref runs);
            await call.Insert("tasks", "{}");
            throw new InvocationAbandonedException(AbandonReason.TimedOut, Text);
        });
        await using var test = await StartAsync(functions);
        var job = await EndedAsync(test, await ScheduleAsync(test, "tasks:loop", 0));
        Assert.Equal(("failed", Text), (job["state"]!["kind"]!.GetValue<string>(), job["state"]!["error"]!.GetValue<string>()));
        Assert.Equal("[]", ValueOf(await test.QueryAsync("tasks:list")));
        Assert.Equal(1, runs);
    }

    [Fact, Spec("function-runtime", 58), Spec("data-model", 71)]
    public async Task What_a_failing_mutation_scheduled_never_exists_and_what_a_failing_action_scheduled_does()
    {
        var functions = Functions
            .Mutation("test:mutate", async call =>
            {
                await call.Schedule("tasks:add", 0);
                throw new DeveloperException("Test", "boom");
            })
            .Action("test:act", async call =>
            {
                await call.Schedule("tasks:add", call.Invocation.StartMilliseconds, fromAction: true);
                throw new DeveloperException("Test", "boom");
            })
            .Mutation("tasks:add", _ => Task.FromResult("null"));
        await using var test = await StartAsync(functions);
        Assert.NotNull((await test.MutateAsync("test:mutate")).Error);
        Assert.Equal("[]", ValueOf(await test.QueryAsync("jobs:list")));
        Assert.NotNull((await test.ActAsync("test:act")).Error);
        var jobs = JsonNode.Parse(ValueOf(await test.QueryAsync("jobs:list")))!.AsArray();
        Assert.Equal("success", (await EndedAsync(test, jobs[0]!["_id"]!.GetValue<string>()))["state"]!["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_scheduled_action_is_in_progress_while_it_runs()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var functions = Functions.Action("test:act", async _ =>
        {
            started.SetResult();
            await release.Task;
            return "null";
        });
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "test:act", 0);
        await started.Task.WaitAsync(Patience, Cancellation);
        Assert.Equal("inProgress", await StateAsync(test, id));
        release.SetResult();
        Assert.Equal("success", (await EndedAsync(test, id))["state"]!["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_mutation_sees_its_own_job_in_progress_and_others_see_it_pending()
    {
        var seen = new TaskCompletionSource<string>();
        var release = new TaskCompletionSource();
        var functions = Functions.Mutation("test:look", async call =>
        {
            seen.TrySetResult(await call.Collect("_scheduled_functions"));
            await release.Task;
            return "null";
        });
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "test:look", 0);
        Assert.Contains("inProgress", await seen.Task.WaitAsync(Patience, Cancellation), StringComparison.Ordinal);
        Assert.Equal("pending", await StateAsync(test, id));
        release.SetResult();
        await EndedAsync(test, id);
    }

    [Fact, Spec("function-runtime", 60)]
    public async Task An_action_that_was_interrupted_is_failed_at_the_next_start_and_not_run_again()
    {
        var runs = 0;
        var started = new TaskCompletionSource();
        var functions = Functions.Action("test:act", async call =>
        {
            runs++;
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, call.CancellationToken);
            return "null";
        });
        var store = new MemoryCommitStore();
        var test = await StartAsync(functions, store: store);
        var id = await ScheduleAsync(test, "test:act", 0);
        await started.Task.WaitAsync(Patience, Cancellation);
        store.Crash();
        await test.DisposeAsync();

        await using var later = await StartAsync(functions, store: store.Reopen());
        var job = await EndedAsync(later, id);
        Assert.Equal("""{"error":"Transient error while executing action","kind":"failed"}""", job["state"]!.ToJsonString());
        Assert.NotNull(job["completedTime"]);
        Assert.Equal(1, runs);
    }

    [Fact, Spec("function-runtime", 60)]
    public async Task A_mutation_that_was_interrupted_runs_once_at_the_next_start()
    {
        var hangs = true;
        var started = new TaskCompletionSource();
        var functions = Functions.Mutation("tasks:add", async call =>
        {
            await call.Insert("tasks", "{}");
            started.TrySetResult();
            if (hangs) await Task.Delay(Timeout.Infinite, call.CancellationToken);
            return "null";
        });
        var store = new MemoryCommitStore();
        var test = await StartAsync(functions, store: store);
        var id = await ScheduleAsync(test, "tasks:add", 0);
        await started.Task.WaitAsync(Patience, Cancellation);
        store.Crash();
        await test.DisposeAsync();

        hangs = false;
        await using var later = await StartAsync(functions, store: store.Reopen());
        Assert.Equal("success", (await EndedAsync(later, id))["state"]!["kind"]!.GetValue<string>());
        Assert.Single(JsonNode.Parse(ValueOf(await later.QueryAsync("tasks:list")))!.AsArray());
    }

    [Fact, Spec("function-runtime", 61, 63), Spec("data-model", 72)]
    public async Task Cancelling_a_pending_job_keeps_it_from_running()
    {
        var functions = Functions.Mutation("tasks:add", _ => throw new InvalidOperationException("It must not run."));
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "tasks:add", 1_000);
        Assert.Equal("null", ValueOf(await test.MutateAsync("jobs:cancel", $$"""{"id":"{{id}}"}""")));
        Assert.Equal("canceled", await StateAsync(test, id));
        test.Time.Advance(TimeSpan.FromSeconds(2));
        var other = await ScheduleAsync(test, "jobs:cancel", 0);
        await EndedAsync(test, other);
        Assert.Equal("canceled", await StateAsync(test, id));
        Assert.DoesNotContain(test.Functions.Begun, invocation => invocation.Function.Path.Module == "tasks");

        Assert.Equal("null", ValueOf(await test.MutateAsync("jobs:cancel", $$"""{"id":"{{id}}"}""")));
        Assert.Equal(
            "Uncaught Error: Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table.",
            (await test.MutateAsync("jobs:cancel", """{"id":"garbage"}""")).Error!.Message);
    }

    [Fact, Spec("function-runtime", 61)]
    public async Task What_a_cancelled_action_schedules_is_born_cancelled()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var child = new TaskCompletionSource<string>();
        var functions = Functions
            .Action("test:act", async call =>
            {
                started.SetResult();
                await release.Task;
                child.SetResult(await call.Schedule("test:act", call.Invocation.StartMilliseconds, fromAction: true));
                return "null";
            });
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "test:act", 0);
        await started.Task.WaitAsync(Patience, Cancellation);
        ValueOf(await test.MutateAsync("jobs:cancel", $$"""{"id":"{{id}}"}"""));
        release.SetResult();
        Assert.Equal("canceled", await StateAsync(test, await child.Task.WaitAsync(Patience, Cancellation)));
        Assert.Equal("canceled", await StateAsync(test, id));
    }

    [Fact]
    public async Task A_mutation_cannot_cancel_itself()
    {
        var functions = Functions.Mutation("test:suicide", async call =>
        {
            var self = JsonNode.Parse(await call.Collect("_scheduled_functions"))!.AsArray()[0]!["_id"]!.GetValue<string>();
            return await call.Syscall("1.0/cancel_job", $$"""{"id":"{{self}}"}""");
        });
        await using var test = await StartAsync(functions);
        var job = await EndedAsync(test, await ScheduleAsync(test, "test:suicide", 0));
        Assert.StartsWith("Uncaught Error: A mutation cannot cancel itself", job["state"]!["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancellation_that_commits_first_wins_over_a_running_mutation()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var functions = Functions.Mutation("tasks:add", async call =>
        {
            await call.Insert("tasks", "{}");
            started.TrySetResult();
            await release.Task;
            return "null";
        });
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "tasks:add", 0);
        await started.Task.WaitAsync(Patience, Cancellation);
        ValueOf(await test.MutateAsync("jobs:cancel", $$"""{"id":"{{id}}"}"""));
        release.SetResult();
        await EndedAsync(test, await ScheduleAsync(test, "jobs:cancel", 0));
        Assert.Equal("canceled", await StateAsync(test, id));
        Assert.Equal("[]", ValueOf(await test.QueryAsync("tasks:list")));
    }

    [Fact, Spec("function-runtime", 62)]
    public async Task A_scheduled_function_runs_as_nobody_and_knows_its_job()
    {
        var seen = new TaskCompletionSource<(string Identity, string Request)>();
        var functions = Functions
            .Mutation("test:meta", async call => $"[{await call.Syscall("1.0/getUserIdentity", "{}")},{await call.Syscall("1.0/getRequestMetadata", "{}")}]")
            .Action("test:act", async call =>
            {
                var both = JsonNode.Parse(await Invocations.ActionTests.Call(call, "mutation", "test:meta"))!.AsArray();
                seen.SetResult((both[0]?.ToJsonString() ?? "null", both[1]!["scheduledFunctionId"]!.GetValue<string>()));
                return "null";
            });
        await using var test = await StartAsync(functions);
        var ada = new UserIdentity(ValueObject.Create(("tokenIdentifier", "https://issuer|ada")));
        var outcome = await test.Invoker.Mutate(Call("jobs:schedule", """{"name":"test:act","after":0}""", ada), null, Cancellation).Completed;
        Assert.Equal(("null", ValueOf(outcome).Trim('"')), await seen.Task.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task What_cannot_be_scheduled_is_refused()
    {
        await using var test = await StartAsync(Functions);
        await RefusedAsync("Attempted to schedule function at nonexistent path: gone.js", "gone:run", 0);
        await RefusedAsync("Attempted to schedule function, but no exported function gone found in the file: jobs.js. Did you forget to export it?", "jobs:gone", 0);
        await RefusedAsync("is more than 5 years in the future", "jobs:cancel", 1.6e11);
        await RefusedAsync("is more than 5 years in the past", "jobs:cancel", -1.6e11);

        async Task RefusedAsync(string text, string name, double after) => Assert.Contains(
            text,
            (await test.MutateAsync("jobs:schedule", $$"""{"name":"{{name}}","after":{{after.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}""")).Error!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_may_be_larger_and_deeper_than_a_document()
    {
        var seen = new TaskCompletionSource<string>();
        var arguments = $$"""{"deep":{{new string('[', 60)}}{{new string(']', 60)}},"large":"{{new string('x', 2 << 20)}}"}""";
        var functions = Functions
            .Mutation("test:schedule", async call => $"\"{await call.Schedule("test:run", 1.7e12, arguments)}\"")
            .Mutation("test:run", call =>
            {
                seen.SetResult(call.Argument);
                return Task.FromResult("null");
            });
        await using var test = await StartAsync(functions);
        ValueOf(await test.MutateAsync("test:schedule"));
        Assert.True(arguments == await seen.Task.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task A_job_of_a_query_fails()
    {
        var functions = Functions.Query("test:read", _ => Task.FromResult("1"));
        await using var test = await StartAsync(functions);
        var query = await EndedAsync(test, await ScheduleAsync(test, "test:read", 0));
        Assert.Equal("Trying to execute test.js:read as Mutation, but it is defined as Query.", query["state"]!["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task Jobs_run_side_by_side_as_far_as_there_are_places()
    {
        var running = 0;
        var most = 0;
        var full = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var functions = Functions
            .Action("test:act", async _ =>
            {
                var now = Interlocked.Increment(ref running);
                most = Math.Max(most, now);
                if (now == 2) full.TrySetResult();
                await release.Task;
                Interlocked.Decrement(ref running);
                return "null";
            });
        await using var test = await StartAsync(functions, new FunctionLimits { ConcurrentJobs = 2 });
        var ids = new List<string>();
        for (var i = 0; i < 6; i++) ids.Add(await ScheduleAsync(test, "test:act", 0));
        await full.Task.WaitAsync(Patience, Cancellation);
        release.SetResult();
        foreach (var id in ids) Assert.Equal("success", (await EndedAsync(test, id))["state"]!["kind"]!.GetValue<string>());
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task An_action_without_a_place_is_pending_and_begins_when_there_is_one()
    {
        var begun = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var functions = Functions.Action("test:act", async _ =>
        {
            begun.TrySetResult();
            await release.Task;
            return "null";
        });
        await using var test = await StartAsync(functions, new FunctionLimits { ConcurrentActions = 1, WaitingInvocations = 0 });
        var first = await ScheduleAsync(test, "test:act", 0);
        await begun.Task.WaitAsync(Patience, Cancellation);
        var timers = test.Time.WaitingTimers;
        var second = await ScheduleAsync(test, "test:act", 0);
        using (var patience = new CancellationTokenSource(Patience))
        {
            // Turned away at the gate, it waits for its next try.
            while (test.Time.WaitingTimers <= timers) await Task.Delay(1, patience.Token);
        }

        Assert.Equal(("inProgress", "pending"), (await StateAsync(test, first), await StateAsync(test, second)));

        release.SetResult();
        Assert.Equal("success", (await EndedAsync(test, first))["state"]!["kind"]!.GetValue<string>());
        while (await StateAsync(test, second) is "pending" or "inProgress")
        {
            test.Time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Delay(1, Cancellation);
        }

        Assert.Equal("success", await StateAsync(test, second));
    }

    [Fact]
    public async Task A_mutation_that_uses_up_the_whole_time_again_and_again_is_failed()
    {
        var runs = 0;
        var functions = Functions.Mutation("tasks:wait", async call =>
        {
            Interlocked.Increment(ref runs);
            await Task.Delay(Timeout.Infinite, call.CancellationToken);
            return "null";
        });
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "tasks:wait", 0);
        while (await StateAsync(test, id) == "pending")
        {
            test.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, Cancellation);
        }

        Assert.Equal(("failed", "Function execution timed out (maximum duration: 15s)"), ((await JobAsync(test, id))["state"]!["kind"]!.GetValue<string>(), (await JobAsync(test, id))["state"]!["error"]!.GetValue<string>()));
        Assert.Equal(5, runs);
    }

    [Fact]
    public async Task A_job_whose_commit_the_store_refused_is_tried_again_after_a_while()
    {
        var runs = 0;
        var functions = Functions.Mutation("tasks:add", async call =>
        {
            Interlocked.Increment(ref runs);
            await call.Insert("tasks", "{}");
            return "null";
        });
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "tasks:add", 1_000);
        await NextTimerAsync(test);
        var refusals = 1;
        test.Store.FailAppend = _ => refusals-- > 0 ? StoreFailure.Refused : null;
        test.Time.Advance(TimeSpan.FromSeconds(1));
        while (await StateAsync(test, id) == "pending")
        {
            // In small steps: a leap would carry the second run past its time limit while it is still at work.
            test.Time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Delay(1, Cancellation);
        }

        Assert.Equal("success", await StateAsync(test, id));
        Assert.Equal(2, runs);
        Assert.Single(JsonNode.Parse(ValueOf(await test.QueryAsync("tasks:list")))!.AsArray());
    }

    [Fact, Spec("data-model", 72), Spec("function-runtime", 59)]
    public async Task Ended_jobs_are_kept_for_7_days()
    {
        var functions = Functions.Mutation("tasks:add", _ => Task.FromResult("null"));
        await using var test = await StartAsync(functions);
        var id = await ScheduleAsync(test, "tasks:add", 0);
        await EndedAsync(test, id);
        var far = await ScheduleAsync(test, "tasks:add", 1e10);
        await NextTimerAsync(test);
        test.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        Assert.Equal("success", await StateAsync(test, id));
        test.Time.Advance(TimeSpan.FromHours(2));
        await Publications.UntilAsync(test.Deployment.Database, async () => ValueOf(await test.QueryAsync("jobs:get", $$"""{"id":"{{id}}"}""")) == "null");
        Assert.Equal("pending", await StateAsync(test, far));
    }

    private static async Task<string> ScheduleAsync(TestDeployment test, string name, double after) => ValueOf(
        await test.MutateAsync("jobs:schedule", $$"""{"name":"{{name}}","after":{{after.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}""")).Trim('"');

    private static async Task<JsonNode> JobAsync(TestDeployment test, string id) => JsonNode.Parse(ValueOf(await test.QueryAsync("jobs:get", $$"""{"id":"{{id}}"}""")))!;

    private static async Task<string> StateAsync(TestDeployment test, string id) => (await JobAsync(test, id))["state"]!["kind"]!.GetValue<string>();

    private static async Task<JsonNode> EndedAsync(TestDeployment test, string id)
    {
        await Publications.UntilAsync(test.Deployment.Database, async () => await StateAsync(test, id) is not ("pending" or "inProgress"));
        return await JobAsync(test, id);
    }

    /// <summary>Waits for the loop to have gone to sleep until the next job is due.</summary>
    private static async Task NextTimerAsync(TestDeployment test)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (test.Time.WaitingTimers < 2) await Task.Delay(1, patience.Token);
    }
}
