using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Tables;

public sealed class SchemaEnforcementTests
{
    private const string Names = """{"tables":[{"tableName":"people","indexes":[],"documentType":{"type":"object","value":{"name":{"fieldType":{"type":"string"},"optional":false}}}}],"schemaValidation":true}""";
    private const string Ages = """{"tables":[{"tableName":"people","indexes":[],"documentType":{"type":"object","value":{"age":{"fieldType":{"type":"number"},"optional":false},"name":{"fieldType":{"type":"string"},"optional":false}}}}],"schemaValidation":true}""";

    [Fact]
    public async Task A_write_against_the_active_schema_is_refused()
    {
        await using var db = await TestDatabase.OpenAsync();
        await ActivateAsync(db, Names);
        var transaction = db.Database.BeginWrite();
        var refused = await Assert.ThrowsAnyAsync<DeveloperException>(() => transaction.Insert("people", ("name", Value.Float64(1))));
        Assert.Equal("SchemaEnforcementError", refused.Code);
        Assert.StartsWith("Failed to insert or update a document in table \"people\" because it does not match the schema: ", refused.Message, StringComparison.Ordinal);
        await transaction.Insert("people", ("name", "Ada"));
        await transaction.Insert("others", ("anything", Value.Null));
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);
    }

    [Fact, Spec("data-model", 41)]
    public async Task A_write_against_the_pending_schema_succeeds_and_fails_the_schema()
    {
        await using var db = await TestDatabase.OpenAsync();
        await ActivateAsync(db, Names);
        var pending = await db.WriteAsync(transaction => Task.FromResult(transaction.AddSchema("", Ages)));
        await db.InsertAsync("people", ("name", "Ada"));

        var reader = db.Database.BeginRead();
        var failed = reader.FindSchema(pending.Id)!;
        Assert.Equal((SchemaState.Failed, "people"), (failed.State, failed.TableName));
        Assert.StartsWith("New document in table \"people\" does not match the schema: Object is missing the required field `age`.", failed.Error, StringComparison.Ordinal);
        Assert.Null(reader.Schemas("").Pending);
        Assert.NotNull(reader.Schemas("").Active);
        Assert.Single(await db.ReadAllAsync("people"));
    }

    [Fact]
    public async Task A_write_that_did_not_know_of_a_new_schema_conflicts()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("people", ("name", "Ada"));
        var writer = db.Database.BeginWrite();
        await writer.Insert("people", ("name", Value.Null));
        await ActivateAsync(db, Names);
        Assert.Equal(CommitOutcome.Conflict, (await db.CommitAsync(writer)).Outcome);
    }

    [Fact]
    public async Task One_schema_is_pending_and_one_is_active_and_a_restart_knows_them()
    {
        await using var db = await TestDatabase.OpenAsync();
        await ActivateAsync(db, Names);
        var first = await db.WriteAsync(transaction => Task.FromResult(transaction.AddSchema("", Names)));
        var second = await db.WriteAsync(transaction => Task.FromResult(transaction.AddSchema("", Ages)));
        await db.Database.CheckpointAsync(TestDatabase.Token);

        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        var reader = again.Database.BeginRead();
        Assert.Equal(SchemaState.Overwritten, reader.FindSchema(first.Id)!.State);
        Assert.Equal(second.Id, reader.Schemas("").Pending!.Id);
        Assert.NotNull(reader.Schemas("").Active);
        await Assert.ThrowsAnyAsync<DeveloperException>(() => again.InsertAsync("people", ("name", Value.Null)));
    }

    [Fact, Spec("data-model", 45)]
    public async Task A_table_that_the_schema_speaks_of_cannot_be_dropped()
    {
        await using var db = await TestDatabase.OpenAsync();
        await ActivateAsync(db, Names);
        await db.InsertAsync("people", ("name", "Ada"));
        var transaction = db.Database.BeginWrite();
        var refused = Assert.ThrowsAny<DeveloperException>(() => transaction.DropTable(transaction.FindTable("", "people")!));
        Assert.Equal("Failed to delete table \"people\" because it appears in the schema", refused.Message);
    }

    /// <summary>Also a table that only a reference speaks of; under a pending schema the deletion goes through and fails the schema.</summary>
    [Fact, Spec("data-model", 45)]
    public async Task A_table_that_is_referenced_cannot_be_dropped()
    {
        const string References = """{"tables":[{"tableName":"books","indexes":[],"documentType":{"type":"object","value":{"author":{"fieldType":{"type":"union","value":[{"type":"null"},{"type":"id","tableName":"people"}]},"optional":true}}}}]}""";
        const string Problem = "Failed to delete table \"people\" because `v.id(\"people\")` appears in the schema of table \"books\"";
        await using var db = await TestDatabase.OpenAsync();
        await db.InsertAsync("people", ("name", "Ada"));
        await db.InsertAsync("others");
        await ActivateAsync(db, References);
        var transaction = db.Database.BeginWrite();
        var refused = Assert.ThrowsAny<DeveloperException>(() => transaction.DropTable(transaction.FindTable("", "people")!));
        Assert.Equal(("SchemaEnforcementError", Problem), (refused.Code, refused.Message));
        transaction.DropTable(transaction.FindTable("", "others")!);

        await ActivateAsync(db, Names.Replace("people", "nobody", StringComparison.Ordinal));
        var pending = await db.WriteAsync(write => Task.FromResult(write.AddSchema("", References)));
        await db.WriteAsync(write =>
        {
            write.DropTable(write.FindTable("", "people")!);
            return Task.CompletedTask;
        });
        var failed = db.Database.BeginRead().FindSchema(pending.Id)!;
        Assert.Equal((SchemaState.Failed, Problem, "people"), (failed.State, failed.Error, failed.TableName));
    }

    private static Task ActivateAsync(TestDatabase db, string json) => db.WriteAsync(transaction =>
    {
        transaction.SetSchemaState(transaction.AddSchema("", json), SchemaState.Active);
        return Task.CompletedTask;
    });
}
