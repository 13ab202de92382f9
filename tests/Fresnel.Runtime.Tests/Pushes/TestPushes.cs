using System.Text.Json;
using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Environment;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Node;
using Fresnel.Runtime.Pushes;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;
using PushRoom = Fresnel.Runtime.Pushes.Pushes;

namespace Fresnel.Runtime.Tests.Pushes;

/// <summary>Pushes over a store in memory. The code is not run: what a module "declares" is written in its source.</summary>
internal sealed class TestPushes : IAsyncDisposable
{
    private TestPushes(Database database, MemoryCommitStore store, TimeProvider time, FunctionLimits limits)
    {
        Database = database;
        Store = store;
        var options = new DeploymentOptions { BundleFolder = "none", Time = time, Limits = limits };
        Catalog = new FunctionCatalog([], options.Urls);
        Environment = new EnvironmentVariables(database, limits);
        Room = new PushRoom(database, Catalog, new SourceTellsAll(), options);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public Database Database { get; }

    public MemoryCommitStore Store { get; }

    public FunctionCatalog Catalog { get; }

    public EnvironmentVariables Environment { get; }

    public PushRoom Room { get; }

    public static async Task<TestPushes> OpenAsync(TimeProvider? time = null, MemoryCommitStore? store = null, FunctionLimits? limits = null)
    {
        time ??= TimeProvider.System;
        store ??= new MemoryCommitStore();
        return new(await Database.OpenAsync(store, new DatabaseOptions { SystemTables = SystemTables.All, Time = time }, Token), store, time, limits ?? new FunctionLimits());
    }

    /// <summary>A module that exports queries of these names.</summary>
    public static PushedModule Module(string path, params string[] queries) => new(path, string.Join(',', queries), "isolate", "{}");

    /// <summary>A schema of one table.</summary>
    public static PushedModule Schema(string table, string fields, params string[] indexes)
    {
        var declared = string.Join(',', indexes.Select(field => $"{{\"indexDescriptor\":\"by_{field}\",\"fields\":[\"{field}\"]}}"));
        var json = $"{{\"tables\":[{{\"tableName\":\"{table}\",\"indexes\":[{declared}],\"documentType\":{{\"type\":\"object\",\"value\":{{{fields}}}}}}}],\"schemaValidation\":true}}";
        return new("schema.js", json, "isolate");
    }

    /// <summary>A field of a schema.</summary>
    public static string Field(string name, string type, bool isOptional = false) =>
        $"\"{name}\":{{\"fieldType\":{{\"type\":\"{type}\"}},\"optional\":{(isOptional ? "true" : "false")}}}";

    /// <summary>A push of modules and perhaps a schema.</summary>
    public static PushRequest Request(IReadOnlyList<PushedModule> modules, PushedModule? schema = null, PushedModule? definition = null) => new()
    {
        AppDefinition = new PushedApp { ChangedModules = modules, Schema = schema, Definition = definition, UdfServerVersion = "1.48.0" },
    };

    /// <summary>Start, wait, finish, with the answers going through the CLI's hands as JSON.</summary>
    public async Task<PushDiff> PushAsync(PushRequest request)
    {
        var started = await StartAsync(request);
        Assert.IsType<SchemaStatus.Complete>(await WaitAsync(started));
        return await FinishAsync(started);
    }

    public async Task<StartedPush> StartAsync(PushRequest request)
    {
        var json = JsonSerializer.Serialize(await Room.StartAsync(request, Token), PushJson.Default.StartedPush);
        return JsonSerializer.Deserialize(json, PushJson.Default.StartedPush)!;
    }

    /// <summary>Asks until it is not in progress any more.</summary>
    public async Task<SchemaStatus> WaitAsync(StartedPush started)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            var status = await Room.WaitForSchemaAsync(new() { SchemaChange = started.SchemaChange }, deadline.Token);
            if (status is not SchemaStatus.InProgress) return status;
        }
    }

    public Task<PushDiff> FinishAsync(StartedPush started) => Room.FinishAsync(new() { StartPush = started }, Token);

    public async Task<ComponentCode> LoadAsync()
    {
        using var transaction = Database.BeginRead();
        return await Catalog.LoadAsync(transaction, "", Token);
    }

    public async Task<DocumentId> InsertAsync(string table, params (string Name, Value Value)[] fields)
    {
        // Run again after a conflict, as a mutation would be: a schema may be moved on at any moment.
        var (id, _) = await Database.CommitAsync(
            async (transaction, token) => (await transaction.InsertAsync(transaction.FindTable("", table) ?? transaction.CreateTable("", table), ValueObject.Create(fields), token)).Id,
            Token);
        return id;
    }

    /// <summary>Moves the schema beside the active one, as if its check had come less far.</summary>
    public Task MoveSchemaAsync(Engine.Tables.SchemaState state) => Database.CommitAsync(
        (transaction, _) =>
        {
            transaction.SetSchemaState(transaction.Schemas("").Pending!, state);
            return ValueTask.FromResult(true);
        },
        Token);

    public async Task<int> CountAsync(string table)
    {
        using var transaction = Database.BeginRead(limits: TransactionLimits.None);
        var found = transaction.FindTable("", table)!;
        var stream = transaction.Read(found, found.ById, KeyInterval.All);
        var count = 0;
        while (await stream.NextAsync(Token) is not null) count++;
        return count;
    }

    /// <summary>The readable indexes of a table that a schema made.</summary>
    public string[] ReadableIndexes(string table)
    {
        using var transaction = Database.BeginRead();
        return [.. (transaction.FindTable("", table)?.Indexes ?? []).Where(index => index.DocumentId is not null && index.State == Engine.Tables.IndexState.Enabled).Select(index => index.Name)];
    }

    public async ValueTask DisposeAsync()
    {
        await Room.DisposeAsync();
        await Database.DisposeAsync();
    }

    private sealed class SourceTellsAll : ICodeAnalyzer
    {
        public Task<IReadOnlyList<AnalyzedModule>> AnalyzeAsync(ModuleSet modules, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<AnalyzedModule>>([.. modules.Modules.Where(module => !ModulePath.IsChunk(module.Path) && module.Path != ModulePath.AuthConfig).Select(Analyze)]);

        public Task<string> EvaluateSchemaAsync(Module schema, CancellationToken cancellationToken) => Task.FromResult(schema.Source);

        public Task<string> EvaluateAuthConfigAsync(Module authConfig, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
            Task.FromResult(authConfig.Source);

        public Task<string> EvaluateAppDefinitionAsync(Module definition, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
            Task.FromResult(definition.Source);

        /// <summary>A query; a mutation that takes <c>{n: number}</c> when it is written with an exclamation mark.</summary>
        private static string Function(string name)
        {
            var isMutation = name.EndsWith('!');
            var args = isMutation ? """{"type":"object","value":{"n":{"fieldType":{"type":"number"},"optional":false}}}""" : """{"type":"any"}""";
            return $"{{\"name\":\"{name.TrimEnd('!')}\",\"pos\":null,\"udfType\":\"{(isMutation ? "Mutation" : "Query")}\",\"visibility\":{{\"kind\":\"public\"}},\"args\":{JsonSerializer.Serialize(args)},\"returns\":\"null\"}}";
        }

        private static AnalyzedModule Analyze(Module module)
        {
            if (module.Source == "throw") throw new DeveloperException("InvalidModules", $"Failed to analyze {module.Path}: Uncaught Error: boom");
            var isCrons = module.Path == ModulePath.Crons;
            var functions = isCrons ? [] : module.Source.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Function);
            var specs = isCrons ? module.Source : "null";
            return AnalyzedModule.Parse(module.Path, module.Environment, $"{{\"functions\":[{string.Join(',', functions)}],\"httpRoutes\":null,\"cronSpecs\":{specs},\"sourceMapped\":null}}");
        }
    }
}
