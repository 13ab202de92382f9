using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Transactions;

public sealed class RequestRecordTests
{
    [Fact]
    public async Task A_record_is_there_exactly_when_its_mutation_is_and_knows_its_timestamp()
    {
        await using var db = await TestDatabase.OpenAsync();
        var transaction = db.Database.BeginWrite();
        Assert.Null(await RequestRecords.FindAsync(transaction, "s", 1, TestDatabase.Token));
        await RequestRecords.InsertAsync(transaction, "s", 1, """{"a":1}""", ["one", "two"], TestDatabase.Token);
        var result = await db.CommitAsync(transaction);

        var found = await RequestRecords.FindAsync(db.Database.BeginWrite(), "s", 1, TestDatabase.Token);
        Assert.Equal(("""{"a":1}""", result.Timestamp), (found!.Result, found.Timestamp));
        Assert.Equal(["one", "two"], found.LogLines);
        Assert.Null(await RequestRecords.FindAsync(db.Database.BeginWrite(), "other", 1, TestDatabase.Token));
    }

    [Fact]
    public async Task Of_two_transactions_with_one_request_one_loses()
    {
        await using var db = await TestDatabase.OpenAsync();
        var transactions = new[] { db.Database.BeginWrite(), db.Database.BeginWrite() };
        foreach (var transaction in transactions)
        {
            Assert.Null(await RequestRecords.FindAsync(transaction, "s", 7, TestDatabase.Token));
            await RequestRecords.InsertAsync(transaction, "s", 7, "null", [], TestDatabase.Token);
        }

        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transactions[0])).Outcome);
        Assert.Equal(CommitOutcome.Conflict, (await db.CommitAsync(transactions[1])).Outcome);
    }

    [Fact]
    public async Task The_newest_of_a_session_are_kept()
    {
        await using var db = await TestDatabase.OpenAsync();
        for (var request = 0; request < 1_010; request += 5)
        {
            await db.WriteAsync(async transaction =>
            {
                for (var i = request; i < request + 5; i++) await RequestRecords.InsertAsync(transaction, "s", i, "null", [], TestDatabase.Token);
            });
        }

        var last = db.Database.BeginWrite();
        Assert.Null(await RequestRecords.FindAsync(last, "s", 9, TestDatabase.Token));
        Assert.NotNull(await RequestRecords.FindAsync(last, "s", 10, TestDatabase.Token));
        Assert.NotNull(await RequestRecords.FindAsync(last, "s", 1_009, TestDatabase.Token));
    }

    [Fact]
    public async Task Old_ones_are_taken_away()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 5; i++) await RequestRecords.InsertAsync(transaction, "s", i, "null", [], TestDatabase.Token);
        });
        var now = DateTimeOffset.UtcNow;
        Assert.False(await db.WriteAsync(async transaction => await RequestRecords.PruneAsync(transaction, now + TimeSpan.FromDays(13), 3, TestDatabase.Token)));
        Assert.True(await db.WriteAsync(async transaction => await RequestRecords.PruneAsync(transaction, now + TimeSpan.FromDays(15), 3, TestDatabase.Token)));
        Assert.False(await db.WriteAsync(async transaction => await RequestRecords.PruneAsync(transaction, now + TimeSpan.FromDays(15), 3, TestDatabase.Token)));
        var reader = db.Database.BeginRead();
        Assert.Empty(await reader.ReadIndex(EngineTables.Requests.Name, "by_session_request", KeyInterval.All));
    }
}
