using System.Text;
using System.Text.Json.Nodes;
using Fresnel.Engine;
using Fresnel.Engine.Stores;
using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Runtime.Tests;

/// <summary>A deployment over a store in memory, with a clock that stands still and functions that are delegates.</summary>
internal sealed class TestDeployment : IAsyncDisposable
{
    private TestDeployment(MemoryCommitStore store, ManualTime time, FakeFunctions functions, Deployment deployment)
    {
        Store = store;
        Time = time;
        Functions = functions;
        Deployment = deployment;
    }

    public MemoryCommitStore Store { get; }

    public ManualTime Time { get; }

    public FakeFunctions Functions { get; }

    public Deployment Deployment { get; }

    /// <summary>The module that is pushed as one with <c>"use node"</c>; null for none.</summary>
    private string? NodeModule { get; init; }

    public FunctionInvoker Invoker => Deployment.Invoker;

    public double Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one and deploys the functions.</summary>
    public static async Task<TestDeployment> StartAsync(
        FakeFunctions functions, FunctionLimits? limits = null, MemoryCommitStore? store = null, ManualTime? time = null, IReadOnlyList<FunctionRegistration>? clr = null, DataLimits? data = null,
        string? nodeModule = null)
    {
        store ??= new MemoryCommitStore();
        time ??= new ManualTime();
        var options = new DeploymentOptions { BundleFolder = Path.GetTempPath(), Time = time, Limits = limits ?? new FunctionLimits(), DataLimits = data ?? new DataLimits(), Functions = clr ?? [] };
        var deployment = await Deployment.StartAsync(store, options, new FunctionRunners(functions, functions), Cancellation);
        var started = new TestDeployment(store, time, functions, deployment) { NodeModule = nodeModule };
        await started.PushAsync();
        return started;
    }

    /// <summary>Makes a table with an index that can be read, as a push of a schema would.</summary>
    public Task CreateTableAsync(string table, string index, params string[] fields) => CreateTableAsync(Deployment, table, index, fields);

    /// <inheritdoc cref="CreateTableAsync(string, string, string[])"/>
    public static Task CreateTableAsync(Deployment deployment, string table, string index, params string[] fields) => deployment.Database.CommitAsync(
        (transaction, _) =>
        {
            var made = transaction.CreateTable("", table);
            transaction.EnableIndex(transaction.CreateIndex(made, index, [.. fields.Select(FieldPath.Parse)]));
            return ValueTask.FromResult(true);
        },
        Cancellation);

    /// <summary>Runs a body inside a mutation: what it finds wrong is what the test fails with.</summary>
    public static async Task InMutationAsync(Func<FakeCall, Task> body, FunctionLimits? limits = null, DataLimits? data = null, Func<TestDeployment, Task>? prepare = null)
    {
        Exception? failed = null;
        await using var test = await StartAsync(
            new FakeFunctions().Mutation("test:run", async call =>
            {
                try
                {
                    await body(call);
                }
                catch (Exception exception)
                {
                    failed = exception;
                }

                return "null";
            }),
            limits,
            data: data);
        if (prepare is not null) await prepare(test);
        await test.MutateAsync("test:run");
        if (failed is not null) throw new InvalidOperationException(failed.Message, failed);
    }

    /// <summary>The text with which a syscall is refused.</summary>
    public static async Task<string> RefusalAsync(Func<Task> action)
    {
        var error = await Assert.ThrowsAnyAsync<DeveloperException>(action);
        return $"{error.Code}: {error.Message}";
    }

    /// <summary>Deploys the functions as they are now, as a push would.</summary>
    public async Task PushAsync() => await Deployment.Database.CommitAsync(
        async (transaction, cancellationToken) =>
        {
            var modules = transaction.Find(SystemTables.Modules);
            foreach (var old in await transaction.ListAsync(SystemTables.Modules, "by_component_path", [""], cancellationToken)) await transaction.DeleteAsync(modules, old.Id, cancellationToken);
            if (await transaction.FindFirstAsync(SystemTables.Sources, "by_sha256", ["00"], cancellationToken) is null)
                await transaction.InsertAsync(transaction.Find(SystemTables.Sources), ValueObject.Create(("sha256", "00"), ("source", "export {}")), cancellationToken);
            foreach (var module in Functions.All.GroupBy(fake => fake.Path.Module))
            {
                await transaction.InsertAsync(
                    modules,
                    ValueObject.Create(
                        ("component", ""), ("path", module.Key + ".js"), ("environment", module.Key == NodeModule ? "node" : "isolate"), ("sha256", "00"), ("analysis", Analysis(module))),
                    cancellationToken);
            }

            var generations = transaction.Find(SystemTables.Generations);
            var generation = await transaction.FindFirstAsync(SystemTables.Generations, "by_component", [""], cancellationToken);
            var fields = ValueObject.Create(
                ("component", ""),
                ("modules", Convert.ToHexStringLower(BitConverter.GetBytes(Functions.All.Count()))),
                ("environment", generation?.Fields["environment"] ?? Value.Int64(0)),
                ("seed", Value.Bytes(new byte[32])),
                ("importTime", Value.Float64(Now)));
            if (generation is null) await transaction.InsertAsync(generations, fields, cancellationToken);
            else await transaction.ReplaceAsync(generations, generation.Id, fields, cancellationToken);
            return true;
        },
        Cancellation);

    public static FunctionCall Call(string path, string args = "{}", Identity? identity = null, FunctionCaller caller = FunctionCaller.SyncWorker)
    {
        Assert.True(FunctionPath.TryParse(path, out var parsed, out _));
        return new FunctionCall
        {
            Path = parsed,
            Arguments = Encoding.UTF8.GetBytes(args.StartsWith('[') ? args : $"[{args}]"),
            Identity = identity ?? Identity.Anonymous,
            Caller = caller,
            RequestId = "0123456789abcdef",
        };
    }

    public async Task<FunctionOutcome> QueryAsync(string path, string args = "{}") => (await Invoker.QueryAsync(Call(path, args), null, Cancellation)).Outcome;

    public Task<FunctionOutcome> MutateAsync(string path, string args = "{}", RequestKey? request = null) => Invoker.Mutate(Call(path, args), request, Cancellation).Completed;

    public async Task<FunctionOutcome> ActAsync(string path, string args = "{}") => await Invoker.ActionAsync(Call(path, args), Cancellation);

    /// <summary>The result as JSON text; fails the test when there is none.</summary>
    public static string ValueOf(FunctionOutcome outcome)
    {
        Assert.Null(outcome.Error?.FullText);
        return Encoding.UTF8.GetString(outcome.Value.Span);
    }

    public ValueTask DisposeAsync() => Deployment.DisposeAsync();

    private static string Analysis(IEnumerable<Fake> fakes) => new JsonObject
    {
        ["functions"] = new JsonArray([.. fakes.Select(fake => new JsonObject
        {
            ["name"] = fake.Path.Export,
            ["udfType"] = fake.Kind,
            ["visibility"] = new JsonObject { ["kind"] = fake.IsInternal ? "internal" : "public" },
            ["args"] = fake.Args,
            ["returns"] = fake.Returns,
        })]),
    }.ToJsonString();
}
