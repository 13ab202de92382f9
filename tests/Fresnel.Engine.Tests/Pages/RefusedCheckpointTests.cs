using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Pages;

/// <summary>A checkpoint that the store refused, halfway.</summary>
public sealed class RefusedCheckpointTests
{
    private static CancellationToken Token => TestDatabase.Token;

    [Fact]
    public async Task Pages_that_it_wrote_and_could_not_take_back_go_with_the_next_one()
    {
        var inner = new MemoryCommitStore();
        var store = new FaultyCommitStore(inner);
        await using var database = await Database.OpenAsync(store, new(), Token);
        var transaction = database.BeginWrite(TransactionLimits.None);
        for (var i = 0; i < 3_000; i++) await transaction.Insert("many", ("n", Value.Float64(i)), ("text", new string('x', 600)));
        Assert.Equal(Fresnel.Engine.Commits.CommitOutcome.Committed, (await (await database.SubmitAsync(transaction, Token)).Published).Outcome);

        // One slice is taken; then the disk is full, also for deleting.
        var slices = 0;
        store.Fault = (_, call) => call == StoreCall.SweepPages || (call == StoreCall.WritePages && slices++ > 0) ? new(StoreFailure.Refused) : null;
        await Assert.ThrowsAsync<StoreException>(() => database.CheckpointAsync(Token));
        var left = inner.PageCount;
        Assert.True(left > 0);
        await Assert.ThrowsAsync<StoreException>(() => database.CheckpointAsync(Token));
        Assert.Equal(left, inner.PageCount);

        store.Fault = null;
        await database.CheckpointAsync(Token);
        Assert.Equal(inner.PagesWritten - left, inner.PageCount);
    }

    [Fact]
    public async Task Replaced_pages_that_could_not_be_deleted_are_deleted_by_the_next_one()
    {
        Assert.Equal(await PagesLeftAsync(refuses: false), await PagesLeftAsync(refuses: true));

        static async Task<int> PagesLeftAsync(bool refuses)
        {
            var inner = new MemoryCommitStore();
            var store = new FaultyCommitStore(inner);
            await using var database = await Database.OpenAsync(store, new() { ReplacedPagesKeptFor = TimeSpan.Zero }, Token);
            for (var round = 0; round < 4; round++)
            {
                var transaction = database.BeginWrite(TransactionLimits.None);
                for (var i = 0; i < 300; i++) await transaction.Insert("many", ("n", Value.Float64(i)));
                await (await database.SubmitAsync(transaction, Token)).Published;
                store.Fault = (_, call) => refuses && round == 2 && call == StoreCall.DeletePages ? new(StoreFailure.Refused) : null;
                if (refuses && round == 2) await Assert.ThrowsAsync<StoreException>(() => database.CheckpointAsync(Token));
                else await database.CheckpointAsync(Token);
            }

            return inner.PageCount;
        }
    }
}
