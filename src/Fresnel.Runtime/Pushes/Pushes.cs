using System.Text.Json;
using Fresnel.Engine;
using Fresnel.Engine.Schema;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Environment;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Node;
using Fresnel.Values;
using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Pushes;

/// <summary>Deploys code: evaluates what the CLI sends, compares it with what is deployed, prepares schema and indexes, then changes everything in one transaction.</summary>
/// <remarks>
/// A push is two calls, and the server keeps nothing between them but documents: <see cref="StartAsync"/> leaves sources, a pending schema and indexes
/// that nobody may read yet; <see cref="FinishAsync"/> flips. Whatever fails in between leaves the running code as it was.
/// Source: <c>spec/deploy-api.md</c> §4 and §14.
/// </remarks>
public sealed partial class Pushes : IAsyncDisposable
{
    private const string App = "";
    private const string Heading = "Hit an error while pushing:\n";
    private static readonly TimeSpan UsualPoll = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(60);

    private readonly Database _database;
    private readonly FunctionCatalog _catalog;
    private readonly PushEvaluator _evaluator;
    private readonly SchemaChecks _checks;
    private readonly VariableChange _variables;
    private readonly SchemaLimits _limits;
    private readonly TimeProvider _time;
    private readonly IEntropy _entropy;
    private readonly long _argumentBytes;
    private readonly ILogger _log;

    internal Pushes(Database database, FunctionCatalog catalog, ICodeAnalyzer analyzer, DeploymentOptions options)
    {
        _database = database;
        _catalog = catalog;
        _evaluator = new PushEvaluator(analyzer, options.Time, options.Entropy, options.Limits.CodeBytes);
        _limits = options.DataLimits.Schema;
        _time = options.Time;
        _entropy = options.Entropy;
        _argumentBytes = options.Limits.ArgumentBytes;
        _log = options.Log.CreateLogger<Pushes>();
        _checks = new SchemaChecks(database, _log);
        _variables = new VariableChange(database, catalog, _evaluator, new EnvironmentRules(options.Limits));
    }

    /// <summary>What is deployed, by hash, so that the CLI sends only what changed.</summary>
    public Task<ConfigHashes> GetConfigHashesAsync(CancellationToken cancellationToken) => _database.ReadAsync(async transaction =>
    {
        var code = await _catalog.LoadAsync(transaction, App, cancellationToken);
        var generation = await GenerationDocument.FindAsync(transaction, App, cancellationToken);
        return new ConfigHashes(
            new ProjectConfig(generation?.FunctionsFolder ?? "convex/", []),
            [.. code.Modules.Modules.Select(module => new ModuleHash(module.Path, EnvironmentNames.Of(module.Environment), module.Sha256))],
            generation?.UdfServerVersion,
            [.. code.Modules.Packages.Packages.Select(package => new NodeDependency(package.Name, package.Version))],
            generation?.NodeVersion);
    });

    /// <summary>What a push would mean for schemas and indexes. Writes nothing.</summary>
    /// <exception cref="DeveloperException">The schema is not one.</exception>
    public async Task<SchemaEvaluation> EvaluateSchemaAsync(PushRequest request, CancellationToken cancellationToken)
    {
        NotBuilt.RequireBuilt(request);
        var schema = await ExplainAsync(async () => PushedSchema.Parse(await _evaluator.EvaluateSchemaAsync(request.AppDefinition, cancellationToken), _limits));
        return await _database.ReadAsync(transaction => SchemaForecast.EvaluateAsync(transaction, App, schema, cancellationToken));
    }

    /// <summary>What a push would do to schemas and indexes, its code evaluated too. Writes nothing.</summary>
    /// <exception cref="DeveloperException">Something in the code is not what it must be.</exception>
    public async Task<PushEvaluation> EvaluateAsync(PushRequest request, CancellationToken cancellationToken)
    {
        var (push, schema) = await EvaluateCodeAsync(request, cancellationToken);
        return new PushEvaluation(await _database.ReadAsync(transaction => SchemaPush.CompareAsync(transaction, App, schema, cancellationToken)));
    }

    /// <summary>Evaluates and checks a push, stores its sources, begins to check documents against its schema and to fill its indexes.</summary>
    /// <exception cref="DeveloperException">Something in the code is not what it must be.</exception>
    /// <exception cref="ModuleConflictException">A module that was pushed as unchanged is not deployed like that.</exception>
    public async Task<StartedPush> StartAsync(PushRequest request, CancellationToken cancellationToken)
    {
        var (push, schema) = await EvaluateCodeAsync(request, cancellationToken);
        await StoreSourcesAsync(push.Modules, cancellationToken);
        var registersIndexes = !request.DryRun && !request.ForCodegen;
        var (change, _) = await _database.CommitAsync((transaction, token) => SchemaPush.BeginAsync(transaction, App, schema, registersIndexes, token), cancellationToken);
        _checks.Begin(change);
        foreach (var warning in push.Analysis.SelectMany(module => module.Warnings)) LogWarning(warning);
        return StartedPushes.Describe(request, push, change);
    }

