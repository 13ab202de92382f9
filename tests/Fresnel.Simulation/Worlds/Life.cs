using System.Runtime.ExceptionServices;
using Fresnel.Engine;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Stores;
using Fresnel.Runtime;
using Fresnel.Runtime.Invocations;
using Fresnel.Simulation.Workloads;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>How a life of the process ends.</summary>
internal enum LifeEnd
{
    /// <summary>The process dies, at any step.</summary>
    Crash,

    /// <summary>It is closed while clients are at work.</summary>
    ClosedBeneath,

    /// <summary>A sync fails, and commits stop; then it is closed.</summary>
    SyncFails,

    /// <summary>Everybody is answered and every job is done before it is closed.</summary>
    Quiet,
}

/// <summary>One life of the process: opened over what the disk holds, at work, ended. All of it runs on a scheduler of its own.</summary>
internal sealed class Life : IDisposable
{
    private const int Clients = 8;

    /// <summary>Beyond this it is taken for one that never ends. Of virtual time.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);

    /// <summary>Likewise; a life makes about five thousand.</summary>
    private const long MostSteps = 200_000;

    private readonly World _world;
    private readonly LifeEnd _end;
    private readonly int _number, _transactions, _endsAfter;
    private readonly Random _random;
    private readonly Troubles _troubles;
    private readonly SeededScheduler _scheduler;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<WorldClient> _clients = [];
    private readonly List<Watcher> _watchers = [];
    private readonly TaskCompletionSource _isEnough = new();
    private Deployment? _deployment;
    private DiskStore? _store;
    private Exception? _failure; // Of whoever failed first; null as long as all is well.
    private int _begun;
    private long? _crashesAt; // The step; null until so much was done that it may crash.

    public Life(World world, int number, LifeEnd end, int transactions)
    {
        (_world, _number, _end, _transactions) = (world, number, end, transactions);
        _random = world.Course.Split(100 * (number + 1));
        _scheduler = new(world.Course, world.Time);
        _troubles = Troubles.Choose(_random, end == LifeEnd.SyncFails);
        _endsAfter = _random.Next(transactions / 2, transactions);
        IsCrowd = _random.Next(4) == 0;
        Workloads = IsCrowd ? [.. world.Workloads.OfType<RestlessWorkload>()] : world.Workloads;
    }

    /// <summary>What its clients do. In some lives all of them crowd around the same few lists.</summary>
    public IReadOnlyList<Workload> Workloads { get; }

    /// <summary>Whether all clients want the same.</summary>
    public bool IsCrowd { get; }

    public Deployment Deployment => _deployment!;

    public Database Database => _deployment!.Database;

    /// <summary>Canceled when it is over.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Whether it is being closed, or commits have stopped: from here on anything may be refused.</summary>
    public bool IsOver => _stopping.IsCancellationRequested || Database.Stopped is not null;

    /// <summary>Transactions that were begun.</summary>
    public int Begun => _begun;

    /// <summary>Lives it.</summary>
    public void Run()
    {
        var (began, firstStep) = (_world.Time.GetUtcNow(), _world.Course.Steps);
        var life = _scheduler.Start(LiveAsync);
        _scheduler.Run(() =>
        {
            if (_world.Course.Steps - firstStep > MostSteps - 500) _scheduler.Trace ??= [];
            if (_world.Time.GetUtcNow() - began > Longest || _world.Course.Steps - firstStep > MostSteps)
                throw new StuckException($"Life {_number} ({_end}) has not ended after {_world.Time.GetUtcNow() - began} of its time and {_world.Course.Steps - firstStep} steps: {Describe()}");
            return life.IsCompleted || _failure is not null || _crashesAt <= _world.Course.Steps;
        });
        if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        if (life.Exception is { } failed) throw failed.InnerExceptions.Count == 1 ? failed.InnerException! : failed;
        if (_deployment is null) return;
        _world.Counts.Transactions += _begun;
        _world.Counts.Add(Database.Contended);
        _world.Counts.Evictions += Database.Nodes.Evictions;
        if (Database.Stopped is { } stopped && stopped is not StoreException { Failure: StoreFailure.SyncFailed }) throw new InvalidDataException($"Commits have stopped: {stopped.Message}", stopped);
        if (Database.Stopped is not null) _world.Counts.SyncFailures++;
        if (life.IsCompleted) return;
        _world.Counts.Crashes++;
        foreach (var client in _clients) client.Crashed();
    }

