using Fresnel.Engine;
using Fresnel.Engine.Log;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime;
using Fresnel.Simulation.Histories;
using Fresnel.Simulation.Workloads;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>A deployment, its store, its clients and its accidents, all of it decided by one seed: three lives of a process over one disk, and a last look at what is left.</summary>
/// <remarks>
/// <code>
///   seed ─► course ─► which of the tasks that could run comes next     (SeededScheduler, VirtualTime)
///                 ├─► what clients, sessions, requesters and pushers do (WorldClient, Watcher, Requester, Shaper)
///                 └─► what the store does to them                      (DiskStore, Troubles, Disk)
///   checks: HistoryChecker over what clients saw · Ledger against the log · DatabaseCheck over every index · Promises kept once
/// </code>
/// </remarks>
internal sealed class World
{
    /// <summary>Transactions that the clients of a world begin together, at least.</summary>
    private const int Transactions = 305;

    private int _names;

    public World(int seed)
    {
        Course = new(seed);
        Time = new(Course);
        Image = WorldImage.Shared;
        Disk = Image.Disk.Copy();
        Replica = Image.Replica.Copy();
        Recorder = new(Image.Recorder);
        Entropy = new(Course.Split(9));
        Requesters = [.. Enumerable.Range(0, 2).Select(number => new Requester($"requester{number}", this, Course.Split(70 + number)))];
    }

    public Course Course { get; }

    public VirtualTime Time { get; }

    public WorldImage Image { get; }

    public Disk Disk { get; }

    /// <summary>What the log says, as far as it was checked.</summary>
    public Replica Replica { get; }

    public HistoryRecorder Recorder { get; }

    public Ledger Ledger { get; } = new();

    public Promises Promises { get; } = new();

    public WorldCounts Counts { get; } = new();

    public Workload[] Workloads { get; } = WorldImage.NewWorkloads();

    public IReadOnlyList<Requester> Requesters { get; }

    public SeededEntropy Entropy { get; }

    public double NowMilliseconds => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The last commit that the disk holds.</summary>
    public Timestamp LogEnd => LogFormat.Read(Disk.Log[^1]).Last().Timestamp;

    /// <summary>A name that no index had.</summary>
    public int NextName() => _names++;

    /// <summary>Lives it, and checks all that was seen and all that is left.</summary>
    /// <exception cref="Exception">Something is wrong.</exception>
    public void Run()
    {
        var random = Course.Split(5);
        LifeEnd[] ends = [LifeEnd.Crash, (LifeEnd)random.Next(4), LifeEnd.Quiet];
        var begun = 0;
        for (var number = 0; number < ends.Length; number++)
        {
            using var life = new Life(this, number, ends[number], ends[number] == LifeEnd.Quiet && number > 1 ? Math.Max(60, Transactions - begun) : 100);
            life.Run();
            begun += life.Begun;
            Disk.LosePower(random);
        }

        LookAtLast();
        Counts.Steps = Course.Steps;
        var anomalies = HistoryChecker.Check(Recorder.ToHistory());
        if (anomalies.Count > 0) throw new InvalidDataException(string.Join('\n', anomalies));
    }

    /// <summary>Whether everything that was shown so far was so, as the log says.</summary>
    public void CheckLedger() => Ledger.Check(Disk.Log, Replica);

    /// <summary>Opens what is left once more, on a store that does nothing to it, and reads all.</summary>
    private void LookAtLast()
    {
        var scheduler = new SeededScheduler(Course, Time);
        var looking = scheduler.Start(async () =>
        {
            var store = new DiskStore(Disk, Course, Time, Course.Split(7), Counts);
            await using var deployment = await WorldFunctions.StartAsync(store, Time, new(Course.Split(8)), scheduler, Recorder, new() { MemoryBudget = 500 << 10 });
            await WorldFunctions.RemoveCronAsync(deployment.Database, Time, Entropy);
            await ReadAllAsync(deployment);
            CheckLedger();
            await DatabaseCheck.CheckAsync(deployment.Database, Replica, Image, withBallast: Course.Seed % 4 == 0);
        });
        scheduler.Run(() => looking.IsCompleted);
        if (looking.Exception is { } failed) throw failed.InnerExceptions.Count == 1 ? failed.InnerException! : failed;
    }

    private async Task ReadAllAsync(Deployment deployment)
    {
        var began = Recorder.Tick();
        using var transaction = deployment.Database.BeginRead(limits: TransactionLimits.None);
        var run = new ClientTransaction(transaction, Recorder, CancellationToken.None);
        foreach (var workload in Workloads) await workload.ReadAllAsync(run);
        Recorder.Add("last", HistoryOutcome.Committed, began, run.Operations);
        Ledger.Answered("last", transaction.Snapshot.Timestamp, wrote: false, run.Operations);
    }
}
