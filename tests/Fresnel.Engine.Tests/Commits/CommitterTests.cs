using Fresnel.Engine.Commits;
using Fresnel.Engine.Stores;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Commits;

public sealed class CommitterTests
{
    [Fact]
    public async Task While_one_group_is_made_durable_the_next_one_forms()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("items");
        var appends = db.Store.Appends;
        var commits = new List<Commit>();
        using (db.Store.Hold())
        {
            commits.Add(await InsertAsync(db, 0));
            await db.Store.Held.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token);
            for (var i = 1; i < 20; i++) commits.Add(await InsertAsync(db, i));
            foreach (var commit in commits) await commit.Sealed.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token);

            // All have their place; nobody outside may see it yet, and transactions that write already do.
            Assert.All(commits, commit => Assert.False(commit.Published.IsCompleted));
            Assert.Single(await db.ReadAllAsync("items"));
            Assert.Equal(21, (await db.Database.BeginWrite().ReadAll("items")).Count);
        }

        foreach (var commit in commits) await commit.Published.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token);
        Assert.Equal(appends + 2, db.Store.Appends);
        Assert.Equal(21, (await db.ReadAllAsync("items")).Count);
        var timestamps = commits.Select(commit => commit.Published.Result.Timestamp).ToArray();
        Assert.Equal(timestamps.Order().Distinct(), timestamps);
    }

    [Fact]
    public async Task One_that_wrote_nothing_is_published_when_what_it_read_is_durable()
    {
        await using var db = await TestDatabase.OpenAsync();
        var fromDurable = await db.SubmitAsync(db.Database.BeginWrite());
        Assert.True(fromDurable.Published.IsCompletedSuccessfully);
        Commit fromPending;
        using (db.Store.Hold())
        {
            var commit = await InsertAsync(db, 0);
            await commit.Sealed;
            var transaction = db.Database.BeginWrite();
            Assert.Single(await transaction.ReadAll("items"));
            fromPending = await db.SubmitAsync(transaction);
            Assert.True(fromPending.Sealed.IsCompletedSuccessfully);
            Assert.False(fromPending.Published.IsCompleted);
        }

        Assert.Equal(CommitOutcome.Committed, (await fromPending.Published.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token)).Outcome);
    }

    [Fact]
    public async Task A_refused_group_never_happened_reads_go_on_and_so_do_later_commits()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("items", ("n", Value.Float64(0)));
        var before = await DatabaseContents.OfAsync(db.Database);
        var refuse = true;
        db.Store.FailAppend = _ => refuse ? StoreFailure.Refused : null;
        Commit first, second, third, nothing;
        using (db.Store.Hold())
        {
            first = await InsertAsync(db, 1);
            await db.Store.Held;
            second = await InsertAsync(db, 2);
            await second.Sealed;
            var onTop = db.Database.BeginWrite();
            Assert.Equal(3, (await onTop.ReadAll("items")).Count);
            await onTop.Insert("items", ("n", Value.Float64(3)));
            third = await db.SubmitAsync(onTop);
            await third.Sealed;
            nothing = await db.SubmitAsync(db.Database.BeginWrite());
        }

        // Begun from roots that are lost a moment later.
        var late = db.Database.BeginWrite();
        foreach (var commit in (Commit[])[first, second, third, nothing])
            Assert.Equal(CommitOutcome.Refused, (await commit.Published.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token)).Outcome);
        Assert.Equal(before, await DatabaseContents.OfAsync(db.Database));
        Assert.Single(await db.ReadAllAsync("items"));
        if (late.Snapshot.Timestamp > db.Database.Published.Timestamp)
        {
            await late.Insert("items");
            Assert.Equal(CommitOutcome.Refused, (await db.CommitAsync(late)).Outcome);
        }

        refuse = false;
        await db.InsertAsync("items", ("n", Value.Float64(4)));
        Assert.Equal([0, 4], (await db.ReadAllAsync("items")).Select(document => document.Fields["n"].AsFloat64()));
        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Assert.Equal(await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(again.Database));
    }

    [Fact]
    public async Task Commits_go_on_after_a_group_that_took_so_long_to_be_refused_that_writes_behind_it_were_forgotten()
    {
        var time = new ManualTime();
        await using var db = await TestDatabase.OpenAsync(null, new() { Time = time });
        await db.InsertAsync("items", ("n", Value.Float64(0)));
        var refuse = true;
        db.Store.FailAppend = _ => refuse ? StoreFailure.Refused : null;
        var lost = new List<Commit>();
        using (db.Store.Hold())
        {
            lost.Add(await InsertAsync(db, 1));
            await db.Store.Held;
            for (var i = 2; i < 5; i++)
            {
                time.Advance(TimeSpan.FromSeconds(40));
                lost.Add(await InsertAsync(db, i));
                await lost[^1].Sealed;
            }
        }

        foreach (var commit in lost) Assert.Equal(CommitOutcome.Refused, (await commit.Published.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token)).Outcome);
        refuse = false;
        await db.InsertAsync("items", ("n", Value.Float64(5)));
        Assert.Equal([0, 5], (await db.ReadAllAsync("items")).Select(document => document.Fields["n"].AsFloat64()));
    }

    [Theory]
    [InlineData(true, CommitOutcome.Committed, 2)]
    [InlineData(false, CommitOutcome.Refused, 1)]
    public async Task After_a_lost_connection_the_logs_end_tells_what_became_of_the_group(bool written, CommitOutcome outcome, int documents)
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("items");
        db.Store.WritesBeforeFailing = written;
        var once = true;
        db.Store.FailAppend = _ =>
        {
            if (!once) return null;
            once = false;
            return StoreFailure.Unknown;
        };
        var commit = await InsertAsync(db, 1);
        Assert.Equal(outcome, (await commit.Published.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token)).Outcome);
        Assert.Equal(documents, (await db.ReadAllAsync("items")).Count);
        await db.InsertAsync("items");
        Assert.Null(db.Database.Stopped);
    }

    [Fact]
    public async Task After_a_failed_sync_nothing_is_committed_any_more_and_nobody_is_answered()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("items");
        db.Store.FailAppend = _ => StoreFailure.SyncFailed;
        var commit = await InsertAsync(db, 1);
        Assert.Equal(CommitOutcome.Unknown, (await commit.Published.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token)).Outcome);
        Assert.NotNull(db.Database.Stopped);
        db.Store.FailAppend = null;
        var later = await InsertAsync(db, 2);
        Assert.Equal(CommitOutcome.Unknown, (await later.Published.WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token)).Outcome);
        Assert.Single(await db.ReadAllAsync("items"));
    }

    [Fact]
    public async Task Timestamps_increase_though_the_clock_stands_still()
    {
        await using var db = await TestDatabase.OpenAsync(null, new() { Time = new StandingClock() });
        var results = new List<Timestamp>();
        for (var i = 0; i < 10; i++)
        {
            var transaction = db.Database.BeginWrite();
            await transaction.Insert("items");
            results.Add((await db.CommitAsync(transaction)).Timestamp);
        }

        Assert.Equal(results.Order().Distinct(), results);
    }

    [Fact]
    public async Task What_began_before_the_oldest_recent_write_cannot_be_tested_and_must_run_again()
    {
        var clock = new StandingClock();
        await using var db = await TestDatabase.OpenAsync(null, new() { Time = clock });
        await db.InsertAsync("items");
        var old = db.Database.BeginWrite();
        await old.Insert("items");
        var reader = db.Database.BeginRead();
        await reader.ReadAll("others");

        // A quiet minute makes nothing too old.
        clock.Now += TimeSpan.FromMinutes(1);
        var quiet = db.Database.BeginWrite();
        await quiet.Insert("items");
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(quiet)).Outcome);
        Assert.Null(db.Database.Watch(reader.Reads, reader.Snapshot.Timestamp, null).StaleSince);

        clock.Now += TimeSpan.FromMinutes(1);
        await db.InsertAsync("items");
        clock.Now += TimeSpan.FromMinutes(1);
        await db.InsertAsync("items");
        var result = await db.CommitAsync(old);
        Assert.Equal((CommitOutcome.Conflict, null), (result.Outcome, result.Conflict));
    }

    [Fact]
    public async Task Who_lost_hears_of_it_when_the_winners_roots_are_sealed()
    {
        await using var db = await TestDatabase.OpenAsync();
        var id = (await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id;
        var attempts = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (true)
            {
                var transaction = db.Database.BeginWrite();
                await Task.Yield();
                var n = (await transaction.Get(id))!.Fields["n"].AsFloat64();
                await transaction.Patch(id, ("n", Value.Float64(n + 1)));
                Interlocked.Increment(ref attempts);
                var result = await (await db.SubmitAsync(transaction)).Sealed;
                if (result.Outcome == CommitOutcome.Committed) break;
                Assert.Equal(id, result.Conflict!.Document);
                Assert.True(db.Database.BeginWrite().Snapshot.Timestamp > transaction.Snapshot.Timestamp);
            }
        }));
        Assert.Equal(8, (await db.Database.BeginWrite().Get(id))!.Fields["n"].AsFloat64());
    }

    [Fact]
    public async Task Closing_finishes_what_was_submitted()
    {
        var db = await TestDatabase.OpenAsync();
        var commits = new List<Commit>();
        for (var i = 0; i < 50; i++) commits.Add(await InsertAsync(db, i));
        await db.DisposeAsync();
        Assert.All(commits, commit => Assert.True(commit.Published.IsCompleted));
        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Assert.Equal(commits.Count(commit => commit.Published.Result.Outcome == CommitOutcome.Committed), (await again.ReadAllAsync("items")).Count);
        var late = await db.SubmitAsync(await WriteAsync(db, 0));
        Assert.Equal(CommitOutcome.Unknown, (await late.Published).Outcome);
    }

    [Fact]
    public async Task Money_is_neither_made_nor_lost_by_transfers_that_race()
    {
        var seed = Environment.TickCount;
        await using var db = await TestDatabase.OpenAsync();
        var accounts = new List<DocumentId>();
        for (var i = 0; i < 5; i++) accounts.Add((await db.InsertAsync("accounts", ("balance", Value.Float64(100)))).Id);
        var conflicts = 0;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async worker =>
        {
            var random = new Random(seed + worker);
            for (var i = 0; i < 60; i++)
            {
                var (from, to) = (accounts[random.Next(5)], accounts[random.Next(5)]);
                while (true)
                {
                    var transaction = db.Database.BeginWrite();
                    await Task.Yield();
                    await Move(transaction, from, -1);
                    await Move(transaction, to, 1);
                    var outcome = (await db.CommitAsync(transaction)).Outcome;
                    if (outcome == CommitOutcome.Committed) break;
                    Assert.Equal(CommitOutcome.Conflict, outcome);
                    Interlocked.Increment(ref conflicts);
                }
            }
        }));
        Assert.True((await db.ReadAllAsync("accounts")).Sum(document => document.Fields["balance"].AsFloat64()) == 500, $"Seed {seed}.");

        static async Task Move(Engine.Transactions.Transaction transaction, DocumentId account, double by)
        {
            var balance = (await transaction.Get(account))!.Fields["balance"].AsFloat64();
            await transaction.Patch(account, ("balance", Value.Float64(balance + by)));
        }
    }

    private static async Task<Commit> InsertAsync(TestDatabase db, double n) => await db.SubmitAsync(await WriteAsync(db, n));

    private static async Task<Engine.Transactions.Transaction> WriteAsync(TestDatabase db, double n)
    {
        var transaction = db.Database.BeginWrite();
        await transaction.Insert("items", ("n", Value.Float64(n)));
        return transaction;
    }

    private sealed class StandingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
