using System.Text.Json.Nodes;
using Fresnel.Engine.Stores;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class MutationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static FakeFunctions Counter => new FakeFunctions()
        .Mutation("counter:add", async call =>
        {
            var counters = JsonNode.Parse(await call.Collect("counters"))!.AsArray();
            if (counters.Count == 0)
            {
                await call.Insert("counters", """{"n":1}""");
                return "1";
            }

            var n = counters[0]!["n"]!.GetValue<int>() + 1;
            await call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{counters[0]!["_id"]!.GetValue<string>()}}}","value":{"n":{{{n}}}}}""");
            return $"{n}";
        })
        .Query("counter:get", async call => JsonNode.Parse(await call.Collect("counters"))!.AsArray() is [var counter] ? $"{counter!["n"]}" : "0");

    [Fact, Spec("data-model", 49)]
    public async Task Mutations_that_conflict_run_again_and_none_is_lost()
    {
        await using var test = await StartAsync(Counter);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => test.MutateAsync("counter:add"))));
        Assert.Equal(Enumerable.Range(1, 40), outcomes.Select(outcome => int.Parse(ValueOf(outcome))).Order());
        Assert.Equal("40", ValueOf(await test.QueryAsync("counter:get")));
        Assert.Equal(40, outcomes.Select(outcome => outcome.Timestamp).Distinct().Count());
    }

    [Fact, Spec("function-runtime", 32)]
    public async Task A_run_after_a_conflict_has_a_new_time_and_seed()
    {
        await using var test = await StartAsync(new FakeFunctions());
        var runs = new List<(double Time, string Seed)>();
        test.Functions
            .Mutation("other:add", call => call.Syscall("1.0/insert", """{"table":"tasks","value":{}}"""))
            .Mutation("test:run", async call =>
            {
                runs.Add((call.Invocation.StartMilliseconds, Convert.ToHexString(call.Invocation.Seed.Span)));
                var count = JsonNode.Parse(await call.Collect("tasks"))!.AsArray().Count;
                if (runs.Count == 1)
                {
                    test.Time.Advance(TimeSpan.FromMilliseconds(5));
                    ValueOf(await test.MutateAsync("other:add"));
                }

                await call.Insert("seen", $$"""{"count":{{count}}}""");
                call.Log($"run {runs.Count}");
                return $"{count}";
            });
        await test.PushAsync();

        var outcome = await test.MutateAsync("test:run");
        Assert.Equal("1", ValueOf(outcome));
        Assert.Equal(2, runs.Count);
        Assert.Equal(runs[0].Time + 5, runs[1].Time);
        Assert.NotEqual(runs[0].Seed, runs[1].Seed);
        Assert.Equal("[LOG] 'run 2'", Assert.Single(outcome.LogLines).Pretty);
    }

    [Fact, Spec("function-runtime", 32, 37), Spec("data-model", 52)]
    public async Task A_conflict_is_told_only_when_the_time_is_up()
    {
        await using var test = await StartAsync(new FakeFunctions(), new FunctionLimits { TotalTime = TimeSpan.FromSeconds(15) });
        var caught = 0;
        test.Functions
            .Mutation("other:add", call => call.Syscall("1.0/insert", """{"table":"tasks","value":{}}"""))
            .Mutation("test:run", async call =>
            {
                try
                {
                    await call.Collect("tasks");
                    test.Time.Advance(TimeSpan.FromSeconds(5));
                    ValueOf(await test.MutateAsync("other:add"));
                    await call.Insert("seen", "{}");
                }
                catch (DeveloperException)
                {
                    caught++;
                }

                return "null";
            });
        await test.PushAsync();

        var error = (await test.MutateAsync("test:run")).Error!;
        Assert.Equal("OptimisticConcurrencyControlFailure", error.SystemCode);
        Assert.StartsWith(
            "Documents read from or written to the \"tasks\" table changed while this mutation was being run and on every subsequent retry. ", error.Message, StringComparison.Ordinal);
        Assert.Contains(" changed the document with ID \"j5", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("See https://docs.convex.dev/error#1", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, caught);
    }

    [Fact, Spec("data-model", 50)]
    public async Task Mutations_that_only_insert_do_not_conflict()
    {
        await using var test = await StartAsync(new FakeFunctions().Mutation("tasks:add", call => call.Syscall("1.0/insert", """{"table":"tasks","value":{}}""")));
        ValueOf(await test.MutateAsync("tasks:add"));
        test.Functions.Begun.Clear();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => test.MutateAsync("tasks:add"))));
        Assert.Equal(20, test.Functions.Begun.Count);
    }

    [Fact, Spec("client-protocol", 35), Spec("data-model", 47)]
    public async Task A_failing_mutation_writes_nothing()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("tasks:throw", async call =>
            {
                await call.Insert("tasks", "{}");
                throw new DeveloperException("Test", "boom");
            })
            .Mutation("tasks:lie", async call => $"\"{await call.Insert("tasks", "{}")}\"", returns: """{"type":"null"}""")
            .Query("tasks:list", call => call.Collect("tasks")));

        var thrown = await test.MutateAsync("tasks:throw");
        Assert.Equal("Uncaught Error: boom\n    at handler (../convex/test.ts:1:1)\n", thrown.Error!.FullText);
        Assert.StartsWith("ReturnsValidationError: Value does not match validator.", (await test.MutateAsync("tasks:lie")).Error!.Message, StringComparison.Ordinal);
        Assert.Equal("[]", ValueOf(await test.QueryAsync("tasks:list")));
    }

    [Fact, Spec("client-protocol", 32)]
    public async Task A_request_that_is_sent_again_has_one_effect_and_the_same_answer()
    {
        await using var test = await StartAsync(Counter);
        var request = new RequestKey("3b1f7a9c-0000-4000-8000-000000000001", 7);
        var first = await test.MutateAsync("counter:add", request: request);
        var again = await test.MutateAsync("counter:add", request: request);
        Assert.Equal(("1", first.Timestamp), (ValueOf(again), again.Timestamp));
        Assert.Equal("2", ValueOf(await test.MutateAsync("counter:add", request: request with { RequestId = 8 })));
        Assert.Equal("3", ValueOf(await test.MutateAsync("counter:add", request: request with { SessionId = "another" })));
        Assert.Equal("3", ValueOf(await test.QueryAsync("counter:get")));
    }

    [Fact, Spec("client-protocol", 32)]
    public async Task Two_copies_of_a_request_that_run_at_once_have_one_effect()
    {
        await using var test = await StartAsync(Counter);
        var request = new RequestKey("3b1f7a9c-0000-4000-8000-000000000001", 7);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => test.MutateAsync("counter:add", request: request))));
        Assert.Equal(["1"], outcomes.Select(ValueOf).Distinct());
        Assert.Single(outcomes.Select(outcome => outcome.Timestamp).Distinct());
    }

    [Fact, Spec("client-protocol", 32)]
    public async Task The_record_of_a_request_survives_a_restart_with_its_log_lines()
    {
        var store = new MemoryCommitStore();
        var request = new RequestKey("session", 1);
        var functions = new FakeFunctions().Mutation("test:run", call =>
        {
            call.Log("hello");
            return Task.FromResult("""{"big":{"$integer":"AQAAAAAAAAA="}}""");
        });
        FunctionOutcome first;
        await using (var test = await StartAsync(functions, store: store)) first = await test.MutateAsync("test:run", request: request);
        await using var later = await StartAsync(functions, store: store);
        var again = await later.MutateAsync("test:run", request: request);
        Assert.Equal((ValueOf(first), first.Timestamp), (ValueOf(again), again.Timestamp));
        Assert.Equal("[LOG] 'hello'", Assert.Single(again.LogLines).Pretty);
        Assert.Single(functions.Begun);
    }

    [Fact]
    public async Task The_record_of_a_request_holds_any_result_a_function_may_return()
    {
        var nested = new string('[', 60) + new string(']', 60);
        await using var test = await StartAsync(new FakeFunctions().Mutation(
            "test:run", _ => Task.FromResult($$"""{"deep":{{nested}},"large":"{{new string('x', 3 << 20)}}"}""")));
        var request = new RequestKey("session", 1);
        var first = ValueOf(await test.MutateAsync("test:run", request: request));
        Assert.True(first == ValueOf(await test.MutateAsync("test:run", request: request)));
        Assert.Single(test.Functions.Begun);
    }

    [Fact, Spec("client-protocol", 33)]
    public async Task A_request_that_failed_runs_again()
    {
        var fails = true;
        await using var test = await StartAsync(new FakeFunctions().Mutation(
            "test:run", _ => fails ? throw new DeveloperException("Test", "boom") : Task.FromResult("1")));
        var request = new RequestKey("session", 1);
        Assert.NotNull((await test.MutateAsync("test:run", request: request)).Error);
        fails = false;
        Assert.Equal("1", ValueOf(await test.MutateAsync("test:run", request: request)));
    }

    [Fact, Spec("function-runtime", 27)]
    public async Task The_placeholder_of_the_commit_timestamp_becomes_it_in_documents_and_in_the_result()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("test:stamp", async call =>
            {
                var id = await call.Insert("stamps", """{"at":{"$commitTs":null}}""");
                Assert.Contains("""{"$commitTs":null}""", await call.Get(id), StringComparison.Ordinal);
                return """{"ats":[{"$commitTs":null}]}""";
            })
            .Query("test:read", async call => JsonNode.Parse(await call.Collect("stamps"))!.AsArray()[0]!["at"]!.ToJsonString())
            .Query("test:leak", _ => Task.FromResult("""{"$commitTs":null}""")));
        var request = new RequestKey("session", 1);
        var outcome = await test.MutateAsync("test:stamp", request: request);
        var at = System.Text.Encoding.UTF8.GetString(ValueJson.Write(Value.Int64(outcome.Timestamp.Nanoseconds)));
        Assert.Equal($$"""{"ats":[{{at}}]}""", ValueOf(outcome));
        Assert.Equal(at, ValueOf(await test.QueryAsync("test:read")));
        Assert.Equal(ValueOf(outcome), ValueOf(await test.MutateAsync("test:stamp", request: request)));
        Assert.StartsWith("Function test.js:leak return value is invalid: ", (await test.QueryAsync("test:leak")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mutation_is_sealed_before_it_is_durable_and_told_after()
    {
        await using var test = await StartAsync(Counter);
        Task<FunctionOutcome> completed;
        Timestamp? place;
        using (test.Store.Hold())
        {
            var run = test.Invoker.Mutate(Call("counter:add"), null, Cancellation);
            place = await run.Sealed.WaitAsync(Patience, Cancellation);
            await test.Store.Held.WaitAsync(Patience, Cancellation);
            completed = run.Completed;
            Assert.NotNull(place);
            Assert.False(completed.IsCompleted);

            // The next one begins from what is sealed.
            var next = test.Invoker.Mutate(Call("counter:add"), null, Cancellation);
            Assert.True(await next.Sealed.WaitAsync(Patience, Cancellation) > place);
            Assert.Equal("0", ValueOf(await test.QueryAsync("counter:get")));
        }

        Assert.Equal(place, (await completed.WaitAsync(Patience, Cancellation)).Timestamp);
    }

    [Fact]
    public async Task An_error_is_told_only_when_what_it_was_based_on_is_durable()
    {
        var functions = Counter;
        functions.Mutation("counter:check", async call =>
        {
            await call.Insert("other", "{}");
            throw new DeveloperException("Test", $"n is {JsonNode.Parse(await call.Collect("counters"))!.AsArray().Count}");
        });
        await using var test = await StartAsync(functions);
        MutationRun check;
        using (test.Store.Hold())
        {
            await test.Invoker.Mutate(Call("counter:add"), null, Cancellation).Sealed.WaitAsync(Patience, Cancellation);
            check = test.Invoker.Mutate(Call("counter:check"), null, Cancellation);
            Assert.Null(await check.Sealed.WaitAsync(Patience, Cancellation));
            Assert.False(check.Completed.IsCompleted);
        }

        Assert.Equal("Uncaught Error: n is 1", (await check.Completed.WaitAsync(Patience, Cancellation)).Error!.Message);
    }

    [Fact]
    public async Task A_commit_that_the_store_refuses_ends_in_a_fault_and_later_ones_go_on()
    {
        await using var test = await StartAsync(Counter);
        test.Store.FailAppend = _ => StoreFailure.Refused;
        Assert.Equal("CommitRefused", (await test.MutateAsync("counter:add")).Error!.SystemCode);
        test.Store.FailAppend = null;
        Assert.Equal("1", ValueOf(await test.MutateAsync("counter:add")));
    }

    [Fact]
    public async Task What_comes_after_a_mutation_that_lost_its_place_does_not_take_it()
    {
        await using var test = await StartAsync(Counter);
        MutationRun first;
        using (test.Store.Hold())
        {
            first = test.Invoker.Mutate(Call("counter:add"), null, Cancellation);
            Assert.NotNull(await first.Sealed.WaitAsync(Patience, Cancellation));
            await test.Store.Held.WaitAsync(Patience, Cancellation);
            test.Store.FailAppend = _ => StoreFailure.Refused;
        }

        Assert.Equal("CommitRefused", (await first.Completed.WaitAsync(Patience, Cancellation)).Error!.SystemCode);
        test.Store.FailAppend = null;
        var second = test.Invoker.Mutate(Call("counter:add"), null, first, Cancellation);
        Assert.Null(await second.Sealed.WaitAsync(Patience, Cancellation));
        Assert.Equal("CommitRefused", (await second.Completed.WaitAsync(Patience, Cancellation)).Error!.SystemCode);
        Assert.Equal("0", ValueOf(await test.QueryAsync("counter:get")));
        Assert.Equal("1", ValueOf(await test.MutateAsync("counter:add")));
    }

    [Fact]
    public async Task Nothing_is_told_of_a_commit_whose_fate_is_not_known()
    {
        await using var test = await StartAsync(Counter);
        test.Store.FailAppend = _ => StoreFailure.SyncFailed;
        await Assert.ThrowsAsync<InvocationAbandonedException>(() => test.MutateAsync("counter:add"));
    }

    [Fact]
    public async Task A_lost_worker_is_made_good_a_few_times()
    {
        var losses = 2;
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("test:run", _ => losses-- > 0 ? throw new InvocationAbandonedException(AbandonReason.WorkerLost, "gone") : Task.FromResult("1"))
            .Query("test:read", _ => losses-- > 0 ? throw new InvocationAbandonedException(AbandonReason.WorkerLost, "gone") : Task.FromResult("1")));
        Assert.Equal("1", ValueOf(await test.MutateAsync("test:run")));
        losses = 2;
        Assert.Equal("1", ValueOf(await test.QueryAsync("test:read")));
        losses = int.MaxValue;
        Assert.Equal(("InternalServerError", "Your request couldn't be completed. Try again later."), SystemError(await test.MutateAsync("test:run")));
        Assert.Equal(("InternalServerError", "Your request couldn't be completed. Try again later."), SystemError(await test.QueryAsync("test:read")));
    }

    [Fact]
    public async Task Running_over_the_time_in_user_code_is_the_functions_own_fault()
    {
        await using var test = await StartAsync(new FakeFunctions().Mutation(
            "test:run", _ => throw new InvocationAbandonedException(AbandonReason.TimedOut, "Function execution timed out (maximum duration: 1s)")));
        var error = (await test.MutateAsync("test:run")).Error!;
        Assert.Equal((null, "Function execution timed out (maximum duration: 1s)"), (error.SystemCode, error.Message));
    }

    [Fact]
    public async Task Beyond_the_line_mutations_are_refused()
    {
        var release = new TaskCompletionSource();
        await using var test = await StartAsync(
            new FakeFunctions().Mutation("test:wait", async _ =>
            {
                await release.Task;
                return "1";
            }),
            new FunctionLimits { ConcurrentMutations = 1, WaitingInvocations = 1 });
        var runs = new[] { test.MutateAsync("test:wait"), test.MutateAsync("test:wait") };
        Assert.Equal("TooManyConcurrentRequests", (await test.MutateAsync("test:wait")).Error!.SystemCode);
        release.SetResult();
        foreach (var run in runs) Assert.Equal("1", ValueOf(await run.WaitAsync(Patience, Cancellation)));
    }

    [Fact]
    public async Task A_bug_below_user_code_ends_the_invocation_and_user_code_sees_nothing_of_it()
    {
        var caught = false;
        await using var test = await StartAsync(new FakeFunctions().Mutation("test:run", async call =>
        {
            try
            {
                await ((TransactionScope)call.Invocation.Scope).InTurnAsync<int>((_, _) => throw new InvalidOperationException("a bug"), call.CancellationToken);
            }
            catch (DeveloperException)
            {
                caught = true;
            }

            return "1";
        }));
        Assert.Equal(("InternalServerError", "Your request couldn't be completed. Try again later."), SystemError(await test.MutateAsync("test:run")));
        Assert.False(caught);
    }

    private static (string?, string) SystemError(FunctionOutcome outcome) => (outcome.Error!.SystemCode, outcome.Error.Message);
}
