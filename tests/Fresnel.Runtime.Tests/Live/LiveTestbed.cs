using System.Collections.Concurrent;
using System.Text;
using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Watches;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Live;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Runtime.Tests.Live;

/// <summary>Live queries over a database in memory, with functions that a test writes: <c>list</c> returns the numbers in a table, others what the test says.</summary>
internal sealed class LiveTestbed : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Timestamp, Snapshot> _snapshots = [];
    private readonly ConcurrentDictionary<string, Func<FunctionCall, Snapshot, Task>> _before = [];
    private readonly ConcurrentDictionary<string, Func<FunctionCall, QueryOutcome, QueryOutcome>> _after = [];
    private readonly Lock _gate = new();
    private readonly List<(Timestamp Timestamp, TaskCompletionSource Heard)> _unheard = [];
    private readonly IDisposable[] _subscriptions;
    private Timestamp _heard;

    private LiveTestbed(Database database, bool redacts, TimeSpan? patience, TimeProvider? time, long cacheBytes)
    {
        Database = database;
        _snapshots[database.Published.Timestamp] = database.Published;
        var first = database.Subscribe(new Listener(snapshot => _snapshots[snapshot.Timestamp] = snapshot));
        Live = new LiveQueries(database, RunAsync, redacts, time ?? TimeProvider.System, patience, cacheBytes);
        _subscriptions = [first, database.Subscribe(new Listener(OnHeard))]; // Told behind Live.
    }

    public Database Database { get; }

    public LiveQueries Live { get; }

    /// <summary>Every run, in the order they began: which table at which snapshot, for whom.</summary>
    public ConcurrentQueue<(string Table, Timestamp At, Identity Identity, string? Journal)> Runs { get; } = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<LiveTestbed> OpenAsync(bool redacts = false, TimeSpan? patience = null, TimeProvider? time = null, long cacheBytes = 0) =>
        new(await Database.OpenAsync(new MemoryCommitStore(), new DatabaseOptions(), Token), redacts, patience, time, cacheBytes);

    /// <summary>A call of <c>list</c> on a table, or on several with a plus between them.</summary>
    public static FunctionCall List(string table, string? journal = null) => new()
    {
        Path = new FunctionPath("numbers", "list"),
        Arguments = Encoding.UTF8.GetBytes($$"""[{"table":"{{table}}"}]"""),
        Identity = Identity.Anonymous,
        Caller = FunctionCaller.SyncWorker,
        RequestId = "0000000000000000",
        Journal = journal,
    };

    /// <summary>Does something before each run on a table, e.g. wait.</summary>
    public void Before(string table, Func<FunctionCall, Snapshot, Task> action) => _before[table] = action;

    /// <summary>Changes the outcome of each run on a table.</summary>
    public void After(string table, Func<FunctionCall, QueryOutcome, QueryOutcome> change) => _after[table] = change;

    /// <summary>Inserts a number into each of these tables, in one commit, and waits until it is published and heard.</summary>
    public async Task<Timestamp> InsertAsync(int number, params string[] tables)
    {
        var transaction = Database.BeginWrite();
        foreach (var table in tables)
        {
            var found = transaction.FindTable("", table) ?? transaction.CreateTable("", table);
            await transaction.InsertAsync(found, ValueObject.Create(("n", Value.Float64(number))), Token);
        }

        var commit = await Database.SubmitAsync(transaction, Token);
        var result = await commit.Published.WaitAsync(TimeSpan.FromSeconds(10), Token);
        if (result.Outcome == CommitOutcome.Conflict) return await InsertAsync(number, tables);
        Assert.Equal(CommitOutcome.Committed, result.Outcome);
        await HeardAsync(result.Timestamp);
        return result.Timestamp;
    }

    /// <summary>What <c>list</c> returns at the snapshot of a timestamp that was published.</summary>
    public async Task<string> ListAtAsync(string table, Timestamp timestamp) => (await ReadAsync(table, _snapshots[timestamp])).Value;

    public async ValueTask DisposeAsync()
    {
        Live.Dispose();
        foreach (var subscription in _subscriptions) subscription.Dispose();
        await Database.DisposeAsync();
    }

    /// <summary>Completes when Live has heard of a commit.</summary>
    private Task HeardAsync(Timestamp timestamp)
    {
        lock (_gate)
        {
            if (_heard >= timestamp) return Task.CompletedTask;
            _unheard.Add((timestamp, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            return _unheard[^1].Heard.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);
        }
    }

    private void OnHeard(Snapshot snapshot)
    {
        lock (_gate)
        {
            _heard = snapshot.Timestamp;
            foreach (var (timestamp, heard) in _unheard)
            {
                if (timestamp <= _heard) heard.TrySetResult();
            }

            _unheard.RemoveAll(waiting => waiting.Timestamp <= _heard);
        }
    }

    private async ValueTask<QueryOutcome> RunAsync(FunctionCall call, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var table = ValueJson.Parse(call.Arguments.Span).AsArray()[0].AsObject()["table"].AsString();
        Runs.Enqueue((table, snapshot.Timestamp, call.Identity, call.Journal));
        if (_before.TryGetValue(table, out var before)) await before(call, snapshot).WaitAsync(cancellationToken);

        var (value, reads) = await ReadAsync(table, snapshot);
        var outcome = new FunctionOutcome { Value = Encoding.UTF8.GetBytes(value), RequestId = call.RequestId, Timestamp = snapshot.Timestamp };
        var query = new QueryOutcome(outcome, snapshot, reads, ObservedIdentity: false, Journal: null);
        return _after.TryGetValue(table, out var after) ? after(call, query) : query;
    }

    private async Task<(string Value, Engine.Transactions.ReadSet Reads)> ReadAsync(string tables, Snapshot snapshot)
    {
        using var transaction = Database.BeginRead(snapshot);
        var lists = new List<string>();
        foreach (var name in tables.Split('+'))
        {
            var numbers = new List<double>();
            if (transaction.FindTable("", name) is { } table)
            {
                var stream = transaction.Read(table, table.ById, KeyInterval.All);
                while (await stream.NextAsync(Token) is { } document) numbers.Add(document.Fields["n"].AsFloat64());
            }

            numbers.Sort();
            lists.Add($"[{string.Join(',', numbers)}]");
        }

        return (string.Concat(lists), transaction.Reads);
    }
}

