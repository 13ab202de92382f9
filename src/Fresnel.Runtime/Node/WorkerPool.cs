using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Node;

/// <summary>The workers of one kind: one per generation of code, more of them under load, fewer when they idle.</summary>
/// <remarks>
/// A worker belongs to one generation of one component's code for its life, since modules keep state and cannot be unloaded. When a newer
/// generation is first used, workers of the older ones take what snapshots of the past still ask for and go once that has stopped.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing.")]
internal sealed class WorkerPool(WorkerSettings settings)
{
    /// <summary>Invocations in a worker from which on it is busy. When all are for <see cref="BusyTime"/>, another one is started.</summary>
    private const int BusyFrom = 8;

    /// <summary>Short, but longer than a burst: two workers that are half busy cost more than one, which is woken for several frames at a time.</summary>
    private static readonly TimeSpan BusyTime = TimeSpan.FromMilliseconds(100);

    /// <summary>Invocations in one worker. The invoker's own bounds are far below.</summary>
    private const int MostPerWorker = 1_024;

    /// <summary>Suspects that are remembered.</summary>
    private const int MostSuspects = 1_000;

    /// <summary>Suspects that run at once, each in a worker of its own: the depth of nested calls, so that a chain of them can go on.</summary>
    private const int MostAlone = 8;

    private static readonly TimeSpan SupersededTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SpareIdleTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan WaitForPlace = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<Generation, List<Worker>> _workers = [];
    private readonly Dictionary<Generation, ComponentCode> _codes = [];
    private readonly Dictionary<Generation, long> _busySince = [];
    private readonly Dictionary<string, string> _newest = new(StringComparer.Ordinal);
    private readonly HashSet<Worker> _alone = [];
    private readonly ConcurrentDictionary<Suspect, bool> _suspects = new();
    private readonly SemaphoreSlim _places = new(MostAlone);
    private bool _isStopped;

    private readonly record struct Generation(string Component, string Name);

    private readonly record struct Suspect(Generation Generation, FunctionPath Function);

    /// <summary>How many workers one generation may have that are heard of.</summary>
    private static int MostWorkers { get; } = Math.Clamp(System.Environment.ProcessorCount, 1, 8);

    /// <summary>How many it may have in all: code that does not let go of its worker must not be everybody's problem, and must not take the machine.</summary>
    private static int MostOpen => 2 * MostWorkers;

