using System.Text;
using Fresnel.Engine;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Functions;
using Fresnel.Runtime;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Jobs;
using Fresnel.Runtime.Jobs.Crons;
using Fresnel.Runtime.Pushes;
using Fresnel.Simulation.Histories;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>The functions of a simulated deployment: C#, registered like any others, with the transaction in hand.</summary>
internal sealed class WorldFunctions(HistoryRecorder recorder) : IFunctionRunner
{
    private const string Module = "world";

    /// <summary>Answers a <see cref="WatchedQuery"/>.</summary>
    public static FunctionPath Watch { get; } = new(Module, "watch");

    /// <summary>Notes a token, and may schedule one more: what sessions ask for, with a request key.</summary>
    public static FunctionPath Request { get; } = new(Module, "request");

    /// <summary>Notes a token: what jobs do.</summary>
    public static FunctionPath Job { get; } = new(Module, "job");

    /// <summary>Notes the time of its occurrence: what the cron does.</summary>
    public static FunctionPath Tick { get; } = new(Module, "tick");

    /// <summary>Starts a deployment on a world's scheduler.</summary>
    public static Task<Deployment> StartAsync(ICommitStore store, TimeProvider time, SeededEntropy entropy, TaskScheduler scheduler, HistoryRecorder recorder, DatabaseOptions engine)
    {
        var options = new DeploymentOptions
        {
            BundleFolder = Path.GetTempPath(),
            Time = time,
            Entropy = entropy,
            MemoryBudget = engine.MemoryBudget,
            Engine = engine with { Scheduler = scheduler },
            Limits = new() { ConcurrentQueries = 3, ConcurrentMutations = 3, ConcurrentJobs = 6 },
            Functions = [Register(Watch, RegisteredKind.Query), Register(Request, RegisteredKind.Mutation), Register(Job, RegisteredKind.Mutation), Register(Tick, RegisteredKind.Mutation)],
        };
        var runner = new WorldFunctions(recorder);
        return Deployment.StartAsync(store, options, new FunctionRunners(runner, runner), CancellationToken.None);
    }

    /// <summary>A call of one of them with one argument.</summary>
    public static FunctionCall Call(FunctionPath path, string name, string argument) => new()
    {
        Path = path,
        Arguments = Encoding.UTF8.GetBytes($$"""[{"{{name}}":"{{argument}}"}]"""),
        Identity = Identity.Anonymous,
        Caller = FunctionCaller.SyncWorker,
        RequestId = "0123456789abcdef",
    };

    /// <summary>Has a token noted later, once.</summary>
    public static async ValueTask ScheduleAsync(Transaction transaction, string token, double unixMilliseconds, double now, CancellationToken cancellationToken)
    {
        var arguments = Value.Array(Value.Object(ValueObject.Create(("token", token))));
        await JobDocuments.InsertAsync(transaction, "", new(Job.Canonical, arguments, unixMilliseconds, arguments.Size), scheduledBy: null, now, cancellationToken);
    }

    /// <summary>What the cron notes of an occurrence, once.</summary>
    public static string TickOf(Value occurrence) => $"tick/{occurrence.AsInt64()}";

    /// <summary>What it notes of one that was not due yet, never.</summary>
    public const string Early = "early ";

    /// <summary>Has a cron tick now, and then every second.</summary>
    /// <param name="database">Where.</param>
    /// <param name="time">When.</param>
    /// <param name="entropy">For minutes that are left open.</param>
    /// <param name="version">Another one than before changes the cron, as a push would.</param>
    public static Task SetCronAsync(Database database, TimeProvider time, IEntropy entropy, int version) => database.CommitAsync(
        (transaction, cancellationToken) =>
        {
            var schedule = ValueObject.Create(("type", "interval"), ("seconds", Value.Float64(1)));
            var crons = new Dictionary<string, CronSpec> { ["tick"] = new(Tick.Canonical, Encoding.UTF8.GetBytes($"[{version}]"), schedule) };
            return new DeployedCrons(transaction, "", time.GetUtcNow(), entropy).ReplaceAsync(crons, cancellationToken);
        },
        CancellationToken.None);

    /// <summary>Removes the cron, so that nothing happens any more; returns what its last run must have noted, or null when there was none.</summary>
    public static async Task<string?> RemoveCronAsync(Database database, TimeProvider time, IEntropy entropy) => (await database.CommitAsync(
        async (transaction, cancellationToken) =>
        {
            var last = (await transaction.FindFirstAsync(SystemTables.CronNextRun, "by_cron_job", [], cancellationToken))?.Fields["prevTs"];
            await new DeployedCrons(transaction, "", time.GetUtcNow(), entropy).ReplaceAsync(new Dictionary<string, CronSpec>(), cancellationToken);
            return last is { Kind: ValueKind.Int64 } occurrence ? TickOf(occurrence) : null;
        },
        CancellationToken.None)).Result;

    /// <summary>Whether a job waits or runs.</summary>
    public static async ValueTask<bool> HasPendingJobsAsync(Database database)
    {
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        var pending = transaction.ReadIndex(JobDocuments.TableOf(transaction, ""), "by_state_and_time", KeyInterval.Prefix(IndexKey.Encode(JobDocuments.Pending)));
        return await pending.NextAsync(CancellationToken.None) is not null;
    }

    async ValueTask<InvocationResult> IFunctionRunner.InvokeAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var argument = ValueJson.Parse(invocation.Arguments.Span).AsArray()[0];
        var result = await ((TransactionScope)invocation.Scope).InTurnAsync((transaction, token) => RunAsync(invocation, transaction, argument, token), cancellationToken);
        return new(ValueJson.Write(result), null, false, TimeSpan.Zero);
    }

    private async ValueTask<Value> RunAsync(Invocation invocation, Transaction transaction, Value argument, CancellationToken cancellationToken)
    {
        if (invocation.Function.Path == Watch) return await new WatchedQuery(argument.AsObject()["query"].AsString()).EvaluateAsync(transaction, recorder, cancellationToken);
        var token = invocation.Function.Path == Tick ? await TickAsync(invocation, transaction, cancellationToken) : argument.AsObject()["token"].AsString();
        await Task.Yield();
        await transaction.InsertAsync(transaction.FindTable("", "ran")!, ValueObject.Create(("token", token)), cancellationToken);
        if (invocation.Function.Path == Request && invocation.Seed.Span[0] < 80)
            await ScheduleAsync(transaction, $"{token}/later", invocation.StartMilliseconds + invocation.Seed.Span[1] % 16, invocation.StartMilliseconds, cancellationToken);
        return token;
    }

    private static async ValueTask<string> TickAsync(Invocation invocation, Transaction transaction, CancellationToken cancellationToken)
    {
        var occurrence = (await transaction.FindFirstAsync(SystemTables.CronNextRun, "by_cron_job", [], cancellationToken))!.Fields["nextTs"];
        return (CronDocuments.Moment(occurrence).ToUnixTimeMilliseconds() > invocation.StartMilliseconds ? Early : "") + TickOf(occurrence);
    }

    private static FunctionRegistration Register(FunctionPath path, RegisteredKind kind) =>
        new(path.Module, path.Export, kind, IsInternal: false, """{"type":"any"}""", null, static (_, _, _) => throw new NotSupportedException("The world's own runner runs it."));
}
