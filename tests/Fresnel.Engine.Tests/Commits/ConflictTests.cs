using Fresnel.Engine.Commits;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Commits;

public sealed class ConflictTests
{
    [Fact, Spec("data-model", 49)]
    public async Task A_transaction_that_read_a_range_conflicts_with_an_insert_into_it()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("messages", ("text", "first"));
        var counting = db.Database.BeginWrite();
        var count = (await counting.ReadAll("messages")).Count;
        await counting.Insert("counts", ("count", Value.Float64(count)));

        await db.InsertAsync("messages", ("text", "second"));

        var result = await db.CommitAsync(counting);
        Assert.Equal(CommitOutcome.Conflict, result.Outcome);
        Assert.Equal("messages", result.Conflict!.Table);
    }

    [Fact, Spec("data-model", 48)]
    public async Task Write_skew_does_not_commit_both()
    {
        await using var db = await TestDatabase.OpenAsync();
        var left = (await db.InsertAsync("doctors", ("onCall", true))).Id;
        var right = (await db.InsertAsync("doctors", ("onCall", true))).Id;

        var one = db.Database.BeginWrite();
        var other = db.Database.BeginWrite();
        await one.Get(right);
        await one.Patch(left, ("onCall", false));
        await other.Get(left);
        await other.Patch(right, ("onCall", false));

        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(one)).Outcome);
        var lost = await db.CommitAsync(other);
        Assert.Equal(CommitOutcome.Conflict, lost.Outcome);
        Assert.Equal(new("doctors", left), lost.Conflict);
    }

    [Fact, Spec("data-model", 51)]
    public async Task Moving_a_document_out_of_a_range_that_was_read_conflicts()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("tasks", ("by_state", ["state"]));
        var task = (await db.InsertAsync("tasks", ("state", "open"))).Id;

        var reader = db.Database.BeginWrite();
        await reader.ReadIndex("tasks", "by_state", KeyInterval.Prefix(IndexKey.Encode("open")));
        await reader.Insert("reports", ("open", Value.Float64(1)));
        await db.WriteAsync(transaction => transaction.Patch(task, ("state", "done")));

        Assert.Equal(CommitOutcome.Conflict, (await db.CommitAsync(reader)).Outcome);
    }

    [Fact, Spec("data-model", 50)]
    public async Task Blind_inserts_do_not_conflict()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("messages", ("text", "makes the table"));
        var one = db.Database.BeginWrite();
        var other = db.Database.BeginWrite();
        await one.Insert("messages", ("text", "one"));
        await other.Insert("messages", ("text", "other"));

        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(one)).Outcome);
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(other)).Outcome);
        Assert.Equal(3, (await db.ReadAllAsync("messages")).Count);
    }

    [Fact]
    public async Task Two_transactions_that_make_the_same_table_conflict()
    {
        await using var db = await TestDatabase.OpenAsync();
        var one = db.Database.BeginWrite();
        var other = db.Database.BeginWrite();
        await one.Insert("messages", ("text", "one"));
        await other.Insert("messages", ("text", "other"));

        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(one)).Outcome);
        Assert.Equal(CommitOutcome.Conflict, (await db.CommitAsync(other)).Outcome);
    }

    [Fact]
    public async Task A_write_conflicts_with_an_index_that_was_made_meanwhile()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("messages", ("text", "makes the table"));
        var writer = db.Database.BeginWrite();
        await writer.Insert("messages", ("text", "written without the index"));
        await db.WriteAsync(transaction =>
        {
            transaction.CreateIndex(transaction.FindTable("", "messages")!, "by_text", [FieldPath.Parse("text")]);
            return Task.CompletedTask;
        });

        Assert.Equal(CommitOutcome.Conflict, (await db.CommitAsync(writer)).Outcome);
    }

    [Fact]
    public async Task A_read_that_ended_before_a_key_does_not_conflict_with_it()
    {
        await using var db = await TestDatabase.OpenAsync();
        for (var i = 0; i < 3; i++) await db.InsertAsync("messages", ("n", Value.Float64(i)));
        var reader = db.Database.BeginWrite();
        Assert.Equal(2, (await reader.ReadAll("messages", take: 2)).Count);
        await reader.Insert("reports", ("seen", Value.Float64(2)));
        await db.InsertAsync("messages", ("n", Value.Float64(3)));

        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(reader)).Outcome);
    }
}
