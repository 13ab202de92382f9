using Fresnel.Engine;
using Fresnel.Engine.Stores;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Runtime.Environment;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Jobs;
using Fresnel.Runtime.Live;
using Fresnel.Runtime.Logs;
using Fresnel.Runtime.Node;

namespace Fresnel.Runtime;

/// <summary>One running backend and its data: the front door of the runtime. It composes the rooms and starts and stops them in order.</summary>
public sealed class Deployment : IAsyncDisposable
{
    private readonly FunctionRunners _runners;
    private bool _isDisposed;

    private Deployment(Database database, DeploymentOptions options, FunctionRunners runners, CanonicalUrls urls, byte[] secret)
    {
        _runners = runners;
        Options = options;
        Database = database;
        Catalog = new FunctionCatalog(options.Functions, options.Urls);
        Logs = new FunctionLog(options.Time);
        Environment = new EnvironmentVariables(database, options.Limits);
        AuthProviders = new AuthProviderList(database);
        Urls = urls;
        Tokens = new TokenSigner(secret);
        var parts = new InvokerParts(database, Catalog, runners, Logs, new PageCursor(secret), new FunctionHandles(secret), Tokens, options);
        Invoker = new FunctionInvoker(parts);
        Live = new LiveQueries(database, Invoker.QueryAsync, redacts: options.Environment == DeploymentEnvironment.Production, options.Time, cacheBytes: options.QueryCacheBytes, audit: Invoker.Audit);
        Jobs = new JobLoop(parts, Invoker);
        JobAdministration = new JobAdministration(parts);
        Pushes = new Pushes.Pushes(database, Catalog, new NodeAnalyzer(options), options);
    }

    /// <summary>How it is run.</summary>
    public DeploymentOptions Options { get; }

    /// <summary>Its data.</summary>
    public Database Database { get; }

    /// <summary>What may be called.</summary>
    public FunctionCatalog Catalog { get; }

    /// <summary>Runs functions.</summary>
    public FunctionInvoker Invoker { get; }

    /// <summary>Live queries.</summary>
    public LiveQueries Live { get; }

    /// <summary>Scheduled functions and crons.</summary>
    public JobLoop Jobs { get; }

    /// <summary>What an operator may do to scheduled functions.</summary>
    public JobAdministration JobAdministration { get; }

    /// <summary>Deploys code.</summary>
    public Pushes.Pushes Pushes { get; }

    /// <summary>Where it says that it is reached.</summary>
    public CanonicalUrls Urls { get; }

    /// <summary>Environment variables.</summary>
    public EnvironmentVariables Environment { get; }

    /// <summary>Whom the deployed auth config trusts.</summary>
    public AuthProviderList AuthProviders { get; }

    /// <summary>Signs the tokens that the deployment issues itself.</summary>
    public TokenSigner Tokens { get; }

    /// <summary>What functions logged and how they ended.</summary>
    public FunctionLog Logs { get; }

    /// <summary>Opens the database and starts the job loop. Workers start when they are first needed.</summary>
    /// <exception cref="StoreException">The store cannot be used; the message tells a person why.</exception>
    public static Task<Deployment> StartAsync(ICommitStore store, DeploymentOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        return StartAsync(store, options, new FunctionRunners(new ClrRunner(options), new NodeRunner(options)), cancellationToken);
    }

    /// <summary>Starts with other runners: for tests, which run functions that are written in them.</summary>
    internal static async Task<Deployment> StartAsync(ICommitStore store, DeploymentOptions options, FunctionRunners runners, CancellationToken cancellationToken)
    {
        var database = await Database.OpenAsync(
            store,
            options.Engine with { SystemTables = SystemTables.All, Time = options.Time, Entropy = options.Entropy, Log = options.Log, MemoryBudget = options.MemoryBudget, Limits = options.DataLimits },
            cancellationToken);
        try
        {
            var urls = await CanonicalUrls.LoadAsync(database, options.Urls, cancellationToken);
            var secret = await DeploymentSecret.LoadAsync(database, options.Entropy, cancellationToken);
            var deployment = new Deployment(database, options, runners, urls, secret);
            await deployment.Jobs.StartAsync(cancellationToken);
            return deployment;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the jobs and workers, then closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await Jobs.DisposeAsync();
        await Pushes.DisposeAsync();
        Live.Dispose();
        await _runners.DisposeAsync();
        await Database.DisposeAsync();
        Tokens.Dispose();
    }
}
