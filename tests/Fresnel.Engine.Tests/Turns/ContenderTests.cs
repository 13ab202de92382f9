using Fresnel.Engine.Commits;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Turns;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Turns;

/// <summary>Who lost takes a turn, who lost too often is protected: everybody comes through, and in the end the sum is right.</summary>
public sealed class ContenderTests
{
    private static CancellationToken Token => TestDatabase.Token;

    [Fact]
    public async Task Fifty_clients_that_increment_one_document_all_succeed_one_after_the_other()
    {
        await using var db = await TestDatabase.OpenAsync();
        var counter = (await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < 20; i++) most = Math.Max(most, await IncrementAsync(db, counter));
            },
            Token)));

        using var transaction = db.Database.BeginRead();
        Assert.Equal(Value.Float64(1_000), (await transaction.Get(counter))!.Fields["n"]);
        var contended = db.Database.Contended;
        Assert.True(contended is { Conflicts: > 0, Turns: > 0, Waits: > 0 }, $"{contended}");
        Assert.InRange(most, 1, 5);
    }

    [Fact]
    public async Task A_long_transaction_over_a_hot_table_commits()
    {
        await using var db = await TestDatabase.OpenAsync();
        var ids = new List<DocumentId>();
        for (var i = 0; i < 40; i++) ids.Add((await db.InsertAsync("hot", ("n", Value.Float64(0)))).Id);
        using var stop = new CancellationTokenSource();
        var writes = 0;
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(
            async () =>
            {
                var random = new Random(writer);
                while (!stop.IsCancellationRequested)
                {
                    await IncrementAsync(db, ids[random.Next(ids.Count)]);
                    Interlocked.Increment(ref writes);
                }
            },
            Token)).ToArray();

        // It reads the whole table, waits until others have written to it, and writes what it summed up.
        using var contender = db.Database.Contend();
        var sum = 0.0;
        while (true)
        {
            var transaction = await contender.BeginAsync(Token);
            try
            {
                sum = (await transaction.ReadAll("hot")).Sum(document => document.Fields["n"].AsFloat64());
            }
            catch (SnapshotTooOldException)
            {
                transaction.Dispose();
                continue;
            }

            if (contender.Losses < 3)
            {
                var seen = Volatile.Read(ref writes);
                while (Volatile.Read(ref writes) < seen + 8) await Task.Yield();
            }
            else
            {
                // Now it is protected, and they come in vain.
                while (db.Database.Contended.Postponed == 0) await Task.Yield();
            }

            await transaction.Insert("sums", ("sum", Value.Float64(sum)));
            var commit = await db.SubmitAsync(transaction);
            var result = await commit.Sealed.WaitAsync(TimeSpan.FromSeconds(20), Token);
            if (result.Outcome == CommitOutcome.Committed) break;
            contender.Lost(commit, result);
        }

        contender.Dispose();
        await stop.CancelAsync();
        await Task.WhenAll(writers).WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.True(contender.Losses >= 3, $"It lost {contender.Losses} times only.");
        var contended = db.Database.Contended;
        Assert.True(contended is { Protections: > 0, Postponed: > 0 }, $"{contended}");
        Assert.Equal(writes, (await db.ReadAllAsync("hot")).Sum(document => document.Fields["n"].AsFloat64()));
    }

    [Fact]
    public async Task A_newcomer_does_not_overtake_one_who_has_a_turn()
    {
        await using var db = await TestDatabase.OpenAsync();
        var counter = (await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id;
        await db.InsertAsync("elsewhere");
        using var contender = db.Database.Contend();
        var losing = await contender.BeginAsync(Token);
        await losing.Patch(counter, ("n", Value.Float64(-1)));
        await OvertakeAsync(db, counter);
        var lost = await db.SubmitAsync(losing);
        contender.Lost(lost, await lost.Sealed.WaitAsync(TimeSpan.FromSeconds(10), Token));

        // Its second run is slow: who comes meanwhile waits until it is in, and writes behind it.
        var slow = await contender.BeginAsync(Token);
        var newcomer = IncrementAsync(db, counter);
        await db.InsertAsync("elsewhere").WaitAsync(TimeSpan.FromSeconds(10), Token);
        await slow.Patch(counter, ("n", Value.Float64(10)));
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(slow)).Outcome);

        // It waited where it read, and went on from what the first had left.
        Assert.Equal(1, await newcomer.WaitAsync(TimeSpan.FromSeconds(10), Token));
        using var after = db.Database.BeginRead();
        Assert.Equal(Value.Float64(11), (await after.Get(counter))!.Fields["n"]);
        Assert.Equal(1, contender.Losses);
    }

    /// <summary>Whoever reads a great deal while others stand in line for it does not begin anew for each of them.</summary>
    [Fact]
    public async Task One_that_reads_where_many_stand_in_line_waits_for_a_few_of_them_and_not_for_all()
    {
        await using var db = await TestDatabase.OpenAsync();
        var counters = new List<DocumentId>();
        for (var n = 0; n < 20; n++) counters.Add((await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id);
        var holders = new List<(Contender Contender, Transaction Run)>();
        foreach (var counter in counters)
        {
            var contender = db.Database.Contend();
            var losing = await contender.BeginAsync(Token);
            await losing.Patch(counter, ("n", Value.Float64(-1)));
            await OvertakeAsync(db, counter);
            var lost = await db.SubmitAsync(losing);
            contender.Lost(lost, await lost.Sealed.WaitAsync(TimeSpan.FromSeconds(10), Token));
            holders.Add((contender, await contender.BeginAsync(Token)));
        }

        // It reads from the greatest key to the smallest, so it must take each turn before those that it has. Who is waited for gives up, one after the other.
        var runs = 0;
        var waits = db.Database.Contended.Waits;
        var reader = ReadAllAsync();
        while (!reader.IsCompleted)
        {
            await Task.Yield();
            if (db.Database.Contended.Waits == waits || holders.Count == 0) continue;
            waits++;
            var (contender, run) = holders[^1];
            holders.RemoveAt(holders.Count - 1);
            run.Dispose();
            contender.Dispose();
        }

        await reader.WaitAsync(TimeSpan.FromSeconds(10), Token);
        foreach (var (contender, run) in holders)
        {
            run.Dispose();
            contender.Dispose();
        }

        Assert.InRange(runs, 1, 10);
        Assert.InRange(holders.Count, 8, 20);

        async Task ReadAllAsync()
        {
            using var contender = db.Database.Contend();
            while (true)
            {
                runs++;
                using var transaction = await contender.BeginAsync(Token);
                try
                {
                    foreach (var counter in Enumerable.Reverse(counters)) await transaction.Get(counter);
                    return;
                }
                catch (TurnTakenAnewException)
                {
                }
            }
        }
    }

    [Fact]
    public async Task One_that_is_protected_and_reads_elsewhere_than_before_runs_once_more_while_everybody_waits()
    {
        await using var db = await TestDatabase.OpenAsync();
        var first = (await db.InsertAsync("a", ("n", Value.Float64(0)))).Id;
        var second = (await db.InsertAsync("b", ("n", Value.Float64(0)))).Id;
        using var contender = db.Database.Contend();
        for (var run = 0; run < 4; run++)
        {
            var transaction = await contender.BeginAsync(Token);
            Assert.Equal(run, contender.Losses);
            // It always reads what was written just after it began: the reservation of the third loss does not cover the other document.
            var read = run == 3 ? second : first;
            if (run == 3) await IncrementAsync(db, second).WaitAsync(TimeSpan.FromSeconds(10), Token);
            await transaction.Get(read);
            if (run < 3) await OvertakeAsync(db, first).WaitAsync(TimeSpan.FromSeconds(10), Token);
            await transaction.Insert("seen", ("run", Value.Float64(run)));
            var commit = await db.SubmitAsync(transaction);
            var result = await commit.Sealed.WaitAsync(TimeSpan.FromSeconds(10), Token);
            Assert.Equal(CommitOutcome.Conflict, result.Outcome);
            contender.Lost(commit, result);
        }

        var last = await contender.BeginAsync(Token);
        var waiting = IncrementAsync(db, second);
        await last.Get(second);
        await last.Insert("seen", ("run", "last"));
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(last)).Outcome);
        contender.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.True(db.Database.Contended is { Protections: 1, Exclusive: 1, Postponed: >= 1 }, $"{db.Database.Contended}");
    }

    [Fact]
    public async Task Who_gives_up_while_it_is_protected_lets_the_others_go_on()
    {
        await using var db = await TestDatabase.OpenAsync();
        var counter = (await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id;
        var contender = db.Database.Contend();
        for (var run = 0; run < 3; run++)
        {
            var losing = await contender.BeginAsync(Token);
            await losing.Patch(counter, ("n", Value.Float64(-1)));
            await OvertakeAsync(db, counter);
            var commit = await db.SubmitAsync(losing);
            contender.Lost(commit, await commit.Sealed.WaitAsync(TimeSpan.FromSeconds(10), Token));
        }

        using var protectedRun = await contender.BeginAsync(Token);
        var waiting = IncrementAsync(db, counter);
        var beside = await db.InsertAsync("elsewhere").WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.NotNull(beside);
        Assert.False(waiting.IsCompleted);
        contender.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), Token);
    }

    [Fact]
    public async Task What_waits_for_one_that_is_protected_ends_when_the_database_is_closed()
    {
        var db = await TestDatabase.OpenAsync();
        var counter = (await db.InsertAsync("counters", ("n", Value.Float64(0)))).Id;
        using var contender = db.Database.Contend();
        for (var run = 0; run < 3; run++)
        {
            var losing = await contender.BeginAsync(Token);
            await losing.Patch(counter, ("n", Value.Float64(-1)));
            await OvertakeAsync(db, counter);
            var commit = await db.SubmitAsync(losing);
            contender.Lost(commit, await commit.Sealed.WaitAsync(TimeSpan.FromSeconds(10), Token));
        }

        using var protectedRun = await contender.BeginAsync(Token);
        var postponed = db.Database.BeginWrite();
        await postponed.Patch(counter, ("n", Value.Float64(7)));
        var waiting = await db.SubmitAsync(postponed);
        await db.DisposeAsync();
        Assert.Equal(CommitOutcome.Unknown, (await waiting.Published.WaitAsync(TimeSpan.FromSeconds(10), Token)).Outcome);
    }

    /// <summary>Increments at once, and without regard for those who have a turn.</summary>
    private static async Task OvertakeAsync(TestDatabase db, DocumentId counter)
    {
        var transaction = db.Database.BeginWrite();
        await transaction.Patch(counter, ("n", Value.Float64((await transaction.Get(counter))!.Fields["n"].AsFloat64() + 1)));
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);
    }

    /// <summary>Increments until it is in; returns how many runs that took.</summary>
    private static async Task<int> IncrementAsync(TestDatabase db, DocumentId counter)
    {
        using var contender = db.Database.Contend();
        for (var runs = 1; ; runs++)
        {
            var transaction = await contender.BeginAsync(Token);
            try
            {
                var n = (await transaction.Get(counter))!.Fields["n"].AsFloat64();
                await transaction.Patch(counter, ("n", Value.Float64(n + 1)));
            }
            catch (SnapshotTooOldException)
            {
                // It waited for its turn, and what it had read is no longer so, or it must take its turns in another order: it begins anew, as every caller does.
                transaction.Dispose();
                continue;
            }

            var commit = await db.SubmitAsync(transaction);
            var result = await commit.Sealed.WaitAsync(TimeSpan.FromSeconds(20), Token);
            if (result.Outcome == CommitOutcome.Committed) return runs;
            Assert.Equal(CommitOutcome.Conflict, result.Outcome);
            contender.Lost(commit, result);
        }
    }
}
