using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Turns;
using Fresnel.Simulation.Histories;
using Fresnel.Testing;

namespace Fresnel.Simulation.Workloads;

/// <summary>Runs a workload on the real engine in rounds: they end with the database closed quietly, closed beneath its clients, or crashed, or the store fails now and then; the next opens what was durable.</summary>
internal sealed class WorkloadRun(Workload workload, int seed, CancellationToken cancellationToken)
{
    private const int Clients = 24;

    private static readonly DatabaseOptions Options = new() { MemoryBudget = 4 << 20, ReplacedPagesKeptFor = TimeSpan.Zero, LogKeptFor = TimeSpan.Zero };

    private static readonly RoundEnd[] Rounds = [RoundEnd.Quiet, RoundEnd.ClosedBeneath, RoundEnd.StoreFails, RoundEnd.Crash, RoundEnd.Quiet];

    private readonly HistoryRecorder _recorder = new();
    private readonly Ballast _ballast = new();

    /// <summary>How often clients were in each other's way, over all rounds.</summary>
    public ContentionReport Contended { get; private set; } = new(0, 0, 0, 0, 0, 0, 0);

    /// <summary>Runs that were run again because their pages had gone.</summary>
    public int TooOld { get; private set; }

    /// <summary>Runs about so many transactions, and returns what the clients saw.</summary>
    public async Task<History> RunAsync(int transactions)
    {
        var store = new MemoryCommitStore();
        await PrepareAsync(store);
        for (var round = 0; round < Rounds.Length; round++) store = await RunRoundAsync(store, round, transactions / Rounds.Length);
        await using var database = await Database.OpenAsync(store, Options, cancellationToken);
        for (var i = 0; i < 2; i++) await ReaderOf(database, $"last{i}").QueryAsync(new(true, workload.ReadAllAsync));
        return _recorder.ToHistory();
    }

    private async Task PrepareAsync(MemoryCommitStore store)
    {
        await using var database = await Database.OpenAsync(store, Options, cancellationToken);
        var transaction = database.BeginWrite();
        ClientTransaction.CreateTables(transaction);
        var made = await (await database.SubmitAsync(transaction, cancellationToken)).Published.WaitAsync(cancellationToken);
        Assert.Equal(CommitOutcome.Committed, made.Outcome);
        await _ballast.LoadAsync(database, cancellationToken);

        var began = _recorder.Tick();
        var first = database.BeginWrite();
        var run = new ClientTransaction(first, _recorder, cancellationToken);
        await workload.PrepareAsync(run);
        var prepared = await (await database.SubmitAsync(first, cancellationToken)).Published.WaitAsync(cancellationToken);
        Assert.Equal(CommitOutcome.Committed, prepared.Outcome);
        _recorder.Add("first", HistoryOutcome.Committed, began, run.Operations);
    }

    /// <summary>One round; returns the store for the next.</summary>
    private async Task<MemoryCommitStore> RunRoundAsync(MemoryCommitStore store, int round, int transactions)
    {
        var end = Rounds[round];
        var isQuiet = end is RoundEnd.Quiet or RoundEnd.StoreFails;
        if (end == RoundEnd.StoreFails) FailNowAndThen(store, new(HashCode.Combine(seed, round)));
        var database = await Database.OpenAsync(Slow(store, round), Options, cancellationToken);
        var life = new ClientLife(transactions, worksToTheEnd: !isQuiet);
        var clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(
            () => new Client($"{round}/{number}", database, _ballast, _recorder, new Random(HashCode.Combine(seed, round, number)), life, cancellationToken).RunAsync(workload),
            cancellationToken)));
        for (var part = 1; part < ClientLife.Parts; part++)
        {
            await Task.WhenAny(life.ReachedAsync(part), clients);
            if (!clients.IsCompleted) await database.CheckpointAsync(cancellationToken);
        }

        await Task.WhenAny(life.ReachedAsync(ClientLife.Parts), clients);
        if (isQuiet) await clients.WaitAsync(TimeSpan.FromSeconds(120), cancellationToken);
        life.End();
        store.FailAppend = null;
        if (end == RoundEnd.Crash)
        {
            store.Crash();
            store = store.Reopen();
        }

        Contended = Add(Contended, database.Contended);
        await database.DisposeAsync();
        await clients.WaitAsync(TimeSpan.FromSeconds(120), cancellationToken);
        TooOld += life.TooOld;
        return store;
    }

    /// <summary>One group in thirty is refused, and of one the answer is lost, be it written or not.</summary>
    private static void FailNowAndThen(MemoryCommitStore store, Random random) => store.FailAppend = _ =>
    {
        var chance = random.Next(60);
        store.WritesBeforeFailing = chance == 2;
        return chance switch { 0 or 1 => StoreFailure.Refused, 2 or 3 => StoreFailure.Unknown, _ => null };
    };

    /// <summary>Appends take a while, so that much begins from roots that are not durable; pages come a little later than asked for.</summary>
    private FaultyCommitStore Slow(MemoryCommitStore store, int round) => new(store)
    {
        Delay = async (number, call, _) =>
        {
            var most = call switch { StoreCall.Append => 80, StoreCall.ReadPages => 6, _ => 0 };
            for (var yields = new Random(HashCode.Combine(seed, round, number)).Next(most + 1); yields > 0; yields--) await Task.Yield();
        },
    };

    private Client ReaderOf(Database database, string session) =>
        new(session, database, _ballast, _recorder, new Random(seed), new(0, worksToTheEnd: false), cancellationToken);

    private static ContentionReport Add(ContentionReport left, ContentionReport right) => new(
        left.Conflicts + right.Conflicts, left.Turns + right.Turns, left.Waits + right.Waits,
        left.Protections + right.Protections, left.Postponed + right.Postponed, left.Exclusive + right.Exclusive, left.Anew + right.Anew);

    /// <summary>What comes over a round.</summary>
    private enum RoundEnd
    {
        /// <summary>All are answered before the database is closed.</summary>
        Quiet,

        /// <summary>It is closed while clients are at work.</summary>
        ClosedBeneath,

        /// <summary>The store refuses groups and loses answers; the end is quiet.</summary>
        StoreFails,

        /// <summary>The process dies while clients are at work.</summary>
        Crash,
    }
}
