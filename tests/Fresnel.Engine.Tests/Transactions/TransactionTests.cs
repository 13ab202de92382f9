using Fresnel.Engine.Commits;
using Fresnel.Engine.Transactions;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Transactions;

public sealed class TransactionTests
{
    [Fact]
    public async Task What_one_transaction_inserts_lies_in_its_order_and_no_id_tells_the_next()
    {
        await using var db = await TestDatabase.OpenAsync();
        var transaction = db.Database.BeginWrite();
        var ids = new List<UInt128>();
        for (var i = 0; i < 1_000; i++) ids.Add((await transaction.Insert("many")).Id.InternalId.Bits);
        Assert.Equal(ids.Order(), ids);
        var steps = ids.Zip(ids.Skip(1), (first, second) => second - first).ToList();
        Assert.Equal(steps.Count, steps.Distinct().Count());
        Assert.True(steps.Average(step => (double)step) > Math.Pow(2, 58));
        Assert.Equal(ids[0] >> 80, ids[^1] >> 80);
    }

    [Fact]
    public async Task A_transaction_reads_its_own_writes_merged_into_the_snapshot()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("items", ("by_n", ["n"]));
        var ids = new List<DocumentId>();
        foreach (var n in (double[])[10, 20, 30, 40]) ids.Add((await db.InsertAsync("items", ("n", Value.Float64(n)))).Id);

        var transaction = db.Database.BeginWrite();
        await transaction.Insert("items", ("n", Value.Float64(25)));
        await transaction.Patch(ids[0], ("n", Value.Float64(35)));
        await transaction.Delete(ids[2]);

