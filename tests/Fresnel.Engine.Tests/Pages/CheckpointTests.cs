using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Pages;

public sealed class CheckpointTests
{
    /// <summary>What is not needed any more goes at once.</summary>
    private static DatabaseOptions AtOnce { get; } = new() { ReplacedPagesKeptFor = TimeSpan.Zero, LogKeptFor = TimeSpan.Zero };

    [Fact]
    public async Task Replaying_the_log_gives_the_same_state()
    {
        var (seed, random) = Seeded();
        await using var db = await TestDatabase.OpenAsync();
        await (await RandomWork.StartAsync(db, random)).DoAsync(150);
        await DatabaseContents.CheckIndexesAsync(db.Database);

        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Equal(seed, await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(again.Database));
        Assert.Equal(db.Database.Published.Timestamp, again.Database.Published.Timestamp);
        Assert.Equal(Timestamp.Zero, again.Database.Start.CheckpointTimestamp);
    }

    [Fact]
    public async Task A_checkpoint_and_the_tail_behind_it_give_the_same_state()
    {
        var (seed, random) = Seeded();
        var db = await TestDatabase.OpenAsync();
        var work = await RandomWork.StartAsync(db, random);
        for (var round = 0; round < 6; round++)
        {
            await work.DoAsync(60);
            await db.Database.CheckpointAsync(TestDatabase.Token);
            var (checkpoint, appended) = (db.Database.Published.Timestamp, db.Store.Appends);
            await work.DoAsync(round);
            var before = await DatabaseContents.OfAsync(db.Database);
            await db.DisposeAsync();
            var tail = db.Store.Appends - appended;

            var reopened = await TestDatabase.OpenAsync(db.Store.Reopen());
            Equal(seed, before, await DatabaseContents.OfAsync(reopened.Database));
            Assert.Equal(checkpoint, reopened.Database.Start.CheckpointTimestamp);
            Assert.Equal(tail, reopened.Database.Start.ReplayedGroups);
            await DatabaseContents.CheckIndexesAsync(reopened.Database);
            db = reopened;
            work = new(db, random);
        }

        await db.DisposeAsync();
    }

