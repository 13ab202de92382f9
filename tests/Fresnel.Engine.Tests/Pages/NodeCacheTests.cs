using Fresnel.Engine.Commits;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Pages;

/// <summary>A database that is larger than its memory.</summary>
public sealed class NodeCacheTests
{
    private const int Many = 20_000;

    /// <summary>So little memory that nothing clean stays longer than it must.</summary>
    private static DatabaseOptions Small { get; } = new() { MemoryBudget = 4 << 20 };

    private static CancellationToken Token => TestDatabase.Token;

    [Fact]
    public async Task Random_work_in_little_memory_leaves_every_index_in_step_also_after_a_restart()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var db = await TestDatabase.OpenAsync(null, Small);
        var work = await RandomWork.StartAsync(db, random);
        for (var round = 0; round < 4; round++)
        {
            await work.DoAsync(400);
            await db.Database.CheckpointAsync(Token);
            await work.DoAsync(20);
            var before = await DatabaseContents.OfAsync(db.Database);
            await DatabaseContents.CheckIndexesAsync(db.Database);
            await db.DisposeAsync();
            // A budget of nothing: whatever is clean goes at once.
            db = await TestDatabase.OpenAsync(db.Store.Reopen(), Small with { MemoryBudget = 1 << 20 });
            work = new(db, random) { Ids = work.Ids };
            var after = await DatabaseContents.OfAsync(db.Database);
            Assert.True(before.SequenceEqual(after), $"Seed {seed}, round {round}.");
        }

