using Fresnel.Engine.Commits;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Watches;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Tables;

public sealed class BackfillTests
{
    [Fact, Spec("data-model", 43)]
    public async Task An_index_is_complete_under_concurrent_writes_and_unreadable_until_enabled()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var db = await TestDatabase.OpenAsync();
        var work = await RandomWork.StartAsync(db, random);
        await work.DoAsync(400);
        await db.WriteAsync(transaction =>
        {
            foreach (var name in (string[])["red", "green", "blue"])
            {
                var table = transaction.FindTable("", name)!;
                Assert.Equal(IndexState.Backfilling, transaction.CreateIndex(table, "by_text", [FieldPath.Parse("text")]).State);
                Assert.Null(transaction.FindTable("", name)!.FindIndex("by_text"));
            }

            return Task.CompletedTask;
        });
        var writing = work.DoAsync(100);
        await UntilFilledAsync(db);
        await writing;
        await DatabaseContents.CheckIndexesAsync(db.Database);

        await db.WriteAsync(transaction =>
        {
            foreach (var table in transaction.ListTables("").Where(table => !table.IsSystem).ToArray())
                transaction.EnableIndex(table.Indexes.Single(index => index.Name == "by_text"));
            return Task.CompletedTask;
        });
        var reader = db.Database.BeginRead();
        Assert.Equal((await reader.ReadAll("red")).Count, (await reader.ReadIndex("red", "by_text", KeyInterval.All)).Count);

        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Assert.Equal(await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(again.Database));
    }

    [Fact]
    public async Task Writers_of_the_table_are_not_disturbed_by_the_steps()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 2_000; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
        });
        await db.WriteAsync(transaction =>
        {
            transaction.CreateIndex(transaction.FindTable("", "many")!, "by_n", [FieldPath.Parse("n")]);
            return Task.CompletedTask;
        });
        // Begun while the index is being filled, submitted after a step: it knows the index, and not how far it is.
        var writer = db.Database.BeginWrite();
        var state = writer.Catalog.Find("", "many")!.Indexes.Single(index => index.Name == "by_n").State;
        await writer.Insert("many", ("n", Value.Float64(-1)));
        var result = await db.CommitAsync(writer);
        Assert.True(result.Outcome == CommitOutcome.Committed || state != db.Database.Published.Catalog.Find("", "many")!.Indexes[^1].State);
        await UntilFilledAsync(db);
        await DatabaseContents.CheckIndexesAsync(db.Database);
    }

    [Fact]
    public async Task Filling_goes_on_after_a_restart()
    {
        var db = await TestDatabase.OpenAsync();
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 3_000; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
        });
        await db.WriteAsync(transaction =>
        {
            transaction.CreateIndex(transaction.FindTable("", "many")!, "by_n", [FieldPath.Parse("n")]);
            return Task.CompletedTask;
        });
        var store = db.Store.Reopen();
        await db.DisposeAsync();
        await using var again = await TestDatabase.OpenAsync(store);
        await UntilFilledAsync(again);
        Assert.Equal(IndexState.Backfilled, again.Database.Published.Catalog.Find("", "many")!.Indexes.Single(index => index.Name == "by_n").State);
        await DatabaseContents.CheckIndexesAsync(again.Database);
    }

    [Fact]
    public async Task Filling_goes_on_after_the_store_refused_a_step()
    {
        var time = new ManualTime();
        await using var db = await TestDatabase.OpenAsync(null, new() { Time = time });
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 300; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
        });
        var (creation, refusals) = (db.Store.LogLength, 0);
        db.Store.FailAppend = position => position == creation + 1 && refusals++ < 2 ? StoreFailure.Refused : null;
        await db.WriteAsync(transaction =>
        {
            transaction.CreateIndex(transaction.FindTable("", "many")!, "by_n", [FieldPath.Parse("n")]);
            return Task.CompletedTask;
        });
        for (var filled = false; !filled; filled = db.Database.Published.Catalog.Find("", "many")!.Indexes[^1].State == IndexState.Backfilled)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, TestDatabase.Token);
        }

        Assert.True(refusals > 2);
        await DatabaseContents.CheckIndexesAsync(db.Database);
    }

    [Fact]
    public async Task A_step_that_could_not_read_keeps_nothing_open()
    {
        var time = new ManualTime();
        var first = await TestDatabase.OpenAsync();
        await first.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 300; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
        });
        await first.Database.CheckpointAsync(TestDatabase.Token);
        await first.DisposeAsync();

        var failures = 0;
        var store = new FaultyCommitStore(first.Store.Reopen());
        var database = await Database.OpenAsync(store, new() { Time = time }, TestDatabase.Token);
        var epoch = database.Nodes.Epoch;
        var transaction = database.BeginWrite();
        transaction.CreateIndex(transaction.FindTable("", "many")!, "by_n", [FieldPath.Parse("n")]);
        store.Fault = (_, call) => call == StoreCall.ReadPages && ++failures <= 2 ? new(StoreFailure.Damaged) : null;
        await (await database.SubmitAsync(transaction, TestDatabase.Token)).Published;
        for (var filled = false; !filled; filled = database.Published.Catalog.Find("", "many")!.Indexes[^1].State == IndexState.Backfilled)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, TestDatabase.Token);
        }

        Assert.True(failures > 2);
        await database.DisposeAsync();
        Assert.Same(epoch, database.Nodes.Epoch);
        Assert.False(epoch.IsRead, "A transaction was left open: no page that is replaced would ever be deleted.");
    }

    [Fact]
    public async Task An_index_and_a_table_that_are_dropped_while_being_filled_are_gone()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 1_000; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
            for (var i = 0; i < 1_000; i++) await transaction.Insert("more", ("n", Value.Float64(i)));
        });
        await db.WriteAsync(transaction =>
        {
            transaction.CreateIndex(transaction.FindTable("", "many")!, "by_n", [FieldPath.Parse("n")]);
            transaction.CreateIndex(transaction.FindTable("", "more")!, "by_n", [FieldPath.Parse("n")]);
            return Task.CompletedTask;
        });
        // A step of the filling may come in between; then the dropping runs again.
        CommitOutcome outcome;
        do
        {
            var transaction = db.Database.BeginWrite();
            var many = transaction.FindTable("", "many")!;
            transaction.DropIndex(many.Indexes.Single(index => index.Name == "by_n"));
            transaction.DropTable(transaction.FindTable("", "more")!);
            outcome = (await db.CommitAsync(transaction)).Outcome;
        }
        while (outcome == CommitOutcome.Conflict);

        Assert.Equal(CommitOutcome.Committed, outcome);
        await UntilFilledAsync(db);
        var catalog = db.Database.Published.Catalog;
        Assert.Null(catalog.Find("", "more"));
        Assert.DoesNotContain(catalog.Find("", "many")!.Indexes, index => index.Name == "by_n");
        await DatabaseContents.CheckIndexesAsync(db.Database);
        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Assert.Equal(await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(again.Database));
    }

    [Fact]
    public async Task System_tables_and_indexes_that_newer_code_brings_are_made_and_filled_at_start()
    {
        var old = new SystemTable("_things", 600, false, [("by_a", ["a"])]);
        var db = await TestDatabase.OpenAsync(null, new() { SystemTables = [old] });
        await db.WriteAsync(async transaction =>
        {
            var things = transaction.FindTable("", "_things")!;
            for (var i = 0; i < 700; i++) await transaction.InsertAsync(things, ValueObject.Create(("a", Value.Float64(i)), ("b", Value.Float64(-i))), TestDatabase.Token);
        });
        await db.DisposeAsync();

        var options = new DatabaseOptions { SystemTables = [old with { Indexes = [.. old.Indexes, ("by_b", ["b"])] }, new("_others", 601, false, [])] };
        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen(), options);
        var reader = again.Database.BeginRead();
        Assert.NotNull(reader.FindTable("", "_others"));
        Assert.Equal(700, (await reader.ReadIndex("_things", "by_b", KeyInterval.All)).Count);
        await DatabaseContents.CheckIndexesAsync(again.Database);
    }

    private static async Task UntilFilledAsync(TestDatabase db)
    {
        var filled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = db.Database.Subscribe(new Listener(publication =>
        {
            if (!publication.Snapshot.Catalog.Backfilling.Any()) filled.TrySetResult();
        }));
        if (!db.Database.Published.Catalog.Backfilling.Any()) return;
        await filled.Task.WaitAsync(TimeSpan.FromSeconds(20), TestDatabase.Token);
    }

    private sealed class Listener(Action<Publication> heard) : IPublicationListener
    {
        public void OnPublished(Publication publication) => heard(publication);
    }
}
