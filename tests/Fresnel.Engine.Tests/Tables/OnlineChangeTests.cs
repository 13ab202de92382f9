using System.Diagnostics;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Tables;

/// <summary>Changes to the shape of data that is larger than memory, while it is written.</summary>
public sealed class OnlineChangeTests(ITestOutputHelper output)
{
    private const int Documents = 12_000, LargeTable = 100_000;

    private static CancellationToken Token => TestDatabase.Token;

    /// <summary>Crashes twice in the middle. Each time the cursor is where it was made durable last, and from there on it only moves forward.</summary>
    [Fact]
    public async Task An_index_of_a_table_larger_than_memory_is_filled_under_writes_and_goes_on_where_it_was_after_a_crash()
    {
        const long Budget = 4 << 20;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var options = new DatabaseOptions { MemoryBudget = Budget };
        var (store, ids) = await FilledAsync(Documents, ("by_n", ["n"]));
        byte[]? begun = null;
        for (var life = 0; ; life++)
        {
            using var appends = store.Hold(); // Nothing is durable before it was looked at.
            await using var db = await TestDatabase.OpenAsync(store, options);
            var cursor = CursorOf(db.Database.Published);
            Assert.Equal(begun, cursor?.ToArray());
            using var steps = new Steps(db.Database, cursor);
            appends.Dispose();
            if (life == 0)
            {
                await db.WriteAsync(transaction =>
                {
                    transaction.CreateIndex(transaction.FindTable("", "many")!, "by_text", [FieldPath.Parse("text")], staged: true);
                    return Task.CompletedTask;
                });
            }

            using var stopping = new CancellationTokenSource();
            var writing = Task.WhenAll(Enumerable.Range(0, 3).Select(writer => WriteAsync(db, ids, new Random(seed + (life * 10) + writer), stopping.Token)));
            // A third of the documents in each of the first two lives. By the cursor: steps that become durable together are seen as one.
            try
            {
                await (life < 2 ? steps.Reached(DocumentKey.Of(ids[Documents / 3 * (life + 1)])) : steps.Filled);
            }
            catch (TimeoutException)
            {
                output.WriteLine($"life {life}: stuck after {steps.Count} steps and {steps.Publications} publications; {db.Database.Nodes.DirtyBytes} bytes dirty, {db.Database.Nodes.Loads} loads; {db.Database.Stopped}");
                throw;
            }

            if (life < 2) store.Crash();
            await stopping.CancelAsync();
            output.WriteLine($"life {life}: {await Task.WhenAny(writing) == writing && writing.IsCompletedSuccessfully} writers, {steps.Count} steps, at most {steps.MostResident} bytes");
            Assert.InRange(steps.MostResident, 0, Budget * 3 / 2);
            if (life == 2)
            {
                await writing;
                // What three lives took, one would have: those that were not durable yet at a crash are taken again, and no others.
                Assert.InRange(steps.Count, 1, Documents / 256);
                await CheckAsync(db);
                break;
            }

            store = store.Reopen();
            begun = await DurableCursorAsync(store);
            Assert.NotNull(begun); // Two thirds at most were wanted; the rest is not done before somebody hears of that.
        }
    }

