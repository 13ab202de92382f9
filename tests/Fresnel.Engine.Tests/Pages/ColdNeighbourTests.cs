using Fresnel.Engine.Commits;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Pages;

/// <summary>Commits whose keys come to lie in a leaf that is not in memory, though the leaf that they were to go to was.</summary>
public sealed class ColdNeighbourTests
{
    private const int LeafLength = 64;

    private static CancellationToken Token => TestDatabase.Token;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_that_moves_within_a_leaf_of_its_own_is_put_there_again_also_by_replay(bool crosses)
    {
        var (store, lone) = await LoneAsync();
        await using var db = await TestDatabase.OpenAsync(store);
        if (crosses)
        {
            // One goes, another comes in its place, in two writes of one commit.
            await db.WriteAsync(async transaction =>
            {
                await transaction.Delete(lone);
                await transaction.Insert("scores", ("score", Value.Float64(LeafLength * 1.5 + 0.25)));
            });
        }
        else await db.WriteAsync(transaction => transaction.Patch(lone, ("score", Value.Float64(LeafLength * 1.5 + 0.25))));

        Assert.Null(db.Database.Stopped);
        var contents = await DatabaseContents.OfAsync(db.Database);
        await DatabaseContents.CheckIndexesAsync(db.Database);
        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Assert.Equal(contents, await DatabaseContents.OfAsync(again.Database));
    }

    [Fact]
    public async Task What_warm_memory_could_apply_a_start_with_cold_memory_can_apply_too()
    {
        var (store, lone) = await LoneAsync();
        await using var db = await TestDatabase.OpenAsync(store);
        Assert.Equal(LeafLength * 2 + 1, (await db.ReadAllAsync("scores")).Count);
        using (var warming = db.Database.BeginRead()) await warming.ReadIndex("scores", "by_score", KeyInterval.All);
        await db.WriteAsync(transaction => transaction.Patch(lone, ("score", Value.Float64(LeafLength * 1.5 + 0.25))));

        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        await DatabaseContents.CheckIndexesAsync(again.Database);
        Assert.Equal(await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(again.Database));
    }

    [Fact]
    public async Task A_document_that_names_its_own_commit_goes_where_its_timestamp_belongs_though_that_is_not_in_memory()
    {
        var first = await TestDatabase.OpenAsync();
        await first.CreateTableAsync("times", ("by_time", ["time"]));
        await first.WriteAsync(async transaction =>
        {
            // Those of the past fill one leaf, those of a far future two.
            for (var i = 0; i < LeafLength * 3; i++) await transaction.Insert("times", ("time", Value.Int64(i < LeafLength ? i : long.MaxValue - 1_000 + i)));
        });
        await first.Database.CheckpointAsync(Token);
        await first.DisposeAsync();

        await using var db = await TestDatabase.OpenAsync(first.Store.Reopen());
        var made = await db.WriteAsync(transaction => transaction.Insert("times", ("time", Value.CommitTimestamp)));
        using var transaction = db.Database.BeginRead();
        var ordered = await transaction.ReadIndex("times", "by_time", KeyInterval.All);
        Assert.Equal(made.Id, ordered[LeafLength].Id);
        Assert.Equal(ordered[LeafLength].Timestamp.Nanoseconds, ordered[LeafLength].Fields["time"].AsInt64());
        await DatabaseContents.CheckIndexesAsync(db.Database);
    }

    /// <summary>A store with three leaves of scores, of which the second holds one alone; nothing of them is in memory.</summary>
    private static async Task<(MemoryCommitStore Store, DocumentId Lone)> LoneAsync()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("scores", ("by_score", ["score"]));
        var ids = new List<DocumentId>();
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < LeafLength * 3; i++) ids.Add((await transaction.Insert("scores", ("score", Value.Float64(i)))).Id);
        });
        await db.WriteAsync(async transaction =>
        {
            for (var i = LeafLength; i < LeafLength * 2; i++)
            {
                if (i != LeafLength * 3 / 2) await transaction.Delete(ids[i]);
            }
        });
        await db.Database.CheckpointAsync(Token);
        return (db.Store.Reopen(), ids[LeafLength * 3 / 2]);
    }
}