        Assert.Equal(new double[] { 20, 25, 35, 40 }, Numbers(await transaction.ReadIndex("items", "by_n", KeyInterval.All)));
        Assert.Equal(new double[] { 40, 35, 25, 20 }, Numbers(await transaction.ReadIndex("items", "by_n", KeyInterval.All, descending: true)));
        Assert.Equal(new double[] { 25, 35 }, Numbers(await transaction.ReadIndex("items", "by_n", new(IndexKey.Encode(Value.Float64(21)), IndexKey.Encode(Value.Float64(36))))));
        Assert.Null(await transaction.Get(ids[2]));
        Assert.Equal(35, (await transaction.Get(ids[0]))!.Fields["n"].AsFloat64());
        Assert.Equal(new double[] { 10, 20, 30, 40 }, Numbers(await db.ReadAllAsync("items")));
    }

    [Fact]
    public async Task Random_reads_amid_random_writes_and_roll_backs_agree_with_a_model()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("items", ("by_n", ["n"]));
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 50; i++) await transaction.Insert("items", ("n", Value.Float64(random.Next(30))));
        });

        for (var round = 0; round < 30; round++)
        {
            var transaction = db.Database.BeginWrite();
            var model = (await db.ReadAllAsync("items")).ToDictionary(document => document.Id);
            var points = new List<(Savepoint Point, Dictionary<DocumentId, Document> Model)>();
            for (var step = 0; step < 60; step++)
            {
                switch (random.Next(7))
                {
                    case 0 or 1:
                        var made = await transaction.Insert("items", ("n", Value.Float64(random.Next(30))));
                        model.Add(made.Id, made);
                        break;
                    case 2 when model.Count > 0:
                        var patched = model.Keys.ElementAt(random.Next(model.Count));
                        model[patched] = await transaction.Patch(patched, ("n", Value.Float64(random.Next(30))));
                        break;
                    case 3 when model.Count > 0:
                        var deleted = model.Keys.ElementAt(random.Next(model.Count));
                        await transaction.Delete(deleted);
                        model.Remove(deleted);
                        break;
                    case 4:
                        points.Add((transaction.Save(), new(model)));
                        break;
                    case 5 when points.Count > 0:
                        var at = random.Next(points.Count);
                        transaction.RollBackTo(points[at].Point);
                        model = new(points[at].Model);
                        points.RemoveRange(at, points.Count - at);
                        break;
                    default:
                        var (lower, upper, descending, take) = (random.Next(30), random.Next(30), random.Next(2) == 0, random.Next(1, 20));
                        var interval = new KeyInterval(IndexKey.Encode(Value.Float64(lower)), IndexKey.Encode(Value.Float64(upper)));
                        var expected = model.Values.Where(document => N(document) >= lower && N(document) < upper)
                            .OrderBy(N).ThenBy(document => document.Fields["_creationTime"].AsFloat64()).ThenBy(document => document.Id.ToString(), StringComparer.Ordinal).ToList();
                        if (descending) expected.Reverse();
                        var found = await transaction.ReadIndex("items", "by_n", interval, descending, take);
                        Assert.True(expected.Take(take).Select(document => document.Id).SequenceEqual(found.Select(document => document.Id)), $"Seed {seed}, round {round}, step {step}.");
                        break;
                }
            }

            Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);
            Assert.True(model.Keys.ToHashSet().SetEquals((await db.ReadAllAsync("items")).Select(document => document.Id)), $"Seed {seed}, round {round}.");
            await DatabaseContents.CheckIndexesAsync(db.Database);
        }

        static double N(Document document) => document.Fields["n"].AsFloat64();
    }

    [Fact]
    public async Task A_stream_sees_what_is_written_behind_the_place_it_reached()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("items", ("by_n", ["n"]));
        var ids = new List<DocumentId>();
        foreach (var n in (double[])[10, 20, 30]) ids.Add((await db.InsertAsync("items", ("n", Value.Float64(n)))).Id);

        var transaction = db.Database.BeginWrite();
        var table = transaction.FindTable("", "items")!;
        var stream = transaction.Read(table, table.FindIndex("by_n")!, KeyInterval.All);
        Assert.Equal(10, (await stream.NextAsync(TestDatabase.Token))!.Fields["n"].AsFloat64());
        await transaction.Insert("items", ("n", Value.Float64(5)));
        await transaction.Insert("items", ("n", Value.Float64(15)));
        await transaction.Delete(ids[1]);
        Assert.Equal(15, (await stream.NextAsync(TestDatabase.Token))!.Fields["n"].AsFloat64());
        Assert.Equal(30, (await stream.NextAsync(TestDatabase.Token))!.Fields["n"].AsFloat64());
        Assert.Null(await stream.NextAsync(TestDatabase.Token));
    }

    [Fact, Spec("data-model", 54)]
    public async Task Rolling_back_undoes_writes_and_keeps_reads()
    {
        await using var db = await TestDatabase.OpenAsync();
        var kept = (await db.InsertAsync("items", ("n", "kept"))).Id;
        var transaction = db.Database.BeginWrite();
        await transaction.Insert("items", ("n", "before"));
        var point = transaction.Save();
        await transaction.Insert("items", ("n", "undone"));
        await transaction.Insert("made", ("n", "undone"));
        await transaction.Patch(kept, ("n", "undone"));
        await transaction.Get(kept);
        transaction.RollBackTo(point);

        Assert.Null(transaction.Catalog.Find("", "made"));
        Assert.Equal(["kept", "before"], (await transaction.ReadAll("items")).Select(document => document.Fields["n"].AsString()));
        Assert.True(transaction.Reads.Contains(transaction.Catalog.Find("", "items")!.ById.Key, Fresnel.Engine.Tables.DocumentKey.Of(kept)));
        Assert.Equal(4, transaction.Usage.DocumentsWritten);
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);
        Assert.Equal(2, (await db.ReadAllAsync("items")).Count);
    }

    [Fact, Spec("data-model", 8)]
    public async Task Creation_times_of_one_transaction_strictly_increase()
    {
        await using var db = await TestDatabase.OpenAsync();
        var documents = new List<Document>();
        await db.WriteAsync(async transaction =>
        {
            for (var i = 0; i < 100; i++) documents.Add(await transaction.Insert("items"));
        });
        var times = documents.Select(document => document.Fields["_creationTime"].AsFloat64()).ToArray();
        Assert.Equal(times.Order().Distinct(), times);
    }

    [Fact, Spec("data-model", 3)]
    public async Task The_first_user_table_is_10001()
    {
        await using var db = await TestDatabase.OpenAsync();
        var first = await db.InsertAsync("first");
        var second = await db.InsertAsync("second");
        Assert.Equal((10_001u, 10_002u), (first.Id.TableNumber, second.Id.TableNumber));
        Assert.StartsWith("j5", first.Id.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_of_a_table_that_was_dropped_is_used_again_and_old_ids_do_not_resolve()
    {
        await using var db = await TestDatabase.OpenAsync();
        var first = await db.InsertAsync("first");
        await db.InsertAsync("second");
        await db.WriteAsync(transaction =>
        {
            transaction.DropTable(transaction.FindTable("", "first")!);
            return Task.CompletedTask;
        });
        Assert.Empty(await db.ReadAllAsync("first"));
        var again = await db.InsertAsync("again");
        Assert.Equal(10_001u, again.Id.TableNumber);
        Assert.Null(await db.Database.BeginRead().Get(first.Id));
    }

    [Fact, Spec("data-model", 9)]
    public async Task A_patch_merges_shallowly_and_removes_what_is_undefined()
    {
        await using var db = await TestDatabase.OpenAsync();
        var id = (await db.InsertAsync("items", ("a", "a"), ("b", "b"), ("o", ValueObject.Create(("x", "x"), ("y", "y"))))).Id;
        await db.WriteAsync(transaction => transaction.Patch(id, ("a", Value.Undefined), ("c", "c"), ("o", ValueObject.Create(("z", "z")))));
        var fields = Assert.Single(await db.ReadAllAsync("items")).Fields;
        Assert.Equal(["_creationTime", "_id", "b", "c", "o"], fields.Names.ToArray());
        Assert.Equal(["z"], fields["o"].AsObject().Names.ToArray());
    }

    [Fact]
    public async Task A_patch_that_changes_nothing_is_no_write()
    {
        await using var db = await TestDatabase.OpenAsync();
        var document = await db.InsertAsync("items", ("a", "a"));
        var appends = db.Store.Appends;
        var transaction = db.Database.BeginWrite();
        await transaction.Patch(document.Id, ("a", "a"));
        Assert.True(transaction.IsUnwritten);
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);

        var thereAndBack = db.Database.BeginWrite();
        await thereAndBack.Patch(document.Id, ("a", "b"));
        await thereAndBack.Patch(document.Id, ("a", "a"));
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(thereAndBack)).Outcome);
        Assert.Equal(appends, db.Store.Appends);
    }

    [Fact]
    public async Task Writes_to_documents_that_are_not_there_say_so()
    {
        await using var db = await TestDatabase.OpenAsync();
        var id = (await db.InsertAsync("items")).Id;
        await db.WriteAsync(transaction => transaction.Delete(id));
        var transaction = db.Database.BeginWrite();
        var table = transaction.FindTable("", "items")!;
        await Throws("NonexistentDocument", $"Update on nonexistent document ID {id}", () => transaction.Patch(id, ("a", "b")));
        await Throws("NonexistentDocument", $"Replace on nonexistent document ID {id}", async () => await transaction.ReplaceAsync(table, id, ValueObject.Empty, TestDatabase.Token));
        await Throws("NonexistentDocument", $"Delete on nonexistent document ID {id}", () => transaction.Delete(id));
    }

    [Fact, Spec("data-model", 11)]
    public async Task Documents_with_fields_that_begin_with_an_underscore_are_refused()
    {
        await using var db = await TestDatabase.OpenAsync();
        var transaction = db.Database.BeginWrite();
        var refused = await Assert.ThrowsAnyAsync<DeveloperException>(() => transaction.Insert("items", ("_foo", Value.Float64(1))));
        Assert.Equal("InvalidDocumentError", refused.Code);
        Assert.Contains("Field '_foo' starts with an underscore, which is only allowed for system fields like '_id'", refused.Message, StringComparison.Ordinal);
        await transaction.Insert("items", ("a", ValueObject.Create(("_foo", Value.Float64(1)))));
    }

    [Fact, Spec("data-model", 53)]
    public async Task Each_limit_has_its_text_at_one_too_many()
    {
        const string ReadLess = "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";
        await using var db = await TestDatabase.OpenAsync();
        var ids = new List<DocumentId>();
        for (var i = 0; i < 4; i++) ids.Add((await db.InsertAsync("items", ("text", new string('x', 100)))).Id);

        var reading = db.Database.BeginRead(limits: new() { DocumentsRead = 3 });
        await reading.ReadAll("items", take: 3);
        await Throws("TooManyDocumentsRead", $"Too many documents read in a single function execution (limit: 3). {ReadLess}", () => reading.ReadAll("items"));

        var bytes = db.Database.BeginRead(limits: new() { BytesRead = 300 });
        await Throws("TooManyBytesRead", $"Too many bytes read in a single function execution (limit: 300 bytes). {ReadLess}", () => bytes.ReadAll("items"));

        var queries = db.Database.BeginRead(limits: new() { DatabaseQueries = 2 });
        await queries.Get(ids[0]);
        await queries.Get(ids[0]);
        await queries.Get(ids[1]);
        Assert.Equal(2, queries.Usage.DatabaseQueries);
        await Throws("TooManyReads", $"Too many reads in a single function execution (limit: 2). {ReadLess}", () => queries.Get(ids[3]));

        var writes = db.Database.BeginWrite(new() { DocumentsWritten = 2 });
        await writes.Insert("items");
        await writes.Insert("items");
        await Throws("TooManyWrites", "Too many writes in a single function execution (limit: 2)", () => writes.Insert("items"));

        var written = db.Database.BeginWrite(new() { BytesWritten = 1 << 20 });
        await written.Insert("items", ("text", new string('x', 600_000)));
        await Throws("TooManyBytesWritten", "Too many bytes written in a single function execution (limit: 1 MiB)", () => written.Insert("items", ("text", new string('x', 600_000))));
    }

    [Fact]
    public async Task A_commit_timestamp_placeholder_is_the_commits_timestamp_in_document_and_index()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("items", ("by_at", ["at"]));
        var transaction = db.Database.BeginWrite();
        await transaction.Insert("items", ("at", Value.CommitTimestamp));
        var result = await db.CommitAsync(transaction);
        var reader = db.Database.BeginRead();
        var key = KeyInterval.Prefix(IndexKey.Encode(Value.Int64(result.Timestamp.Nanoseconds)));
        var document = Assert.Single(await reader.ReadIndex("items", "by_at", key));
        Assert.Equal(result.Timestamp.Nanoseconds, document.Fields["at"].AsInt64());
        await using var again = await TestDatabase.OpenAsync(db.Store.Reopen());
        Assert.Equal(await DatabaseContents.OfAsync(db.Database), await DatabaseContents.OfAsync(again.Database));
    }

    [Fact]
    public async Task Components_have_names_and_numbers_of_their_own()
    {
        await using var db = await TestDatabase.OpenAsync();
        await db.WriteAsync(async transaction =>
        {
            transaction.CreateComponent("payments");
            await transaction.InsertAsync(transaction.CreateTable("payments", "items"), ValueObject.Empty, TestDatabase.Token);
        });
        var app = await db.InsertAsync("items");
        var reader = db.Database.BeginRead();
        var other = reader.FindTable("payments", "items")!;
        Assert.Equal(app.Id.TableNumber, other.Number);
        Assert.NotEqual(reader.FindTable("", "items")!.Key, other.Key);
        Assert.Equal("_storage", reader.TableNames("payments").NameOf(540));
        Assert.Equal("items", reader.TableNames("payments").NameOf(10_001));
        Assert.Null(reader.TableNames("payments").NameOf(10_002));
        Assert.Contains(reader.ListTables("payments"), table => table.Name == "_scheduled_functions" && table.Number == 539);
    }

    private static double[] Numbers(List<Document> documents) => [.. documents.Select(document => document.Fields["n"].AsFloat64())];

    private static async Task Throws(string code, string message, Func<Task> work)
    {
        var error = await Assert.ThrowsAnyAsync<DeveloperException>(work);
        Assert.Equal((code, message), (error.Code, error.Message));
    }
}
