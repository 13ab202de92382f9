using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;
using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Node;

/// <summary>Runs TypeScript functions in Node processes. Workers start when they are first needed and die with this process.</summary>
/// <remarks>
/// Three pools: queries and mutations, actions, and actions of <c>"use node"</c> modules. A worker that crashes or loops loses what it ran and nothing
/// else: queries and mutations end with <see cref="AbandonReason.WorkerLost"/> and may be run again, the culprit with the text of its limit.
/// </remarks>
public sealed class NodeRunner : IFunctionRunner, IAsyncDisposable
{
    private static readonly TimeSpan BusyPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan IdlePeriod = TimeSpan.FromSeconds(1);

    private readonly WorkerPool _deterministic;
    private readonly WorkerPool _actions;
    private readonly WorkerPool _node;
    private readonly NodePackages _packages;
    private readonly TimeProvider _time;
    private readonly Lock _timerGate = new();
    private ITimer? _timer;
    private bool _isFast;
    private bool _isDisposed;

    /// <summary>Makes a runner; starts nothing.</summary>
    public NodeRunner(DeploymentOptions options)
    {
        _time = options.Time;
        _packages = new NodePackages(options);
        var files = new WorkerFiles(options.BundleFolder, options.Entropy);
        var bundles = files.Bundles("modules", kept: 4);
        var log = options.Log.CreateLogger("Fresnel.Runtime.Node");
        WorkerPool Pool(WorkerKind kind) => new(new WorkerSettings(kind, files, bundles, options.NodePath, options.Limits, options.Workers, options.Time, options.Entropy, log));
        _deterministic = Pool(WorkerKind.Deterministic);
        _actions = Pool(WorkerKind.Actions);
        _node = Pool(WorkerKind.Node);
    }

    /// <inheritdoc/>
    public async ValueTask<InvocationResult> InvokeAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var pool = invocation.Function switch
        {
            { Kind: FunctionKind.Query or FunctionKind.Mutation } => _deterministic,
            { Kind: FunctionKind.Action, Environment: ModuleEnvironment.Node } => _node,
            _ => _actions,
        };

        if (invocation is { Function.Environment: ModuleEnvironment.Node, Code.Modules.Packages.Id.Length: > 0 }) await RequirePackagesAsync(invocation, cancellationToken);
        WatchClosely();
        return await pool.RunAsync(invocation, cancellationToken);
    }

    /// <summary>The push has installed them; the folder may have been deleted since.</summary>
    private async Task RequirePackagesAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        try
        {
            await _packages.RequireAsync(invocation.Code.Modules.Packages, cancellationToken);
        }
        catch (DeveloperException failure)
        {
            throw new InvocationAbandonedException(AbandonReason.Internal, failure.Message, failure);
        }
    }

    /// <summary>Ends all invocations and kills all workers.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_timerGate)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }

        await Task.WhenAll(_deterministic.StopAsync(), _actions.StopAsync(), _node.StopAsync());
    }

    private void WatchClosely()
    {
        if (Volatile.Read(ref _isFast)) return;
        lock (_timerGate)
        {
            if (_isFast || _isDisposed) return;
            _isFast = true;
            if (_timer is null) Rendezvous.Sweep(_time);
            if (_timer is null) _timer = _time.CreateTimer(static runner => ((NodeRunner)runner!).Tick(), this, BusyPeriod, BusyPeriod);
            else _timer.Change(BusyPeriod, BusyPeriod);
        }
    }

    private void Tick()
    {
        if (_deterministic.Tick() | _actions.Tick() | _node.Tick()) return;
        lock (_timerGate)
        {
            if (!_isFast || _isDisposed) return;
            _isFast = false;
            _timer!.Change(IdlePeriod, IdlePeriod);
        }
    }
}
