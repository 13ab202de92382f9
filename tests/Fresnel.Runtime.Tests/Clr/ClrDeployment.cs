using System.Text;
using Fresnel.Engine.Commits;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Runtime.Tests.Clr;

/// <summary>A deployment of the C# functions of this assembly, over a store in memory.</summary>
internal sealed class ClrDeployment : IAsyncDisposable
{
    private readonly Deployment _deployment;

    private ClrDeployment(Deployment deployment) => _deployment = deployment;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ClrDeployment> StartAsync(FunctionLimits? limits = null, TimeProvider? time = null)
    {
        var options = new DeploymentOptions { BundleFolder = Path.GetTempPath(), Functions = FresnelFunctions.All, Limits = limits ?? new(), Time = time ?? TimeProvider.System };
        var runner = new ClrRunner(options);
        var deployment = await Deployment.StartAsync(new MemoryCommitStore(), options, new FunctionRunners(runner, runner), Cancellation);

        var transaction = deployment.Database.BeginWrite();
        var notes = transaction.CreateTable("", "notes");
        transaction.EnableIndex(transaction.CreateIndex(notes, "by_topic", [FieldPath.Parse("topic")]));
        var commit = await deployment.Database.SubmitAsync(transaction, Cancellation);
        Assert.Equal(CommitOutcome.Committed, (await commit.Published).Outcome);
        return new(deployment);
    }

    public Task<FunctionOutcome> MutateAsync(string path, params (string, Value)[] arguments) => _deployment.Invoker.Mutate(Call(path, arguments), null, Cancellation).Completed;

    public async Task<FunctionOutcome> QueryAsync(string path, params (string, Value)[] arguments) => (await RunQueryAsync(path, null, arguments)).Outcome;

    public ValueTask<QueryOutcome> RunQueryAsync(string path, Identity? identity, params (string, Value)[] arguments) =>
        _deployment.Invoker.QueryAsync(Call(path, arguments) with { Identity = identity ?? Identity.Anonymous }, null, Cancellation);

    public async Task<FunctionOutcome> ActAsync(string path, params (string, Value)[] arguments) => await _deployment.Invoker.ActionAsync(Call(path, arguments), Cancellation);

    /// <summary>The result; fails the test when there is none.</summary>
    public static Value ValueOf(FunctionOutcome outcome)
    {
        Assert.Null(outcome.Error?.FullText);
        return ValueJson.Parse(outcome.Value.Span);
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    private static FunctionCall Call(string path, (string, Value)[] arguments)
    {
        Assert.True(FunctionPath.TryParse(path, out var parsed, out var detail), detail);
        return new FunctionCall
        {
            Path = parsed,
            Arguments = Encoding.UTF8.GetBytes($"[{Encoding.UTF8.GetString(ValueJson.Write(ValueObject.Create(arguments)))}]"),
            Identity = Identity.Anonymous,
            Caller = FunctionCaller.SyncWorker,
            RequestId = "0123456789abcdef",
        };
    }
}