    [Fact]
    public async Task It_writes_only_what_changed_and_frees_what_was_replaced()
    {
        await using var db = await TestDatabase.OpenAsync(null, AtOnce);
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 5_000; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
        });
        await db.Database.CheckpointAsync(TestDatabase.Token);
        var (pages, written) = (db.Store.PageCount, db.Store.PagesWritten);
        Assert.Equal(pages, written);

        await db.InsertAsync("many", ("n", Value.Float64(5_000)));
        await db.Database.CheckpointAsync(TestDatabase.Token);
        Assert.InRange(db.Store.PagesWritten - written, 2, 8);
        Assert.InRange(db.Store.PageCount - pages, 0, 2);

        await db.Database.CheckpointAsync(TestDatabase.Token);
        var again = db.Store.PagesWritten;
        await db.Database.CheckpointAsync(TestDatabase.Token);
        Assert.Equal(again, db.Store.PagesWritten);
    }

    [Fact]
    public async Task Exactly_the_pages_of_the_last_checkpoint_are_kept()
    {
        var (seed, random) = Seeded();
        await using var db = await TestDatabase.OpenAsync(null, AtOnce);
        var work = await RandomWork.StartAsync(db, random);
        for (var i = 0; i < 10; i++)
        {
            await work.DoAsync(40);
            await db.Database.CheckpointAsync(TestDatabase.Token);
        }

        // A database that is read anew and written whole has as many pages as there are nodes and large documents.
        var reachable = 0;
        foreach (var (_, tree) in db.Database.Published.Roots.All()) reachable += Count(tree.Root);
        Assert.True(reachable == db.Store.PageCount, $"Seed {seed}: {reachable} pages are reachable, {db.Store.PageCount} are kept.");

        static int Count(Node node)
        {
            var count = 1;
            for (var i = 0; node.Content is Branch branch && i < branch.Size; i++) count += Count(branch.ChildAt(i));
            for (var i = 0; node.Content is Leaf leaf && i < leaf.Size; i++)
            {
                if (leaf.DocumentAt(i) is { Json.Length: > 4 << 10 }) count++;
            }

            return count;
        }
    }

    [Fact]
    public async Task It_starts_by_itself_when_the_log_is_long_and_cuts_the_log()
    {
        var store = new MemoryCommitStore();
        await using var db = await TestDatabase.OpenAsync(store, AtOnce with { CheckpointAfterLogBytes = 20_000 });
        var flipped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.BeforeCheckpointStep = step =>
        {
            if (step == "flip") flipped.TrySetResult();
        };
        for (var i = 0; i < 100; i++) await db.InsertAsync("messages", ("text", new string('x', 500)));
        await flipped.Task.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token);
        await db.DisposeAsync();

        Assert.True(store.LogLength < 100);
        await using var again = await TestDatabase.OpenAsync(store.Reopen());
        Assert.Equal(100, (await again.ReadAllAsync("messages")).Count);
        Assert.NotEqual(Timestamp.Zero, again.Database.Start.CheckpointTimestamp);
        Assert.Equal(store.LogLength, again.Database.Start.ReplayedGroups);
    }

    [Theory]
    [InlineData("pages")]
    [InlineData("flip")]
    public async Task One_that_fails_leaves_the_last_one_in_force_and_nothing_behind(string failing)
    {
        var (seed, random) = Seeded();
        var db = await TestDatabase.OpenAsync();
        var work = await RandomWork.StartAsync(db, random);
        await work.DoAsync(50);
        await db.Database.CheckpointAsync(TestDatabase.Token);
        await work.DoAsync(50);
        var pages = db.Store.PageCount;
        db.Store.BeforeCheckpointStep = step =>
        {
            if (step == failing) throw new StoreException(StoreFailure.Refused, "The disk is full.");
        };
        await Assert.ThrowsAsync<StoreException>(() => db.Database.CheckpointAsync(TestDatabase.Token));
        Assert.Equal(pages, db.Store.PageCount);

        await using (var again = await TestDatabase.OpenAsync(db.Store.Reopen()))
            Equal(seed, await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(again.Database));

        db.Store.BeforeCheckpointStep = null;
        await work.DoAsync(10);
        await db.Database.CheckpointAsync(TestDatabase.Token);
        await db.DisposeAsync();
        await using var last = await TestDatabase.OpenAsync(db.Store.Reopen());
        Equal(seed, await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(last.Database));
        Assert.Equal(0, last.Database.Start.ReplayedGroups);
    }

    [Fact]
    public async Task Pages_of_a_checkpoint_that_was_cut_off_are_swept_at_start()
    {
        var db = await TestDatabase.OpenAsync();
        for (var i = 0; i < 20; i++) await db.InsertAsync("messages", ("text", new string('x', 5_000)));
        await db.Database.CheckpointAsync(TestDatabase.Token);
        var pages = db.Store.PageCount;
        await db.Store.WritePagesAsync([new(1_000_000, new byte[10])], TestDatabase.Token);

        var store = db.Store.Reopen();
        await using var again = await TestDatabase.OpenAsync(store);
        Assert.Equal(pages, store.PageCount);
        await db.DisposeAsync();
    }

    [Fact]
    public async Task A_damaged_log_is_not_read()
    {
        var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("messages", ("text", "whole"));
        await db.DisposeAsync();
        var store = db.Store.Reopen();
        store.Damage(store.LogLength - 1, offset: 30);
        var refused = await Assert.ThrowsAsync<StoreException>(() => TestDatabase.OpenAsync(store));
        Assert.Equal(StoreFailure.Unusable, refused.Failure);
        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commits_go_on_while_a_checkpoint_is_being_written()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("messages", ("text", "before"));
        using var step = new ManualResetEventSlim();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        db.Store.BeforeCheckpointStep = _ =>
        {
            reached.TrySetResult();
            step.Wait(TestDatabase.Token);
        };
        var checkpoint = db.Database.CheckpointAsync(TestDatabase.Token);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token);
        await db.InsertAsync("messages", ("text", "beside"));
        step.Set();
        await checkpoint;

        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Assert.Equal(2, (await again.ReadAllAsync("messages")).Count);
        Assert.Equal(1, again.Database.Start.ReplayedGroups);
    }

    private static (int Seed, Random Random) Seeded()
    {
        var seed = Environment.TickCount;
        return (seed, new(seed));
    }

    private static void Equal(int seed, string[] expected, string[] found) => Assert.True(expected.SequenceEqual(found), $"Seed {seed}: {expected.Except(found).FirstOrDefault()} | {found.Except(expected).FirstOrDefault()}");
}
