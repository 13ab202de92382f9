using System.Text;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Functions;
using Fresnel.Runtime;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Server.Tests.SystemFunctions;

/// <summary>A deployment with the system functions, over a store in memory.</summary>
internal sealed class SystemDeployment : IAsyncDisposable
{
    private readonly Deployment _deployment;

    private SystemDeployment(Deployment deployment) => _deployment = deployment;

    public Deployment Deployment => _deployment;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<SystemDeployment> StartAsync(params FunctionRegistration[] functions)
    {
        var options = new DeploymentOptions { BundleFolder = Path.GetTempPath(), Functions = [.. FresnelFunctions.All, .. functions] };
        options.Urls.Cloud = "http://cloud.test";
        return new(await Deployment.StartAsync(new MemoryCommitStore(), options, Cancellation));
    }

    /// <summary>Changes documents, of system tables too.</summary>
    public async Task WriteAsync(Func<Transaction, Task> write)
    {
        var transaction = _deployment.Database.BeginWrite(TransactionLimits.None);
        await write(transaction);
        var commit = await _deployment.Database.SubmitAsync(transaction, Cancellation);
        Assert.Equal(CommitOutcome.Committed, (await commit.Published).Outcome);
    }

    /// <summary>Inserts documents into a table of the app, which is made when it is not there.</summary>
    public Task InsertAsync(string table, params ValueObject[] documents) => WriteAsync(async transaction =>
    {
        var found = transaction.FindTable("", table) ?? transaction.CreateTable("", table);
        foreach (var document in documents) await transaction.InsertAsync(found, document, Cancellation);
    });

    /// <summary>Inserts a document into a system table.</summary>
    public Task InsertAsync(SystemTable table, ValueObject document) => InsertAsync(table.Name, document);

    /// <summary>Asks as an admin; fails the test when there is no value.</summary>
    public async Task<Value> AskAsync(string path, params (string, Value)[] arguments)
    {
        var outcome = (await RunAsync(path, Identity.Admin, arguments)).Outcome;
        Assert.Null(outcome.Error?.FullText);
        return ValueJson.Parse(outcome.Value.Span);
    }

    public ValueTask<QueryOutcome> RunAsync(string path, Identity identity, params (string, Value)[] arguments)
    {
        Assert.True(FunctionPath.TryParse(path, out var parsed, out var detail), detail);
        var call = new FunctionCall
        {
            Path = parsed,
            Arguments = Encoding.UTF8.GetBytes($"[{Encoding.UTF8.GetString(ValueJson.Write(ValueObject.Create(arguments)))}]"),
            Identity = identity,
            Caller = FunctionCaller.SyncWorker,
            RequestId = "0123456789abcdef",
        };
        return _deployment.Invoker.QueryAsync(call, null, Cancellation);
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();
}
