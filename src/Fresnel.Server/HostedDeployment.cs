using Fresnel.Engine.Stores;
using Fresnel.Runtime;
using Fresnel.Server.Auth;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fresnel.Server;

/// <summary>The deployment that an application runs: starts it once the ports are bound, stops it before the application ends.</summary>
/// <remarks>Requests that come between the two moments of the start wait for <see cref="Started"/>. A deployment that cannot start ends the application's start with the reason.</remarks>
public sealed class HostedDeployment : IHostedLifecycleService, IDisposable
{
    private readonly TaskCompletionSource<Deployment> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly FresnelOptions _options;
    private readonly AdminAccess _admin;
    private readonly SiteListeners _site;
    private readonly IServer _server;
    private readonly IHostEnvironment _environment;
    private readonly ILoggerFactory _log;

    internal HostedDeployment(IOptions<FresnelOptions> options, AdminAccess admin, SiteListeners site, IServer server, IHostEnvironment environment, ILoggerFactory log)
    {
        _environment = environment;
        _options = options.Value;
        _admin = admin;
        _site = site;
        _server = server;
        _log = log;
    }

    /// <summary>Completes with the deployment when it runs; fails when it cannot.</summary>
    public Task<Deployment> Started => _started.Task;

    /// <summary>Where clients and HTTP actions reach it; right once <see cref="Started"/> has completed.</summary>
    public DeploymentUrls Urls { get; } = new();

    /// <summary>Makes an admin key, for tools that this process starts.</summary>
    public string CreateAdminKey() => _admin.CreateKey();

    /// <summary>Ends when the application begins to stop: sockets close, waits end.</summary>
    internal CancellationToken Stopping => _stopping.Token;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Starts the deployment: the ports are bound by now, so that it knows its own addresses before anything runs.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            FindUrls();
            _started.SetResult(await Deployment.StartAsync(MakeStore(), MakeDeploymentOptions(), cancellationToken));
        }
        catch (Exception exception)
        {
            _started.SetException(exception);
            _ = _started.Task.Exception; // Observed: whoever awaits it gets it again.
            throw;
        }
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => _stopping.CancelAsync();

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops the deployment: by now the server has let go of its requests.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_started.Task.IsCompletedSuccessfully) await (await _started.Task).DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private ICommitStore MakeStore() => _options.Store?.Invoke() ??
        throw new InvalidOperationException("FresnelOptions.Store is not set: AddFresnel(options => options.Store = () => new SqliteCommitStore(path)).");

    private DeploymentOptions MakeDeploymentOptions() => new()
    {
        Name = _options.InstanceName,
        Environment = _options.Environment ?? (_environment.IsDevelopment() ? DeploymentEnvironment.Development : DeploymentEnvironment.Production),
        BundleFolder = Path.Combine(_options.DataFolder, "bundles"),
        Urls = Urls,
        Functions = [.. FresnelFunctions.All, .. _options.Functions],
        Limits = _options.Limits,
        DataLimits = _options.DataLimits,
        MemoryBudget = _options.MemoryBudget ?? Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, 64 << 20),
        QueryCacheBytes = _options.QueryCacheBytes,
        NodePath = _options.NodePath,
        Workers = _options.Workers,
        NodePackages = _options.NodePackages,
        Time = _options.Time,
        Entropy = _options.Entropy,
        Log = _log,
    };

    private void FindUrls()
    {
        var sites = _site.All.Select(listener => new Uri(ServerAddress.ToOrigin($"http://{listener.EndPoint}"))).ToHashSet();
        var addresses = _server.Features.Get<IServerAddressesFeature>()?.Addresses.Select(address => new Uri(ServerAddress.ToOrigin(address))).ToList() ?? [];
        bool IsSite(Uri address) => address.Port == _options.SitePort || sites.Any(site => site.Port == address.Port && site.Host == address.Host);

        Urls.Cloud = _options.CloudUrl ?? Origin(addresses.Find(address => !IsSite(address))) ?? Urls.Cloud;
        // Without a port of its own the site is where the deployment's origin serves it too.
        Urls.Site = _options.SiteUrl ?? Origin(addresses.Find(IsSite)) ?? (addresses.Count > 0 ? $"{Urls.Cloud}/http" : Urls.Site);
    }

    private static string? Origin(Uri? address) => address?.GetLeftPart(UriPartial.Authority);
}

/// <summary>Addresses as a server reports them and as a caller on this machine can use them.</summary>
internal static class ServerAddress
{
    /// <summary>Replaces the addresses that mean "all of this machine's" by the loopback.</summary>
    public static string ToOrigin(string address) => address
        .Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://+", "://127.0.0.1", StringComparison.Ordinal)
        .TrimEnd('/');
}