    /// <summary>How far documents and indexes are. An answer that there is nothing new is held back, since the CLI asks again at once.</summary>
    public async Task<SchemaStatus> WaitForSchemaAsync(WaitForSchemaRequest request, CancellationToken cancellationToken)
    {
        _checks.Begin(request.SchemaChange);
        using var patience = new CancellationTokenSource(PatienceOf(request), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        SchemaStatus.InProgress? told = null;
        while (true)
        {
            using var transaction = _database.BeginRead(limits: TransactionLimits.None);
            var status = SchemaPush.GetStatus(transaction, request.SchemaChange);
            if (status is not SchemaStatus.InProgress progress || (told is not null && !told.IsSameAs(progress))) return status;
            told = progress;
            try
            {
                await PublishedChange.AfterAsync(_database, transaction.Reads, transaction.Snapshot.Timestamp, either.Token);
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return status;
            }
        }
    }

    /// <summary>Changes everything in one transaction, and says what changed. In a dry run nothing does.</summary>
    /// <exception cref="DeveloperException">Something changed since the push was evaluated (<c>RaceDetected</c>), or a variable is missing.</exception>
    public async Task<PushDiff> FinishAsync(FinishPushRequest request, CancellationToken cancellationToken)
    {
        if (request.DryRun) return PushDiff.None;
        var (diff, _) = await _database.CommitAsync((transaction, token) => PushFinish.ApplyAsync(transaction, request.StartPush, _time.GetUtcNow(), _entropy, token), cancellationToken);
        await PushSweep.RunAsync(_database, _time, cancellationToken);
        return diff;
    }

    /// <summary>Sets and deletes environment variables, all of them or none, as far as the deployed code allows.</summary>
    /// <exception cref="DeveloperException">A variable may not be like that, or the auth config fails under it; the code says why.</exception>
    public Task ChangeVariablesAsync(IReadOnlyList<EnvironmentChange> changes, CancellationToken cancellationToken) => _variables.ApplyAsync(changes, cancellationToken);

    /// <summary>Stops checking documents; what is not checked yet stays pending.</summary>
    public ValueTask DisposeAsync() => _checks.DisposeAsync();

    private Task<(EvaluatedPush Push, PushedSchema? Schema)> EvaluateCodeAsync(PushRequest request, CancellationToken cancellationToken) => ExplainAsync(async () =>
    {
        var (deployed, variables) = await _database.ReadAsync(async transaction =>
            (await _catalog.LoadAsync(transaction, App, cancellationToken), await EnvironmentVariables.ListAsync(transaction, cancellationToken)));
        var push = await _evaluator.EvaluateAsync(request, deployed, variables, cancellationToken);
        using (var transaction = _database.BeginRead(limits: TransactionLimits.None))
            DeclaredCrons.Require(push.Analysis, deployed.Functions.Values.Where(function => function.Environment == ModuleEnvironment.Clr), transaction.TableNames(App), _argumentBytes);
        return (push, PushedSchema.Parse(push.Schema, _limits));
    });

    /// <summary>Says of an error in the pushed code, or of a machine that cannot run it, that it came up while pushing.</summary>
    private static async Task<T> ExplainAsync<T>(Func<Task<T>> evaluate)
    {
        try
        {
            return await evaluate();
        }
        catch (NodeUnavailableException error)
        {
            throw new DeveloperException("NodeUnavailable", Heading + error.Message);
        }
        catch (DeveloperException error) when (error is not ModuleConflictException)
        {
            throw new DeveloperException(error.Code, Heading + error.Message);
        }
    }

    private static TimeSpan PatienceOf(WaitForSchemaRequest request) =>
        request.TimeoutMs is not { } milliseconds ? UsualPoll
        : double.IsFinite(milliseconds) ? TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, LongestPoll.TotalMilliseconds)) : TimeSpan.Zero;

    /// <summary>Stores texts by content, a few megabytes to a transaction. What is never referred to goes with a later push.</summary>
    private async Task StoreSourcesAsync(ModuleSet modules, CancellationToken cancellationToken)
    {
        const int BatchCharacters = 4 << 20;
        var batch = new List<Module>();
        var size = 0;
        foreach (var module in modules.Modules)
        {
            batch.Add(module);
            size += module.Source.Length + (module.SourceMap?.Length ?? 0);
            if (size < BatchCharacters) continue;
            await StoreAsync(batch, cancellationToken);
            (batch, size) = ([], 0);
        }

        await StoreAsync(batch, cancellationToken);
    }

    private async Task StoreAsync(List<Module> modules, CancellationToken cancellationToken) => await _database.CommitAsync(
        async (transaction, token) =>
        {
            foreach (var module in modules) await ModuleSources.WriteAsync(transaction, module, token);
            return modules.Count;
        },
        cancellationToken);

    [LoggerMessage(1, LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(string warning);
}
