using Fresnel.Engine.Schema;
using Fresnel.Engine.Tables;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests;

/// <summary>The limits that an operator chooses, as writers and pushes meet them; and data from before they were lowered.</summary>
public sealed class DataLimitsTests
{
    private static DatabaseOptions Tight { get; } = new()
    {
        Limits = new()
        {
            Documents = new() { Bytes = 200, Nesting = 2, Fields = 3, ArrayElements = 2 },
            Schema = new() { Tables = 2 },
            Transactions = new() { DocumentsRead = 2, DocumentsWritten = 3 },
        },
    };

    [Fact, Spec("data-model", 12, 13)]
    public async Task Every_write_is_held_to_the_limits_of_documents()
    {
        await using var db = await TestDatabase.OpenAsync(null, Tight);
        var transaction = db.Database.BeginWrite();
        var kept = await transaction.Insert("items", ("a", Value.Array(Value.Null, Value.Null)));
        await RefusedAsync("ArrayTooLong: Array length is too long (3 > maximum length 2)", () => transaction.Patch(kept.Id, ("a", Value.Array(Value.Null, Value.Null, Value.Null))));
        await RefusedAsync("TooManyFieldsError: Object has too many fields (4 > maximum number 3)", () => transaction.Patch(kept.Id, ("b", true), ("c", true), ("d", true)));
        await RefusedAsync("ValueTooLargeError: Value is too large (", () => transaction.Insert("items", ("a", new string('x', 200))));
        await RefusedAsync("InvalidDocumentError: Document(value: ", () => transaction.Insert("items", ("a", Value.Array(Value.Array()))));
        Assert.Equal(1, transaction.Usage.DocumentsWritten);
    }

    [Fact]
    public async Task Tables_are_bounded_and_one_that_goes_makes_room()
    {
        await using var db = await TestDatabase.OpenAsync(null, Tight);
        await db.InsertAsync("one");
        await db.InsertAsync("two");
        await RefusedAsync("TooManyTables: Number of tables cannot exceed 2.", () => db.InsertAsync("three"));
        await db.WriteAsync(transaction =>
        {
            transaction.DropTable(transaction.FindTable("", "one")!);
            return Task.CompletedTask;
        });
        await db.InsertAsync("three");
    }

    [Fact]
    public async Task Ten_thousand_tables_are_accepted_and_one_more_is_not()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.WriteAsync(transaction =>
        {
            for (var i = 0; i < 10_000; i++) transaction.CreateTable("", $"t{i}");
            var refused = Assert.ThrowsAny<DeveloperException>(() => transaction.CreateTable("", "more"));
            Assert.Equal("TooManyTables: Number of tables cannot exceed 10000.", $"{refused.Code}: {refused.Message}");
            return Task.CompletedTask;
        });
        Assert.Equal(20_000u, db.Database.BeginRead().FindTable("", "t9999")!.Number);
    }

    [Fact]
    public async Task A_schema_is_held_to_the_number_of_tables()
    {
        static string Schema(int tables) => $$"""{"tables":[{{string.Join(',', Enumerable.Range(0, tables).Select(i => $$"""{"tableName":"t{{i}}","indexes":[]}"""))}}]}""";
        Assert.Equal(10_000, SchemaDefinition.Parse(Schema(10_000)).Tables.Length);
        await RefusedAsync("TooManyTables: Number of tables cannot exceed 10000.", () => Task.FromResult(SchemaDefinition.Parse(Schema(10_001))));
        await RefusedAsync("TooManyTables: Number of tables cannot exceed 2.", () => Task.FromResult(SchemaDefinition.Parse(Schema(3), new() { Tables = 2 })));
    }

    [Fact]
    public async Task Transactions_that_say_nothing_have_the_limits_of_the_database()
    {
        await using var db = await TestDatabase.OpenAsync(null, Tight);
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 3; i++) await transaction.Insert("items");
            await RefusedAsync("TooManyWrites: Too many writes in a single function execution (limit: 3)", () => transaction.Insert("items"));
        });
        using var reading = db.Database.BeginRead();
        await RefusedAsync("TooManyDocumentsRead: Too many documents read in a single function execution (limit: 2). ", () => reading.ReadAll("items"));
        using var unbounded = db.Database.BeginRead(limits: new());
        Assert.Equal(3, (await unbounded.ReadAll("items")).Count);
    }

    /// <summary>A range counts when it is consumed, and the one over the limit is refused at its first document, not one range later.</summary>
    [Fact, Spec("data-model", 53)]
    public async Task The_first_range_over_the_limit_is_refused()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("items", ("by_n", ["n"]));
        for (var n = 0; n < 4; n++) await db.InsertAsync("items", ("n", Value.Float64(2 * n)));

        using var reading = db.Database.BeginRead(limits: new() { DatabaseQueries = 2 });
        await ReadAsync(0);
        await ReadAsync(0);
        await ReadAsync(4);
        Assert.Equal(2, reading.Usage.DatabaseQueries);
        const string Refusal = "TooManyReads: Too many reads in a single function execution (limit: 2). ";
        await RefusedAsync(Refusal, () => ReadAsync(2));

        // One that finds nothing is an interval too.
        using var empty = db.Database.BeginRead(limits: new() { DatabaseQueries = 2 });
        await empty.ReadIndex("items", "by_n", KeyInterval.Prefix(IndexKey.Encode(Value.Float64(1))));
        await empty.ReadIndex("items", "by_n", KeyInterval.Prefix(IndexKey.Encode(Value.Float64(3))));
        await RefusedAsync(Refusal, () => empty.ReadIndex("items", "by_n", KeyInterval.Prefix(IndexKey.Encode(Value.Float64(5)))));

        async Task ReadAsync(double n) => Assert.Single(await reading.ReadIndex("items", "by_n", KeyInterval.Prefix(IndexKey.Encode(Value.Float64(n)))));
    }

    [Fact]
    public async Task What_was_stored_under_wider_limits_is_read_and_its_next_version_must_fit()
    {
        var store = new MemoryCommitStore();
        DocumentId id;
        await using (var wide = await TestDatabase.OpenAsync(store))
        {
            id = (await wide.InsertAsync("items", ("a", new string('x', 5_000)))).Id;
            for (var i = 0; i < 4; i++) await wide.InsertAsync($"t{i}");
            await wide.WriteAsync(transaction =>
            {
                transaction.SetSchemaState(transaction.AddSchema("", """{"tables":[{"tableName":"a","indexes":[]},{"tableName":"b","indexes":[]},{"tableName":"c","indexes":[]}]}"""), SchemaState.Active);
                return Task.CompletedTask;
            });
        }

        await using var db = await TestDatabase.OpenAsync(store.Reopen(), Tight);
        using var reader = db.Database.BeginRead();
        Assert.Equal(5_000, (await reader.Get(id))!.Fields["a"].AsString().Length);
        Assert.Equal(3, reader.Schemas("").Active!.Definition.Tables.Length);
        await RefusedAsync("ValueTooLargeError: Value is too large (", () => db.WriteAsync(transaction => transaction.Patch(id, ("b", true))));
        await db.WriteAsync(transaction => transaction.Patch(id, ("a", "short")));
    }

    private static async Task RefusedAsync(string problem, Func<Task> work)
    {
        var error = await Assert.ThrowsAnyAsync<DeveloperException>(work);
        Assert.StartsWith(problem, $"{error.Code}: {error.Message}", StringComparison.Ordinal);
    }
}
