using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Sqlite.Tests.Disk;
using Fresnel.Values;

namespace Fresnel.Sqlite.Tests;

/// <summary>The disk is full: whatever would write is refused, reads go on, and once there is room all goes on without being opened anew.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_write_is_refused_while_the_disk_is_full_and_taken_when_there_is_room_again()
    {
        using var folder = new QuickFolder();
        using var disk = new WatchedDisk(folder.Path);
        await using var store = new SqliteCommitStore(folder.Path);
        await store.OpenAsync(Token);
        var model = StoreModel.Empty;
        await DoAsync(StoreStep.WritePages((1, [1]), (2, new byte[20_000])));
        await DoAsync(StoreStep.Append([1]));
        await DoAsync(StoreStep.Flip([7], 1));

        disk.Capacity = disk.Used + 100_000;
        await RefusedAsync(StoreStep.Append(new byte[150_000]));
        await FillAsync();
        StoreStep[] refused = [StoreStep.WritePages((3, [3])), StoreStep.Flip([8], 2), StoreStep.DeletePages(2), StoreStep.SweepPages(2), StoreStep.Append([9])];
        foreach (var step in refused) await RefusedAsync(step);

        disk.Capacity = long.MaxValue;
        foreach (var step in refused) await DoAsync(step);
        Assert.Equal(model.Text, await ReadAsync());

        async Task DoAsync(StoreStep step)
        {
            await step.DoAsync(store, model);
            model = step.Expect(model);
        }

        async Task RefusedAsync(StoreStep step)
        {
            var failed = await Assert.ThrowsAsync<StoreException>(() => step.DoAsync(store, model));
            Assert.Equal((step.Name, StoreFailure.Refused, "The disk is full."), (step.Name, failed.Failure, failed.Message));
            Assert.Equal(model.Text, await ReadAsync());
        }

        // Small groups until not even the smallest finds room.
        async Task FillAsync()
        {
            try
            {
                for (var i = 0; i < 100; i++) await DoAsync(StoreStep.Append([1]));
                Assert.Fail("The disk is never full.");
            }
            catch (StoreException full) when (full.Failure == StoreFailure.Refused)
            {
                // Now it is.
            }
        }

        async Task<string> ReadAsync() =>
            (await StoreModel.ReadAsync(store, new(model.Checkpoint, model.LogStart, model.LogEnd), StoreStep.Pages, Token)).Text;
    }

    [Fact]
    public async Task Commits_are_refused_queries_go_on_and_then_commits_succeed_again()
    {
        using var folder = new QuickFolder();
        using var disk = new WatchedDisk(folder.Path);
        var database = await Database.OpenAsync(new SqliteCommitStore(folder.Path), CommittingProcess.Options, Token);
        var committed = 0;
        for (var i = 0; i < 60; i++) await CommitAsync();
        disk.Capacity = disk.Used + 200_000;
        CommitOutcome outcome;
        do outcome = await CommitAsync();
        while (outcome == CommitOutcome.Committed && committed < 1_000);
        Assert.Equal(CommitOutcome.Refused, outcome);
        Assert.Equal(CommitOutcome.Refused, await CommitAsync());
        Assert.Equal(committed, await CountAsync());
        await Assert.ThrowsAsync<StoreException>(() => database.CheckpointAsync(Token));
        Assert.Null(database.Stopped);

        disk.Capacity = long.MaxValue;
        for (var i = 0; i < 60; i++) Assert.Equal(CommitOutcome.Committed, await CommitAsync());
        await database.CheckpointAsync(Token);
        Assert.Equal(committed, await CountAsync());
        await database.DisposeAsync();
        database = await Database.OpenAsync(new SqliteCommitStore(folder.Path), CommittingProcess.Options, Token);
        Assert.Equal(committed, await CountAsync());
        await database.DisposeAsync();

        async Task<CommitOutcome> CommitAsync()
        {
            var transaction = database.BeginWrite();
            var table = transaction.FindTable("", "numbers") ?? transaction.CreateTable("", "numbers");
            await transaction.InsertAsync(table, ValueObject.Create(("n", Value.Int64(committed)), ("text", new string('x', 500))), Token);
            var outcome = (await (await database.SubmitAsync(transaction, Token)).Published.WaitAsync(TimeSpan.FromSeconds(30), Token)).Outcome;
            if (outcome == CommitOutcome.Committed) committed++;
            return outcome;
        }

        async Task<int> CountAsync()
        {
            using var transaction = database.BeginRead(limits: TransactionLimits.None);
            var table = transaction.FindTable("", "numbers")!;
            var (stream, count) = (transaction.Read(table, table.ByCreationTime!, KeyInterval.All), 0);
            while (await stream.NextAsync(Token) is { } document) Assert.Equal(count++, document.Fields["n"].AsInt64());
            return count;
        }
    }
}