        await work.DoAsync(200);
        await DatabaseContents.CheckIndexesAsync(db.Database);
        await db.DisposeAsync();
    }

    [Fact]
    public async Task A_start_reads_no_documents()
    {
        var (store, ids) = await ManyAsync();
        await using var db = await TestDatabase.OpenAsync(store);
        Assert.InRange(db.Database.Nodes.Loads, 1, 40);

        using var transaction = db.Database.BeginRead();
        Assert.Equal(Value.Float64(17), (await transaction.Get(ids[17]))!.Fields["n"]);
        Assert.InRange(db.Database.Nodes.Loads, 2, 50);
    }

    [Fact]
    public async Task The_budget_holds_while_the_committer_lets_nothing_go()
    {
        var (store, _) = await ManyAsync();
        var nodes = new NodeCache(store, Small.MemoryBudget);
        var snapshot = (await Loading.LoadAsync(store, new(), nodes, Token)).Start.Snapshot;
        nodes.Hold();

        // The store answers at once, so this comes back when the reader waits for something else.
        var reading = CountAsync();
        Assert.False(reading.IsCompleted);
        Assert.InRange(nodes.ResidentBytes, Small.MemoryBudget, Small.MemoryBudget + (64 << 10));

        nodes.Release();
        Assert.Equal(Many, await reading.WaitAsync(TimeSpan.FromSeconds(20), Token));
        Assert.InRange(nodes.ResidentBytes, 1, Small.MemoryBudget);

        async Task<int> CountAsync()
        {
            var cursor = new TreeCursor(snapshot.Roots.Find(snapshot.Catalog.Find("", "many")!.ById.Key)!, KeyInterval.All, descending: false);
            for (var count = 0; ; count++)
            {
                var moved = cursor.MoveNext();
                for (; !moved && cursor.Missing is { } missing; moved = cursor.MoveNext()) await nodes.LoadAsync(missing, snapshot.Timestamp, Token);
                if (!moved) return count;
            }
        }
    }

    [Fact]
    public async Task The_budget_holds_under_scans_and_random_reads()
    {
        var (store, ids) = await ManyAsync();
        await using var db = await TestDatabase.OpenAsync(store, new() { MemoryBudget = 1 << 20 });
        var random = new Random(1);
        using var scan = db.Database.BeginRead(limits: Fresnel.Engine.Transactions.TransactionLimits.None);
        Assert.Equal(Many, (await scan.ReadAll("many")).Count);
        Assert.InRange(db.Database.Nodes.ResidentBytes, 0, 1 << 20);
        for (var i = 0; i < 1_000; i++)
        {
            using var transaction = db.Database.BeginRead();
            var n = random.Next(Many);
            Assert.Equal(Value.Float64(n), (await transaction.Get(ids[n]))!.Fields["n"]);
        }

        Assert.InRange(db.Database.Nodes.ResidentBytes, 0, 1 << 20);
    }

    [Fact]
    public async Task Writers_over_more_than_memory_all_get_their_turn()
    {
        var (store, ids) = await ManyAsync();
        await using var db = await TestDatabase.OpenAsync(store, new() { MemoryBudget = 2 << 20 });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            var random = new Random(writer);
            for (var i = 0; i < 60; i++)
            {
                var transaction = db.Database.BeginWrite();
                // Each has documents of its own, so that nothing but memory stands between them.
                await transaction.Patch(ids[random.Next(Many / 16) * 16 + writer], ("by", Value.Float64(writer)), ("text", new string('y', random.Next(300))));
                Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);
            }
        }));
        await DatabaseContents.CheckIndexesAsync(db.Database);
        Assert.InRange(db.Database.Nodes.ResidentBytes, 0, 3 << 20);
    }

    [Fact]
    public async Task A_snapshot_that_is_being_read_keeps_its_pages_and_one_that_is_not_may_lose_them()
    {
        var options = Small with { MemoryBudget = 1 << 20, ReplacedPagesKeptFor = TimeSpan.Zero };
        var (store, ids) = await ManyAsync();
        await using var db = await TestDatabase.OpenAsync(store, options);
        var old = db.Database.Published;
        var pages = store.PageCount;
        using (var reader = db.Database.BeginRead(old, Fresnel.Engine.Transactions.TransactionLimits.None))
        {
            await RewriteAsync(db, ids);
            Assert.True(store.PageCount > pages);
            Assert.All(await reader.ReadAll("many"), document => Assert.True(document.Fields["again"].IsUndefined));
        }

        await db.Database.CheckpointAsync(Token);
        using var late = db.Database.BeginRead(old, Fresnel.Engine.Transactions.TransactionLimits.None);
        await Assert.ThrowsAsync<SnapshotTooOldException>(() => late.ReadAll("many"));
        using var fresh = db.Database.BeginRead(limits: Fresnel.Engine.Transactions.TransactionLimits.None);
        Assert.Equal(Many, (await fresh.ReadAll("many")).Count);
    }

    [Fact]
    public async Task Pages_that_were_kept_for_readers_go_at_the_next_start()
    {
        var (store, ids) = await ManyAsync();
        var pages = store.PageCount;
        await using (var db = await TestDatabase.OpenAsync(store)) await RewriteAsync(db, ids);
        Assert.True(store.PageCount > pages * 7 / 6, $"{store.PageCount} of {pages}");
        var reopened = store.Reopen();
        await using var again = await TestDatabase.OpenAsync(reopened);
        await again.Database.CheckpointAsync(Token); // They go beside the first transactions; it waits for that.
        Assert.InRange(reopened.PageCount, 1, pages * 9 / 8);
        await DatabaseContents.CheckIndexesAsync(again.Database);
    }

    [Fact]
    public async Task A_damaged_page_is_named_where_it_is_touched_and_nothing_else_suffers()
    {
        var (store, ids) = await ManyAsync();
        await using var db = await TestDatabase.OpenAsync(store);
        store.DamagePages(number => number > 40 && number % 7 == 3);
        var outcomes = new List<string>();
        foreach (var id in ids.Where((_, i) => i % 500 == 0))
        {
            using var transaction = db.Database.BeginRead();
            try
            {
                outcomes.Add((await transaction.Get(id))!.Fields["n"].ToString());
            }
            catch (StoreException damaged) when (damaged.Failure == StoreFailure.Damaged)
            {
                Assert.Matches(@"^Page \d+ of the database cannot be read: A page is damaged: its checksum does not fit\. Restore the data folder from a backup\.$", damaged.Message);
                outcomes.Add("damaged");
            }
        }

        Assert.Contains("damaged", outcomes);
    }

    [Fact]
    public async Task A_damaged_table_can_be_dropped_and_checkpoints_go_on()
    {
        var (store, _) = await ManyAsync();
        await using var db = await TestDatabase.OpenAsync(store, Small with { ReplacedPagesKeptFor = TimeSpan.Zero });
        var pages = store.PageCount;
        store.DamagePages(number => number > 40 && number % 97 == 3);
        await db.WriteAsync(transaction =>
        {
            transaction.DropTable(transaction.FindTable("", "many")!);
            return Task.CompletedTask;
        });
        await db.Database.CheckpointAsync(Token);
        await db.Database.CheckpointAsync(Token);
        // What lies below a damaged page stays, and one of these is a branch.
        Assert.InRange(store.PageCount, 1, pages / 2);
        await DatabaseContents.CheckIndexesAsync(db.Database);
    }

    [Fact]
    public async Task What_went_out_of_the_trees_while_a_checkpoint_wrote_it_is_clean_also_when_it_comes_back_by_a_refusal()
    {
        var (writing, mayFlip) = (new TaskCompletionSource(), new TaskCompletionSource());
        var inner = new MemoryCommitStore();
        var store = new FaultyCommitStore(inner);
        await using var database = await Database.OpenAsync(store, new(), Token);
        await using var db = new TestDatabase(database, inner);
        var ids = new List<DocumentId>();
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 1_000; i++) ids.Add((await transaction.Insert("many", ("n", Value.Float64(i)))).Id);
        });
        store.Delay = async (_, call, _) =>
        {
            if (call != StoreCall.WritePages) return;
            writing.TrySetResult();
            await mayFlip.Task;
        };
        var checkpoint = database.CheckpointAsync(Token);
        await writing.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);
        inner.FailAppend = _ => StoreFailure.Refused;
        Commit lost;
        using (inner.Hold())
        {
            var transaction = database.BeginWrite();
            foreach (var id in ids) await transaction.Patch(id, ("n", Value.Float64(-1)));
            lost = await db.SubmitAsync(transaction);
            await lost.Sealed;
            mayFlip.SetResult();
            await checkpoint;
        }

        Assert.Equal(CommitOutcome.Refused, (await lost.Published.WaitAsync(TimeSpan.FromSeconds(10), Token)).Outcome);
        inner.FailAppend = null;
        await db.InsertAsync("others");
        await database.CheckpointAsync(Token);
        Assert.Equal(0, database.Nodes.DirtyBytes);
        await DatabaseContents.CheckIndexesAsync(database);
    }

    [Fact]
    public async Task When_too_much_is_in_memory_only_commits_wait_for_a_checkpoint_and_are_refused_when_there_can_be_none()
    {
        await using var db = await TestDatabase.OpenAsync(null, new() { MemoryBudget = 2 << 20 });
        await db.CreateTableAsync("messages");
        for (var i = 0; i < 3_000; i++) await db.InsertAsync("messages", ("text", new string('x', 500)));
        Assert.True(db.Store.PagesWritten > 100);

        db.Store.BeforeCheckpointStep = _ => throw new StoreException(StoreFailure.Refused, "The disk is full.");
        var outcome = CommitOutcome.Committed;
        for (var i = 0; i < 5_000 && outcome == CommitOutcome.Committed; i++)
        {
            var transaction = db.Database.BeginWrite();
            await transaction.Insert("messages", ("text", new string('x', 500)));
            outcome = (await db.CommitAsync(transaction)).Outcome;
        }

        Assert.Equal(CommitOutcome.Refused, outcome);
        Assert.True((await db.ReadAllAsync("messages")).Count > 3_000);

        db.Store.BeforeCheckpointStep = null;
        await db.Database.CheckpointAsync(Token);
        await db.InsertAsync("messages", ("text", "again"));
    }

    [Fact]
    public async Task Large_documents_are_read_one_by_one()
    {
        var db = await TestDatabase.OpenAsync();
        var ids = new List<DocumentId>();
        for (var i = 0; i < 30; i++) ids.Add((await db.InsertAsync("large", ("n", Value.Float64(i)), ("text", new string('x', 200_000)))).Id);
        await db.Database.CheckpointAsync(Token);
        await db.DisposeAsync();

        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        using var transaction = again.Database.BeginRead();
        Assert.Equal(Value.Float64(7), (await transaction.Get(ids[7]))!.Fields["n"]);
        Assert.InRange(again.Database.Nodes.ResidentBytes, 200_000, 400_000);
        Assert.Equal(30, (await transaction.ReadAll("large")).Count);
    }

    [Fact]
    public async Task A_large_document_stays_until_its_reader_has_it_however_small_the_budget()
    {
        var db = await TestDatabase.OpenAsync();
        var ids = new List<DocumentId>();
        for (var i = 0; i < 10; i++) ids.Add((await db.InsertAsync("large", ("n", Value.Float64(i)), ("text", new string('x', 200_000)))).Id);
        await db.Database.CheckpointAsync(Token);
        await db.DisposeAsync();

        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen(), new() { MemoryBudget = 64 << 10 });
        using var transaction = again.Database.BeginRead();
        for (var i = 0; i < 10; i++)
        {
            // Let go of too early, it would be loaded again and again.
            var found = await Task.Run(async () => await transaction.Get(ids[i]), Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
            Assert.Equal(Value.Float64(i), found!.Fields["n"]);
        }
    }

    [Fact]
    public async Task Old_versions_of_nodes_are_let_go_of_when_nobody_reads_them()
    {
        await using var db = await TestDatabase.OpenAsync();
        var id = (await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id;
        var old = RootsOf(db.Database);
        for (var i = 0; i < 5; i++) await db.WriteAsync(transaction => transaction.Patch(id, ("n", Value.Float64(i))));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var table = (await db.ReadAllAsync("counters")).Single().Id.TableNumber;
        Assert.True(old.TryGetValue(table, out var node));
        Assert.False(node.IsAlive, "An old version of the table's tree is still held.");

        static Dictionary<uint, WeakReference> RootsOf(Database database) =>
            database.Published.Catalog.Tables.ToDictionary(table => table.Number, table => new WeakReference(database.Published.Roots.Find(table.ById.Key)!.Root));
    }

    private static async Task<(MemoryCommitStore Store, List<DocumentId> Ids)> ManyAsync()
    {
        var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("many", ("by_n", ["n"]));
        var ids = new List<DocumentId>();
        for (var from = 0; from < Many; from += 4_000)
        {
            await db.WriteAsync(async transaction =>
            {
                for (var i = from; i < from + 4_000; i++) ids.Add((await transaction.Insert("many", ("n", Value.Float64(i)))).Id);
            });
        }

        await db.Database.CheckpointAsync(Token);
        await db.DisposeAsync();
        return (db.Store.Reopen(), ids);
    }

    private static async Task RewriteAsync(TestDatabase db, List<DocumentId> ids)
    {
        for (var from = 0; from < Many; from += 2_000)
        {
            await db.WriteAsync(async transaction =>
            {
                for (var i = from; i < from + 2_000; i++) await transaction.Patch(ids[i], ("again", true));
            });
        }

        await db.Database.CheckpointAsync(Token);
    }
}