    public async Task<InvocationResult> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var suspect = new Suspect(new Generation(invocation.Code.Component, invocation.Code.Generation), invocation.Function.Path);
        if (_suspects.ContainsKey(suspect)) return await RunAloneAsync(invocation, suspect, cancellationToken);
        while (true)
        {
            // A worker that went away before it was told has done nothing: the next one is as good.
            if (await Rent(invocation.Code, suspect.Generation).RunAsync(invocation, cancellationToken) is { } result) return result;
        }
    }

    /// <summary>Watches busy workers and lets idle ones go. Says whether any is busy.</summary>
    public bool Tick()
    {
        List<Worker> all;
        lock (_gate)
        {
            foreach (var (generation, workers) in _workers.ToList())
            {
                workers.RemoveAll(worker => worker.Ended.IsCompleted);
                if (workers.Count == 0) Forget(generation);
                else LetIdleGo(generation, workers);
            }

            all = [.. _workers.Values.SelectMany(workers => workers), .. _alone];
        }

        var isBusy = false;
        foreach (var worker in all.Where(worker => worker.Load > 0))
        {
            worker.Watch();
            isBusy = true;
        }

        return isBusy;
    }

    /// <summary>Ends all workers with what they run.</summary>
    public Task StopAsync()
    {
        List<Worker> all;
        lock (_gate)
        {
            _isStopped = true;
            all = [.. _workers.Values.SelectMany(workers => workers), .. _alone];
        }

        foreach (var worker in all) worker.Stop();
        return Task.WhenAll(all.Select(worker => worker.Ended));
    }

    /// <summary>The least busy worker of the generation, with a place in it reserved.</summary>
    private Worker Rent(ComponentCode code, Generation generation)
    {
        lock (_gate)
        {
            ThrowIfStopped();
            if (!_workers.TryGetValue(generation, out var workers))
            {
                _workers.Add(generation, workers = []);
                _codes[generation] = code;
                _newest[generation.Component] = generation.Name;
            }

            var open = workers.Where(worker => worker.IsOpen).ToList();
            var best = open.MinBy(worker => (!worker.IsReady, worker.IsSilent, worker.Load));
            if (best is null || (NeedsHelp(generation, best) && open.Count(worker => !worker.IsSilent) < MostWorkers && open.Count < MostOpen && open.All(worker => worker.IsReady)))
            {
                var fresh = Start(code);
                workers.Add(fresh);
                // What is running already is quicker than what has yet to start.
                best ??= fresh;
            }

            if (best.Load >= MostPerWorker) throw new InvocationAbandonedException(AbandonReason.Internal, "Too many functions run at once.");
            best.Reserve();
            return best;
        }
    }

    /// <summary>Whether what comes next should not wait for this worker alone.</summary>
    private bool NeedsHelp(Generation generation, Worker best) => best.IsSilent || IsBusyForLong(generation, best);

    private bool IsBusyForLong(Generation generation, Worker leastBusy)
    {
        if (leastBusy.Load < BusyFrom)
        {
            _busySince.Remove(generation);
            return false;
        }

        if (_busySince.TryGetValue(generation, out var since)) return settings.Time.GetElapsedTime(since) >= BusyTime;
        _busySince.Add(generation, settings.Time.GetTimestamp());
        return false;
    }

    private Worker Start(ComponentCode code)
    {
        var nodeModules = code.Functions.Values.Any(function => function is { Environment: ModuleEnvironment.Node, Kind: FunctionKind.Query or FunctionKind.Mutation });
        var bundle = settings.Bundles.Use(code.Modules);
        var setup = WorkerMessages.Setup(settings.PoolName, false, bundle.Url, code.Environment, false, nodeModules, code.Modules.Determinism, settings.Limits);
        return new Worker(settings, setup, bundle, Remember);
    }

    /// <summary>Runs a function that may have brought a worker down where it can harm no other. If it behaves it is trusted again.</summary>
    private async Task<InvocationResult> RunAloneAsync(Invocation invocation, Suspect suspect, CancellationToken cancellationToken)
    {
        if (!await _places.WaitAsync(WaitForPlace, cancellationToken))
        {
            throw new InvocationAbandonedException(AbandonReason.Internal, "Too many functions that are suspected of not ending run at once.");
        }

        Worker? worker = null;
        try
        {
            lock (_gate)
            {
                ThrowIfStopped();
                worker = Start(invocation.Code);
                worker.Reserve();
                _alone.Add(worker);
            }

            var result = await worker.RunAsync(invocation, cancellationToken)
                ?? throw new InvocationAbandonedException(AbandonReason.WorkerLost, "The worker ended before it began.");
            _suspects.TryRemove(suspect, out _);
            return result;
        }
        finally
        {
            worker?.Retire();
            lock (_gate)
            {
                if (worker is not null) _alone.Remove(worker);
            }

            _places.Release();
        }
    }

    private void Remember(IReadOnlyList<Invocation> invocations)
    {
        NodeLog.Suspected(settings.Log, string.Join(", ", invocations.Select(one => one.Function.Path.Display).Distinct()));
        if (_suspects.Count >= MostSuspects) _suspects.Clear();
        foreach (var one in invocations) _suspects[new Suspect(new Generation(one.Code.Component, one.Code.Generation), one.Function.Path)] = true;
    }

    private void Forget(Generation generation)
    {
        _workers.Remove(generation);
        _codes.Remove(generation);
        _busySince.Remove(generation);
    }

    /// <summary>Replaces a worker that is due: its successor starts first, so that nobody waits for it.</summary>
    private void Replace(List<Worker> workers, ComponentCode code)
    {
        foreach (var worker in workers) worker.Weigh();
        if (workers.FirstOrDefault(worker => worker is { IsOpen: true, IsDue: true }) is not { } due) return;
        var others = workers.Where(worker => worker is { IsOpen: true, IsDue: false }).ToList();
        if (others.Any(worker => worker.IsReady))
        {
            NodeLog.Retired(settings.Log, settings.PoolName);
            due.Retire();
        }
        else if (others.Count == 0 && !_isStopped)
        {
            workers.Add(Start(code));
        }
    }

    private void LetIdleGo(Generation generation, List<Worker> workers)
    {
        var isNewest = _newest.GetValueOrDefault(generation.Component) == generation.Name;
        if (isNewest) Replace(workers, _codes[generation]);
        for (var at = workers.Count - 1; at >= 0; at--)
        {
            var worker = workers[at];
            var allowed = !isNewest ? SupersededTime : at > 0 ? SpareIdleTime : IdleTime;
            if (worker is { Load: 0, IsReady: true } && settings.Time.GetElapsedTime(worker.LastUsed) > allowed) worker.Retire();
        }
    }

    private void ThrowIfStopped()
    {
        if (_isStopped) throw new InvocationAbandonedException(AbandonReason.Canceled, "The deployment is shutting down.");
    }
}