internal sealed class Listener(Action<Snapshot> onPublished) : IPublicationListener
{
    public void OnPublished(Publication publication) => onPublished(publication.Snapshot);
}

/// <summary>What a client of a session would show, kept up to date by its transitions.</summary>
internal sealed class ShownState(LiveSession session)
{
    /// <summary>By query, the value shown.</summary>
    public Dictionary<uint, string> Values { get; } = [];

    public LiveTransition? Last { get; private set; }

    /// <summary>Waits for the next transition and shows it.</summary>
    public async Task<LiveTransition> NextAsync()
    {
        var transition = await session.NextAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.True(Last is null || transition.Timestamp >= Last.Timestamp);
        Assert.Equal(transition.Modifications.Count, transition.Modifications.Select(modification => modification.QueryId).Distinct().Count());
        Last = transition;
        foreach (var modification in transition.Modifications)
        {
            if (modification.Outcome is { } outcome) Values[modification.QueryId] = outcome.Error?.Message ?? Encoding.UTF8.GetString(outcome.Value.Span);
            else Values.Remove(modification.QueryId);
        }

        return transition;
    }

    /// <summary>Takes transitions until one is at least as new.</summary>
    public async Task<LiveTransition> CatchUpAsync(Timestamp timestamp)
    {
        while (true)
        {
            var transition = await NextAsync();
            if (transition.Timestamp >= timestamp) return transition;
        }
    }
}
