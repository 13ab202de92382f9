using System.Threading.Channels;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Watches;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Watches;

public sealed class WatchTests
{
    [Fact]
    public async Task A_watch_becomes_stale_exactly_when_a_commit_writes_inside()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("items", ("by_n", ["n"]));
        var ids = new List<DocumentId>();
        for (var i = 0; i < 10; i++) ids.Add((await db.InsertAsync("items", ("n", Value.Float64(i)))).Id);
        using var heard = new Hearing(db.Database);

        using var point = await WatchAsync(db, async reader => await reader.Get(ids[3]));
        using var range = await WatchAsync(db, async reader => await reader.ReadIndex("items", "by_n", Between(5, 8)));
        using var prefix = await WatchAsync(db, async reader => await reader.ReadIndex("items", "by_n", KeyInterval.Prefix(IndexKey.Encode(Value.Float64(9)))));
        using var elsewhere = await WatchAsync(db, async reader => await reader.ReadAll("others"));

        await db.WriteAsync(transaction => transaction.Patch(ids[9], ("n", Value.Float64(6))));
        Assert.Equal([range, prefix], (await heard.StaleAsync()).OrderBy(watch => watch.Owner));
        Assert.Equal(db.Database.Published.Timestamp, range.StaleSince);
        Assert.Null(point.StaleSince);

        await db.WriteAsync(transaction => transaction.Patch(ids[3], ("text", "new")));
        Assert.Equal([point], await heard.StaleAsync());

