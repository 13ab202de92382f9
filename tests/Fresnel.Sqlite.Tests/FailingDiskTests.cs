using Fresnel.Engine.Stores;
using Fresnel.Sqlite.Tests.Disk;
using SQLitePCL;

namespace Fresnel.Sqlite.Tests;

/// <summary>The first call of the disk fails, then the second, then the third …: whatever fails, what the store says of it is true, and it goes on.</summary>
public sealed class FailingDiskTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("full", false)]
    [InlineData("full", true)]
    [InlineData("failing", false)]
    [InlineData("failing", true)]
    public async Task Whichever_call_of_the_disk_fails_nothing_acknowledged_is_lost_and_nothing_refused_is_there(string kind, bool lasting)
    {
        var seed = Environment.TickCount;
        var failures = new Dictionary<StoreFailure, int>();
        var failing = 0;
        while (await RunAsync(new(seed), call => Code(kind, call), failing, lasting, failures, $"seed {seed}, call {failing}")) failing++;
        output.WriteLine($"Seed {seed}: {failing} calls failed in turn; {string.Join(", ", failures.Select(failure => $"{failure.Value} {failure.Key}"))}.");
        Assert.True(failing > 60, $"Seed {seed}: only {failing} calls.");
        Assert.Contains(kind == "full" ? StoreFailure.Refused : StoreFailure.SyncFailed, failures);
        if (kind == "full") Assert.DoesNotContain(StoreFailure.SyncFailed, failures);
    }

    private static int Code(string kind, DiskCall call) => kind == "full"
        ? call == DiskCall.Write ? raw.SQLITE_FULL : raw.SQLITE_OK
        : call switch
        {
            DiskCall.Open => raw.SQLITE_CANTOPEN,
            DiskCall.Read => raw.SQLITE_IOERR_READ,
            DiskCall.Write => raw.SQLITE_IOERR_WRITE,
            DiskCall.Truncate => raw.SQLITE_IOERR_TRUNCATE,
            DiskCall.Sync => raw.SQLITE_IOERR_FSYNC,
            _ => raw.SQLITE_IOERR_DELETE,
        };

    /// <summary>Opens, writes, closes and opens again while one call fails, or it and all behind it until somebody mends the disk. Returns whether anything failed.</summary>
    private static async Task<bool> RunAsync(Random random, Func<DiskCall, int> code, int failing, bool lasting, Dictionary<StoreFailure, int> failures, string context)
    {
        using var folder = new QuickFolder();
        using var disk = new WatchedDisk(folder.Path);
        var hasFailed = false;
        disk.Fault = (call, kind) =>
        {
            if (call < failing || (hasFailed && !lasting) || code(kind) is var error && error == 0) return 0;
            hasFailed = true;
            return error;
        };
        var model = StoreModel.Empty;
        var store = await ReopenAsync(null, model, model);
        for (var i = 0; i < 14; i++)
        {
            if (i == 9) store = await ReopenAsync(store, model, model);
            var step = StoreStep.Random(random, largest: 20_000);
            var next = step.Expect(model);
            try
            {
                await step.DoAsync(store, model);
                model = next;
            }
            catch (StoreException failed)
            {
                Count(failed);
                disk.Fault = null;
                if (failed.Failure == StoreFailure.Refused)
                {
                    // Certainly nothing was written; and without opening it anew, it takes the same.
                    await step.DoAsync(store, model);
                    model = next;
                }
                else
                {
                    Assert.Equal(StoreFailure.SyncFailed, failed.Failure);
                    store = await ReopenAsync(store, model, next);
                }
            }
        }

        store = await ReopenAsync(store, model, model);
        await store.DisposeAsync();
        return hasFailed;

        async Task<SqliteCommitStore> ReopenAsync(SqliteCommitStore? open, StoreModel acknowledged, StoreModel possible)
        {
            if (open is not null) await open.DisposeAsync();
            open = new(folder.Path) { MovedAfterPages = 12 };
            StoreHead head;
            StoreModel found;
            try
            {
                head = await open.OpenAsync(Token);
                found = await StoreModel.ReadAsync(open, head, StoreStep.Pages, Token);
            }
            catch (StoreException failed)
            {
                Assert.True(disk.Fault is not null && failed.Failure is StoreFailure.Unusable or StoreFailure.Damaged, $"{context}: {failed}");
                Count(failed);
                disk.Fault = null;
                // Opening again is enough.
                head = await open.OpenAsync(Token);
                found = await StoreModel.ReadAsync(open, head, StoreStep.Pages, Token);
            }

            Assert.True(found.Text == acknowledged.Text || found.Text == possible.Text, $"{context}: found\n{found.Text}\nexpected\n{acknowledged.Text}\nor\n{possible.Text}");
            model = found;
            return open;
        }

        void Count(StoreException failed) => failures[failed.Failure] = failures.GetValueOrDefault(failed.Failure) + 1;
    }
}
