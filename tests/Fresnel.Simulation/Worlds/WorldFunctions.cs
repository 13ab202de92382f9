using System.Text;
using Fresnel.Engine;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Functions;
using Fresnel.Runtime;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Jobs;
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
            Functions = [Register(Watch, RegisteredKind.Query), Register(Request, RegisteredKind.Mutation), Register(Job, RegisteredKind.Mutation)],
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

    /// <summary>Whether a job waits or runs.</summary>
    public static async ValueTask<bool> HasPendingJobsAsync(Database database)
    {
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        var pending = transaction.ReadIndex(JobDocuments.TableOf(transaction, ""), "by_state_and_time", KeyInterval.Prefix(IndexKey.Encode(JobDocuments.Pending)));
        return await pending.NextAsync(CancellationToken.None) is not null;
    }

    async ValueTask<InvocationResult> IFunctionRunner.InvokeAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var arguments = ValueJson.Parse(invocation.Arguments.Span).AsArray()[0].AsObject();
        var result = await ((TransactionScope)invocation.Scope).InTurnAsync((transaction, token) => RunAsync(invocation, transaction, arguments, token), cancellationToken);
        return new(ValueJson.Write(result), null, false, TimeSpan.Zero);
    }

    private async ValueTask<Value> RunAsync(Invocation invocation, Transaction transaction, ValueObject arguments, CancellationToken cancellationToken)
    {
        if (invocation.Function.Path == Watch) return await new WatchedQuery(arguments["query"].AsString()).EvaluateAsync(transaction, recorder, cancellationToken);
        var token = arguments["token"].AsString();
        await Task.Yield();
        await transaction.InsertAsync(transaction.FindTable("", "ran")!, ValueObject.Create(("token", token)), cancellationToken);
        if (invocation.Function.Path == Request && invocation.Seed.Span[0] < 80)
            await ScheduleAsync(transaction, $"{token}/later", invocation.StartMilliseconds + invocation.Seed.Span[1] % 16, invocation.StartMilliseconds, cancellationToken);
        return token;
    }

    private static FunctionRegistration Register(FunctionPath path, RegisteredKind kind) =>
        new(path.Module, path.Export, kind, IsInternal: false, """{"type":"any"}""", null, static (_, _, _) => throw new NotSupportedException("The world's own runner runs it."));
}