        // Named once in its life.
        await db.WriteAsync(transaction => transaction.Patch(ids[3], ("text", "newer")));
        Assert.Empty(await heard.StaleAsync());
        Assert.Null(elsewhere.StaleSince);
    }

    [Fact, Spec("data-model", 26)]
    public async Task A_query_on_a_table_that_is_not_there_becomes_stale_when_it_is_made()
    {
        await using var db = await TestDatabase.OpenAsync();
        using var heard = new Hearing(db.Database);
        using var watch = await WatchAsync(db, async reader => Assert.Empty(await reader.ReadAll("items")));
        await db.InsertAsync("others");
        Assert.Empty(await heard.StaleAsync());
        await db.InsertAsync("items");
        Assert.Equal([watch], await heard.StaleAsync());
    }

    [Fact, Spec("data-model", 25)]
    public async Task Two_documents_taken_are_not_touched_by_an_insert_behind_them()
    {
        await using var db = await TestDatabase.OpenAsync();
        for (var i = 0; i < 3; i++) await db.InsertAsync("items");
        using var heard = new Hearing(db.Database);
        using var taken = await WatchAsync(db, async reader => Assert.Equal(2, (await reader.ReadAll("items", take: 2)).Count));
        using var newest = await WatchAsync(db, async reader => await reader.ReadAll("items", descending: true, take: 1));
        using var all = await WatchAsync(db, async reader => await reader.ReadAll("items", take: 4));
        await db.InsertAsync("items");
        Assert.Equal([newest, all], (await heard.StaleAsync()).OrderBy(watch => watch.Owner));
        Assert.Null(taken.StaleSince);
    }

    [Fact, Spec("data-model", 10)]
    public async Task A_patch_that_changes_nothing_touches_nobody()
    {
        await using var db = await TestDatabase.OpenAsync();
        var id = (await db.InsertAsync("items", ("a", "a"))).Id;
        using var heard = new Hearing(db.Database);
        using var watch = await WatchAsync(db, async reader => await reader.Get(id));
        await db.WriteAsync(transaction => transaction.Patch(id, ("a", "a")));
        await db.InsertAsync("items");
        Assert.Empty(await heard.StaleAsync());
        Assert.Null(watch.StaleSince);
    }

    [Fact]
    public async Task A_watch_that_comes_too_late_is_stale_at_once_and_since_the_first_commit_that_touched_it()
    {
        await using var db = await TestDatabase.OpenAsync();
        var id = (await db.InsertAsync("items", ("n", Value.Float64(0)))).Id;
        var reader = db.Database.BeginRead();
        await reader.Get(id);
        var unrelated = db.Database.BeginRead();
        await unrelated.ReadAll("others");
        using var heard = new Hearing(db.Database);
        var first = db.Database.BeginWrite();
        await first.Patch(id, ("n", Value.Float64(1)));
        var result = await db.CommitAsync(first);
        await db.WriteAsync(transaction => transaction.Patch(id, ("n", Value.Float64(2))));
        await heard.StaleAsync();

        Assert.Equal(result.Timestamp, db.Database.Watch(reader.Reads, reader.Snapshot.Timestamp, null).StaleSince);
        Assert.Null(db.Database.Watch(unrelated.Reads, unrelated.Snapshot.Timestamp, null).StaleSince);
        Assert.Null(db.Database.Watch(reader.Reads, db.Database.Published.Timestamp, null).StaleSince);
    }

    /// <summary>What it is stale since must not be later than it was: a result would be taken for true in between.</summary>
    [Fact]
    public async Task A_watch_of_a_snapshot_that_is_older_than_the_recent_writes_is_stale_since_then()
    {
        var time = new ManualTime();
        await using var db = await TestDatabase.OpenAsync(null, new() { Time = time, RecentWrites = TimeSpan.FromSeconds(5) });
        var id = (await db.InsertAsync("items", ("n", Value.Float64(0)))).Id;
        using var heard = new Hearing(db.Database);
        var reader = db.Database.BeginRead();
        await reader.Get(id);
        var first = db.Database.BeginWrite();
        await first.Patch(id, ("n", Value.Float64(1)));
        var touched = (await db.CommitAsync(first)).Timestamp;
        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await db.InsertAsync("others");
        }

        await heard.StaleAsync();
        var watch = db.Database.Watch(reader.Reads, reader.Snapshot.Timestamp, null);
        Assert.True(watch.StaleSince <= touched && watch.StaleSince > reader.Snapshot.Timestamp);
    }

    [Fact]
    public async Task A_watch_that_is_disposed_is_not_named()
    {
        await using var db = await TestDatabase.OpenAsync();
        using var heard = new Hearing(db.Database);
        var watch = await WatchAsync(db, async reader => await reader.ReadAll("items"));
        watch.Dispose();
        await db.InsertAsync("items");
        Assert.Empty(await heard.StaleAsync());
    }

    [Fact]
    public async Task Many_random_watches_agree_with_their_read_sets()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("items", ("by_n", ["n"]));
        var ids = new List<DocumentId>();
        for (var i = 0; i < 40; i++) ids.Add((await db.InsertAsync("items", ("n", Value.Float64(random.Next(20))))).Id);
        using var heard = new Hearing(db.Database);
        for (var round = 0; round < 40; round++)
        {
            var watches = new List<Watch>();
            for (var i = 0; i < 30; i++)
            {
                watches.Add(await WatchAsync(db, async reader =>
                {
                    for (var reads = random.Next(1, 3); reads > 0; reads--)
                    {
                        if (random.Next(2) == 0) await reader.Get(ids[random.Next(ids.Count)]);
                        else await reader.ReadIndex("items", "by_n", Between(random.Next(20), random.Next(20)), random.Next(2) == 0, random.Next(1, 6));
                    }
                }));
            }

            var id = ids[random.Next(ids.Count)];
            var before = (await db.Database.BeginRead().Get(id))!;
            await db.WriteAsync(transaction => transaction.Patch(id, ("n", Value.Float64(random.Next(20, 25)))));
            var after = (await db.Database.BeginRead().Get(id))!;
            var stale = (await heard.StaleAsync()).ToHashSet();
            var table = db.Database.Published.Catalog.Find("", "items")!;
            // One that changed nothing was no write.
            Document[] versions = before.Timestamp == after.Timestamp ? [] : [before, after];
            var keys = table.Indexes.SelectMany(index => versions.Select(document => (index.Key, IndexKey.Encode(document.Fields, index.Fields)))).ToArray();
            foreach (var watch in watches)
                Assert.True(stale.Contains(watch) == keys.Any(key => watch.Reads.Contains(key.Key, key.Item2)), $"Seed {seed}, round {round}.");
            foreach (var watch in watches) watch.Dispose();
        }
    }

    private static KeyInterval Between(double lower, double upper) => new(IndexKey.Encode(Value.Float64(lower)), IndexKey.Encode(Value.Float64(upper)));

    private static int _watches;

    private static async Task<Watch> WatchAsync(TestDatabase db, Func<Engine.Transactions.Transaction, Task> read)
    {
        var reader = db.Database.BeginRead();
        await read(reader);
        return db.Database.Watch(reader.Reads, reader.Snapshot.Timestamp, Interlocked.Increment(ref _watches));
    }

    private sealed class Hearing : IPublicationListener, IDisposable
    {
        private readonly Database _database;
        private readonly Channel<Publication> _publications = Channel.CreateUnbounded<Publication>();
        private readonly IDisposable _subscription;
        private Timestamp _heard;

        public Hearing(Database database)
        {
            _database = database;
            _heard = database.Published.Timestamp;
            _subscription = database.Subscribe(this);
        }

        public void OnPublished(Publication publication) => _publications.Writer.TryWrite(publication);

        /// <summary>The watches named by all publications up to what is published now.</summary>
        public async Task<List<Watch>> StaleAsync()
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestDatabase.Token);
            patience.CancelAfter(TimeSpan.FromSeconds(10));
            var stale = new List<Watch>();
            while (_heard < _database.Published.Timestamp)
            {
                var publication = await _publications.Reader.ReadAsync(patience.Token);
                _heard = publication.Snapshot.Timestamp;
                stale.AddRange(publication.Stale);
            }

            return stale;
        }

        public void Dispose() => _subscription.Dispose();
    }
}