    /// <summary>Counts a transaction that is to begin; false when it is not to.</summary>
    public bool GoesOn()
    {
        if (IsOver) return false;
        _begun++;
        if (_begun == _endsAfter)
        {
            if (_end == LifeEnd.Crash) _crashesAt = _world.Course.Steps + _random.Next(400);
            else if (_end == LifeEnd.ClosedBeneath) _isEnough.TrySetResult();
        }

        return _end != LifeEnd.Quiet || _begun <= _transactions;
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>Whether a client must put up with this: the store failed, or the process is on its way out.</summary>
    public bool Forgives(Exception exception)
    {
        LastForgiven = exception;
        return exception is StoreException { Failure: not StoreFailure.Damaged } || (IsOver && exception is not InvalidDataException);
    }

    /// <summary>What was put up with last; for whoever must find out why a life does not end.</summary>
    private Exception? LastForgiven { get; set; }

    private async Task LiveAsync()
    {
        _deployment = await OpenAsync();
        if (Database.Published.Catalog.Backfilling.Any(index => index.Cursor is not null)) _world.Counts.BackfillsResumed++;
        for (var i = 0; i < Clients; i++) _clients.Add(new($"{_number}/{i}", _world, this, _world.Course.Split(100 * (_number + 1) + 10 + i)));
        for (var i = 0; i < 3; i++) _watchers.Add(new($"watcher {_number}/{i}", _world, this, _world.Course.Split(100 * (_number + 1) + 30 + i)));
        var clients = Task.WhenAll(_clients.Select(client => GuardAsync(client.RunAsync())));
        var requesters = Task.WhenAll(_world.Requesters.Select(requester => GuardAsync(requester.RunAsync(this))));
        var watchers = Task.WhenAll(_watchers.Select(watcher => GuardAsync(watcher.RunAsync())));
        var others = Task.WhenAll(GuardAsync(new Shaper(_world, this, _world.Course.Split(100 * (_number + 1) + 40)).RunAsync()), GuardAsync(CheckpointAsync()), GuardAsync(ChangeCronAsync()));
        await Task.WhenAny(clients, _isEnough.Task);
        if (_end == LifeEnd.Quiet && !IsOver) await BecomeQuietAsync(Task.WhenAll(requesters, others));
        _stopping.Cancel();
        await Task.WhenAll(watchers, others);
        await Deployment.DisposeAsync();
        await Task.WhenAll(clients, requesters);
    }

    /// <summary>How far it came, for whoever must find out why it does not end.</summary>
    private string Describe() => _deployment is null ? "it was not opened." :
        $"{_begun} of {_transactions} begun, {_clients.Count(client => client.IsBusy)} clients at work, {_world.Counts.TooOld} runs too old, last forgiven {LastForgiven?.Message}, published {Database.Published.Timestamp}, log {_world.LogEnd}, "
        + $"watchers at {string.Join(' ', _watchers.Select(watcher => watcher.At))}, being filled: {string.Join(' ', Database.Published.Catalog.Backfilling.Select(index => index.Name))}, "
        + $"dirty {Database.Nodes.DirtyBytes} of {Database.Nodes.ResidentBytes}, {Database.Contended}. What goes on: "
        + string.Join(", ", (_scheduler.Trace ?? []).CountBy(step => step).OrderByDescending(step => step.Value).Take(12).Select(step => $"{step.Value} × {step.Key}"));

    /// <summary>Opens it; a store that refuses is asked again.</summary>
    private async Task<Deployment> OpenAsync()
    {
        var options = new DatabaseOptions
        {
            MemoryBudget = _random.Next(400, 900) << 10,
            CheckpointAfterLogBytes = _random.Next(40, 160) << 10,
            ReplacedPagesKeptFor = TimeSpan.FromMilliseconds(_random.Next(3) * 40),
            LogKeptFor = TimeSpan.FromMilliseconds(_random.Next(2) * 100),
            CommitQueueLength = _random.Next(3) == 0 ? 4 : 64,
            RecentWrites = TimeSpan.FromSeconds(_random.Next(1, 4)),
        };
        var chance = _world.Course.Split(100 * (_number + 1) + 2);
        for (var attempt = 0; ; attempt++)
        {
            var store = new DiskStore(_world.Disk, _world.Course, _world.Time, _world.Course.Split(100 * (_number + 1) + 50 + attempt), _world.Counts) { Troubles = _troubles };
            try
            {
                _store = store;
                return await WorldFunctions.StartAsync(store, _world.Time, new(chance), _scheduler, _world.Recorder, options);
            }
            catch (Exception exception) when (exception is StoreException or CommitFailedException && attempt < 20)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), _world.Time);
            }
        }
    }

    /// <summary>Now and then somebody wants a checkpoint; others are made because memory or log ask for one.</summary>
    private async Task CheckpointAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(5, 60)), _world.Time);
            if (IsOver) return;
            try
            {
                await Database.CheckpointAsync(CancellationToken.None);
            }
            catch (Exception exception) when (Forgives(exception))
            {
            }
        }
    }

    /// <summary>Now and then the cron is changed, and due at once; also while it runs. And changed back: what waits to run may find it as it was, but for its time.</summary>
    private async Task ChangeCronAsync()
    {
        for (var i = 0; i < 4; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 40)), _world.Time);
            if (IsOver) return;
            try
            {
                await WorldFunctions.SetCronAsync(Database, _world.Time, _world.Entropy, version: i % 2);
            }
            catch (Exception exception) when (exception is CommitFailedException || Forgives(exception))
            {
            }
        }
    }

    /// <summary>Nothing happens by itself any more. What the store was told before its troubles ended may still come back refused.</summary>
    private async Task RemoveCronAsync()
    {
        while (Database.Stopped is null)
        {
            try
            {
                _world.Promises.Ticked(await WorldFunctions.RemoveCronAsync(Database, _world.Time, _world.Entropy));
                return;
            }
            catch (Exception exception) when (exception is CommitFailedException || Forgives(exception))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), _world.Time);
            }
        }
    }

    /// <summary>Waits until everything that was begun has come to its end, and looks at all of it.</summary>
    private async Task BecomeQuietAsync(Task others)
    {
        await others;
        while (await HasWorkAsync()) await Task.Delay(TimeSpan.FromMilliseconds(50), _world.Time);
        _store!.Troubles = Troubles.None;
        await RemoveCronAsync();
        var newest = Database.Published.Timestamp;
        while (_watchers.Exists(watcher => watcher.At < newest))
        {
            foreach (var watcher in _watchers) watcher.Require(newest);
            await Task.Delay(TimeSpan.FromMilliseconds(10), _world.Time);
        }

        _stopping.Cancel();
        while (_world.LogEnd > Database.Published.Timestamp) await Task.Delay(TimeSpan.FromMilliseconds(50), _world.Time);
        _world.CheckLedger();
        await DatabaseCheck.CheckAsync(Database, _world.Replica, _world.Image, withBallast: false);
        var (jobs, ticks) = _world.Promises.Check(_world.Replica, Database.Published.Catalog);
        (_world.Counts.Jobs, _world.Counts.Ticks) = (_world.Counts.Jobs + jobs, _world.Counts.Ticks + ticks);
    }

    private async ValueTask<bool> HasWorkAsync()
    {
        var snapshot = Database.Published;
        if (snapshot.Catalog.Backfilling.Any()) return true;
        try
        {
            return await WorldFunctions.HasPendingJobsAsync(Database);
        }
        catch (Exception exception) when (exception is SnapshotTooOldException || Forgives(exception))
        {
            return true;
        }
    }

    /// <summary>Whoever fails ends the life, and the world with it, also when others would go on until a crash.</summary>
    private async Task GuardAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception failure)
        {
            _failure ??= failure;
            throw;
        }
    }
}