    /// <summary>However large its documents are, a step has few of them in memory.</summary>
    [Fact]
    public async Task Filling_an_index_over_large_documents_stays_within_memory()
    {
        const long Budget = 4 << 20;
        var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("large");
        for (var i = 0; i < 60; i++) await db.InsertAsync("large", ("n", Value.Float64(i)), ("text", new string('x', 500_000)));
        await db.Database.CheckpointAsync(Token);
        await db.DisposeAsync();

        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen(), new() { MemoryBudget = Budget });
        using var steps = new Steps(again.Database, null);
        await again.WriteAsync(transaction =>
        {
            transaction.CreateIndex(transaction.FindTable("", "large")!, "by_n", [FieldPath.Parse("n")]);
            return Task.CompletedTask;
        });
        await steps.Filled;
        Assert.InRange(steps.MostResident, 0, Budget * 3 / 2);
        await DatabaseContents.CheckIndexesAsync(again.Database);
    }

    /// <summary>Between any two steps more documents are added than steps take of old ones.</summary>
    [Fact]
    public async Task An_index_becomes_complete_though_writers_add_documents_as_fast_as_they_can()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("many", ("n", Value.Float64(0)));
        using var steps = new Steps(db.Database, null);
        var added = 0;
        var adding = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AddAsync()));
        await Publications(db.Database, () => Volatile.Read(ref added) > 5);
        await db.WriteAsync(transaction =>
        {
            transaction.CreateIndex(transaction.FindTable("", "many")!, "by_n", [FieldPath.Parse("n")]);
            return Task.CompletedTask;
        });
        await adding;
        output.WriteLine($"{added} commits of 300 documents, {steps.Count} steps");
        await DatabaseContents.CheckIndexesAsync(db.Database);

        async Task AddAsync()
        {
            while (!steps.Filled.IsCompleted)
            {
                var transaction = db.Database.BeginWrite();
                for (var i = 0; i < 300; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
                await (await db.SubmitAsync(transaction)).Sealed.WaitAsync(Token);
                Assert.True(Interlocked.Increment(ref added) < 1_000, $"After {steps.Count} steps there is no end in sight.");
            }
        }
    }

    [Fact]
    public async Task A_table_of_a_hundred_thousand_documents_goes_in_one_commit_within_memory_while_others_write()
    {
        const long Budget = 4 << 20;
        var (store, ids) = await FilledAsync(LargeTable);
        var pages = store.PageCount;
        await using var db = await TestDatabase.OpenAsync(store, new() { MemoryBudget = Budget, ReplacedPagesKeptFor = TimeSpan.Zero });
        await db.CreateTableAsync("others");
        var (longest, most, written) = (TimeSpan.Zero, 0L, 0);
        using var stopping = new CancellationTokenSource();
        var writing = WriteOthersAsync();
        await Publications(db.Database, () => Volatile.Read(ref written) > 20);

        CommitResult dropped;
        do
        {
            var transaction = db.Database.BeginWrite();
            transaction.DropTable(transaction.FindTable("", "many")!);
            dropped = await db.CommitAsync(transaction);
        }
        while (dropped.Outcome == CommitOutcome.Conflict);
        Assert.Equal(CommitOutcome.Committed, dropped.Outcome);
        // Pages go once nobody reads who began before the first checkpoint.
        do await db.Database.CheckpointAsync(Token);
        while (store.PageCount > pages / 10);
        var before = written;
        await Publications(db.Database, () => Volatile.Read(ref written) > before + 20);
        await stopping.CancelAsync();
        await writing;

        output.WriteLine($"{pages} pages before, {store.PageCount} after; the longest commit took {longest.TotalMilliseconds} ms; at most {most} bytes");
        Assert.InRange(most, 1, Budget);
        Assert.Null(db.Database.BeginRead().FindTable("", "many"));
        await DatabaseContents.CheckIndexesAsync(db.Database);

        async Task WriteOthersAsync()
        {
            while (!stopping.IsCancellationRequested)
            {
                var began = Stopwatch.GetTimestamp();
                await db.InsertAsync("others", ("text", new string('y', 100)));
                if (Stopwatch.GetElapsedTime(began) is var took && took > longest) longest = took;
                most = Math.Max(most, db.Database.ResidentBytes);
                Interlocked.Increment(ref written);
                await Task.Yield();
            }
        }
    }

    /// <summary>What no checkpoint has seen is not counted against memory once it is unhooked, or commits would wait for ever.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_dropped_before_a_checkpoint_saw_it_leaves_memory(bool table)
    {
        await using var db = await TestDatabase.OpenAsync();
        for (var round = 0; round < 3; round++)
        {
            await db.CreateTableAsync("many", ("by_text", ["text"]));
            for (var from = 0; from < 10; from++)
            {
                await db.WriteAsync(async transaction =>
                {
                    for (var i = 0; i < 500; i++) await transaction.Insert("many", ("text", $"{i}{new string('x', 300)}"));
                });
            }

            var filled = db.Database.Nodes.DirtyBytes;
            await db.WriteAsync(transaction =>
            {
                var many = transaction.FindTable("", "many")!;
                if (table) transaction.DropTable(many);
                else transaction.DropIndex(many.FindIndex("by_text")!);
                return Task.CompletedTask;
            });
            if (table) Assert.InRange(db.Database.Nodes.DirtyBytes, 0, 50_000);
            else Assert.InRange(filled - db.Database.Nodes.DirtyBytes, 5_000 * 300, filled);
            await db.Database.CheckpointAsync(Token);
            Assert.Equal(0, db.Database.Nodes.DirtyBytes);
            if (!table) return;
        }
    }

    [Fact]
    public async Task A_drop_that_the_store_refused_leaves_the_table_and_its_count_of_memory_as_they_were()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("many", ("by_n", ["n"]));
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 2_000; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
        });
        var (dirty, contents) = (db.Database.Nodes.DirtyBytes, await DatabaseContents.OfAsync(db.Database));
        db.Store.FailAppend = _ => Stores.StoreFailure.Refused;
        var drop = db.Database.BeginWrite();
        drop.DropTable(drop.FindTable("", "many")!);
        Assert.Equal(CommitOutcome.Refused, (await db.CommitAsync(drop)).Outcome);
        db.Store.FailAppend = null;

        Assert.Equal(contents, await DatabaseContents.OfAsync(db.Database));
        Assert.InRange(db.Database.Nodes.DirtyBytes, dirty, dirty + (dirty / 100)); // Trees that are still empty are counted only now.
        await db.InsertAsync("many", ("n", Value.Float64(-1)));
        await db.Database.CheckpointAsync(Token);
        Assert.Equal(0, db.Database.Nodes.DirtyBytes);
        await DatabaseContents.CheckIndexesAsync(db.Database);
    }

    /// <summary>Who began to read an index before it went reads it to its end, from pages that only old snapshots need.</summary>
    [Fact]
    public async Task An_index_that_goes_under_a_reader_is_read_to_its_end_and_then_leaves_its_pages()
    {
        var (store, _) = await FilledAsync(Documents, ("by_n", ["n"]));
        var pages = store.PageCount;
        await using var db = await TestDatabase.OpenAsync(store, new() { MemoryBudget = 1 << 20, ReplacedPagesKeptFor = TimeSpan.Zero });
        using (var reader = db.Database.BeginRead(limits: TransactionLimits.None))
        {
            var table = reader.FindTable("", "many")!;
            var stream = reader.Read(table, table.FindIndex("by_n")!, KeyInterval.All);
            for (var n = 0; n < Documents; n++)
            {
                if (n == 100)
                {
                    await db.WriteAsync(transaction =>
                    {
                        transaction.DropIndex(transaction.FindTable("", "many")!.FindIndex("by_n")!);
                        return Task.CompletedTask;
                    });
                    await db.Database.CheckpointAsync(Token);
                    await db.Database.CheckpointAsync(Token);
                }

                Assert.Equal(n, (await stream.NextAsync(Token))!.Fields["n"].AsFloat64());
            }

            Assert.Null(await stream.NextAsync(Token));
        }

        await db.InsertAsync("many", ("n", Value.Float64(-1)));
        await db.Database.CheckpointAsync(Token);
        await db.Database.CheckpointAsync(Token);
        Assert.InRange(store.PageCount, 1, pages - (Documents / 64));
        await DatabaseContents.CheckIndexesAsync(db.Database);
    }

    private static async Task<(MemoryCommitStore Store, List<DocumentId> Ids)> FilledAsync(int count, params (string Name, string[] Fields)[] indexes)
    {
        var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("many", indexes);
        var ids = new List<DocumentId>();
        while (ids.Count < count)
        {
            await db.WriteAsync(async transaction =>
            {
                for (var i = 0; i < 2_000; i++) ids.Add((await transaction.Insert("many", ("n", Value.Float64(ids.Count)), ("text", $"text {ids.Count * 7919 % count}"))).Id);
            });
        }

        await db.Database.CheckpointAsync(Token);
        await db.DisposeAsync();
        return (db.Store.Reopen(), ids);
    }

    /// <summary>Patches what is there, adds and takes away, until told to stop or the store is gone.</summary>
    private static async Task WriteAsync(TestDatabase db, List<DocumentId> ids, Random random, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var transaction = db.Database.BeginWrite();
            var id = ids[random.Next(ids.Count)];
            // Few that are new: who adds faster than documents are filled in keeps an index from ever being complete.
            if (random.Next(20) == 0) await transaction.Insert("many", ("n", Value.Float64(-1)), ("text", $"new {random.Next(1_000)}"));
            else if (await transaction.Get(id) is null)
            {
                transaction.Dispose();
                continue;
            }
            else if (random.Next(10) == 0) await transaction.Delete(id);
            else await transaction.Patch(id, ("text", $"patched {random.Next(1_000)}"));
            var commit = await db.SubmitAsync(transaction);
            await Task.WhenAny(commit.Published, Task.Delay(Timeout.Infinite, stopping));
            await Task.Yield();
        }
    }

    private static async Task CheckAsync(TestDatabase db)
    {
        await DatabaseContents.CheckIndexesAsync(db.Database);
        await db.WriteAsync(transaction =>
        {
            var index = transaction.FindTable("", "many")!.Indexes.Single(index => index.Name == "by_text");
            Assert.Equal((IndexState.Backfilled, true), (index.State, index.Staged));
            Assert.Null(transaction.FindTable("", "many")!.FindIndex("by_text"));
            transaction.EnableIndex(index);
            return Task.CompletedTask;
        });
        using var reader = db.Database.BeginRead(limits: TransactionLimits.None);
        var byText = (await reader.ReadIndex("many", "by_text", KeyInterval.All)).ConvertAll(document => document.Id);
        Assert.Equal((await reader.ReadAll("many")).OrderBy(document => document.Fields["text"].AsString(), StringComparer.Ordinal).ThenBy(document => document.Fields["_creationTime"].AsFloat64()).Select(document => document.Id), byText);
    }

    /// <summary>The cursor as the store has it, read by a database that may write nothing.</summary>
    private static async Task<byte[]?> DurableCursorAsync(MemoryCommitStore store)
    {
        var copy = store.Reopen();
        using var hold = copy.Hold();
        await using var db = await TestDatabase.OpenAsync(copy);
        var cursor = CursorOf(db.Database.Published)?.ToArray();
        hold.Dispose();
        return cursor;
    }

    private static ReadOnlyMemory<byte>? CursorOf(Fresnel.Engine.Snapshots.Snapshot snapshot) => snapshot.Catalog.Backfilling.SingleOrDefault()?.Cursor;

    /// <summary>Waits for a condition, looking at each publication.</summary>
    private static async Task Publications(Database database, Func<bool> condition)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = database.Subscribe(new Listener(_ =>
        {
            if (condition()) met.TrySetResult();
        }));
        if (!condition()) await met.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    private sealed class Listener(Action<Publication> heard) : IPublicationListener
    {
        public void OnPublished(Publication publication) => heard(publication);
    }

    /// <summary>The steps of the one index that is being filled, as publications tell of them.</summary>
    private sealed class Steps : IPublicationListener, IDisposable
    {
        private readonly Database _database;
        private readonly IDisposable _subscription;
        private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ReadOnlyMemory<byte>? _last;
        private bool _begun;
        private byte[]? _wanted;

        public Steps(Database database, ReadOnlyMemory<byte>? from)
        {
            _database = database;
            _last = from;
            _begun = from is not null;
            Filled = _filled.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);
            _subscription = database.Subscribe(this);
        }

        public int Count { get; private set; }

        public int Publications { get; private set; }

        public long MostResident { get; private set; }

        public Task Filled { get; }

        public Task Reached(byte[] key)
        {
            Volatile.Write(ref _wanted, key);
            return _reached.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);
        }

        public void OnPublished(Publication publication)
        {
            Publications++;
            MostResident = Math.Max(MostResident, _database.ResidentBytes);
            var cursor = CursorOf(publication.Snapshot);
            var isFilling = publication.Snapshot.Catalog.Backfilling.Any();
            if (_last is { } last && isFilling && !(cursor is { } now && now.Span.SequenceCompareTo(last.Span) >= 0))
                _filled.TrySetException(new InvalidOperationException("The cursor went back."));
            if (cursor is { } moved && !(_last is { } before && before.Span.SequenceEqual(moved.Span)))
            {
                Count++;
                _last = cursor;
            }

            if (Volatile.Read(ref _wanted) is { } wanted && (cursor is { } reached ? reached.Span.SequenceCompareTo(wanted) >= 0 : _begun && !isFilling)) _reached.TrySetResult();
            if (_begun && !isFilling) _filled.TrySetResult();
            _begun |= isFilling;
        }

        public void Dispose() => _subscription.Dispose();
    }
}
