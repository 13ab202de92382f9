using System.Text.Json.Nodes;
using Fresnel.Engine;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary>The limits of one transaction as they are by default: at the limit all is well, one over it the function is told, and may catch it.</summary>
public sealed class TransactionLimitTests
{
    private const string ReadLess = "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";

    [Fact, Spec("data-model", 53)]
    public async Task Documents_and_ranges_read()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Query("tasks:scan", async call => $"{JsonNode.Parse(await call.Collect("tasks", operators: call.Argument))!.AsArray().Count}")
            .Query("tasks:ranges", async call =>
            {
                for (var n = 0; n < 4_096; n++) await RangeAsync(call, n);
                await RangeAsync(call, 0); // Read before.
                return $"\"{await RefusalAsync(() => RangeAsync(call, 4_096))}\"";
            })
            .Query("tasks:gets", async call =>
            {
                var ids = JsonNode.Parse(call.Argument)!["ids"]!.AsArray().Select(id => id!.GetValue<string>()).ToList();
                foreach (var id in ids[..^1]) await call.Get(id);
                await call.Get(ids[0]);
                return $"\"{await RefusalAsync(() => call.Get(ids[^1]))}\"";
            }));
        await test.CreateTableAsync("tasks", "by_n", "n");
        var (ids, _) = await test.Deployment.Database.CommitAsync(
            async (transaction, token) =>
            {
                var made = new List<string>();
                for (var n = 0; n < 32_001; n++) made.Add((await transaction.InsertAsync(transaction.FindTable("", "tasks")!, ValueObject.Create(("n", Value.Float64(n))), token)).Id.ToString());
                return made;
            },
            Cancellation);

        Assert.Equal("32000", ValueOf(await test.QueryAsync("tasks:scan", """[[{"limit":32000}]]""")));
        Assert.Equal($"Uncaught Error: Too many documents read in a single function execution (limit: 32000). {ReadLess}", (await test.QueryAsync("tasks:scan", "[[]]")).Error!.Message);
        const string Reads = $"\"TooManyReads: Too many reads in a single function execution (limit: 4096). {ReadLess}\"";
        Assert.Equal(Reads, ValueOf(await test.QueryAsync("tasks:ranges")));
        Assert.Equal(Reads, ValueOf(await test.QueryAsync("tasks:gets", $$"""{"ids":[{{string.Join(',', ids[..4_097].Select(id => $"\"{id}\""))}}]}""")));

        static Task<string> RangeAsync(FakeCall call, int n) => call.Collect("tasks", "by_n", $$"""[{"type":"Eq","fieldPath":"n","value":{{2 * n}}}]""");
    }

    [Fact, Spec("data-model", 53)]
    public async Task Bytes_read()
    {
        const int Length = 1_000_000;
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("tasks:add", call => call.Insert("tasks", $$"""{"text":"{{new string('x', Length)}}"}""").ContinueWith(_ => "null", TaskScheduler.Default))
            .Query("tasks:scan", async call => $"{JsonNode.Parse(await call.Collect("tasks", operators: call.Argument))!.AsArray().Count}"));
        for (var i = 0; i < 17; i++) ValueOf(await test.MutateAsync("tasks:add"));
        Assert.Equal("16", ValueOf(await test.QueryAsync("tasks:scan", """[[{"limit":16}]]""")));
        Assert.Equal($"Uncaught Error: Too many bytes read in a single function execution (limit: 16777216 bytes). {ReadLess}", (await test.QueryAsync("tasks:scan", "[[]]")).Error!.Message);
    }

    [Fact, Spec("data-model", 53)]
    public Task Documents_written() => InMutationAsync(async call =>
    {
        var id = await call.Insert("tasks", """{"n":0}""");
        for (var n = 1; n < 16_000; n++) await call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{id}}}","value":{"n":{{{n}}}}}""");
        Assert.Equal("TooManyWrites: Too many writes in a single function execution (limit: 16000)", await RefusalAsync(() => call.Syscall("1.0/remove", $$"""{"id":"{{id}}"}""")));
    });

    [Fact, Spec("data-model", 53)]
    public Task Bytes_written() => InMutationAsync(async call =>
    {
        string? last = null;
        for (var i = 0; i < 16; i++) last = await call.Insert("tasks", $$"""{"a":"{{new string('x', (1 << 20) - 67)}}"}""");
        Assert.Equal("TooManyBytesWritten: Too many bytes written in a single function execution (limit: 16 MiB)", await RefusalAsync(() => call.Insert("tasks", "{}")));
        await call.Syscall("1.0/remove", $$"""{"id":"{{last}}"}"""); // What is deleted has no size.
    });

    [Fact, Spec("data-model", 53)]
    public Task Functions_scheduled() => InMutationAsync(async call =>
    {
        var later = call.Invocation.StartMilliseconds + 1e9;
        for (var i = 0; i < 1_000; i++) await call.Schedule("test:run", later);
        Assert.Equal("TooManyFunctionsScheduled: Too many functions scheduled by this mutation (limit: 1000)", await RefusalAsync(() => call.Schedule("test:run", later)));
    });

    [Fact, Spec("data-model", 53)]
    public Task Bytes_of_arguments_scheduled() => InMutationAsync(async call =>
    {
        var later = call.Invocation.StartMilliseconds + 1e9;
        var text = $$"""{"a":"{{new string('x', 4_000_000)}}"}""";
        for (var i = 0; i < 4; i++) await call.Schedule("test:run", later, text);
        Assert.Equal(
            "ScheduledFunctionsArgumentsTooLarge: Too large total size of the arguments of scheduled functions from this mutation (limit: 16777216 bytes)",
            await RefusalAsync(() => call.Schedule("test:run", later, text)));
    });

    /// <summary>Of calls: the sizes of all arguments together, and of the result.</summary>
    [Fact]
    public async Task Arguments_and_results()
    {
        await using var test = await StartAsync(
            new FakeFunctions().Query("echo:text", call => Task.FromResult($"\"{new string('x', JsonNode.Parse(call.Argument)!["length"]!.GetValue<int>())}\"")),
            new FunctionLimits { ArgumentBytes = 30, ResultBytes = 10 });
        Assert.Equal("\"xxxxxxxx\"", ValueOf(await test.QueryAsync("echo:text", """{"length":8,"more":"12"}"""))); // 2 + 16 + 9 is 27; the text is 2 + 8.
        Assert.Equal("Function echo.js:text return value is too large (actual: 11 B, limit: 10 B)", (await test.QueryAsync("echo:text", """{"length":9}""")).Error!.Message);
        Assert.Equal("Arguments for echo.js:text are too large (actual: 31 B, limit: 30 B)", (await test.QueryAsync("echo:text", """{"length":8,"more":"123456"}""")).Error!.Message);
    }

    /// <summary>The texts tell the numbers that were chosen, and so do metrics.</summary>
    [Fact]
    public Task Limits_that_an_operator_chose_are_the_ones_that_count() => InMutationAsync(
        async call =>
        {
            var metrics = JsonNode.Parse(await call.Syscall("1.0/getTransactionMetrics", "{}"))!;
            Assert.Equal((2, 3, 1), (Remaining("documentsWritten"), Remaining("databaseQueries"), Remaining("functionsScheduled")));
            await call.Insert("tasks", "{}");
            await call.Insert("tasks", "{}");
            Assert.Equal("TooManyWrites: Too many writes in a single function execution (limit: 2)", await RefusalAsync(() => call.Insert("tasks", "{}")));
            await call.Schedule("test:run", call.Invocation.StartMilliseconds + 1e9);
            Assert.Equal(
                "TooManyFunctionsScheduled: Too many functions scheduled by this mutation (limit: 1)",
                await RefusalAsync(() => call.Schedule("test:run", call.Invocation.StartMilliseconds + 1e9)));

            int Remaining(string name) => metrics[name]!["remaining"]!.GetValue<int>();
        },
        new FunctionLimits { ScheduledFunctions = 1 },
        new DataLimits { Transactions = new() { DocumentsWritten = 2, DatabaseQueries = 3 } });
}
