using System.Text;
using System.Text.Json.Nodes;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Queries;
using Fresnel.Engine.Transactions;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Queries;

public sealed class QueryStreamTests
{
    private const string Scan = """{"type":"FullTableScan","tableName":"notes","order":null}""";
    private const string Backwards = """{"type":"FullTableScan","tableName":"notes","order":"desc"}""";
    private const string EvenOnly = """{"filter":{"$eq":[{"$mod":[{"$field":"n"},{"$literal":2}]},{"$literal":0}]}}""";

    [Theory, Spec("data-model", 21)]
    [InlineData(Scan, "", "0 1 2 3 4 5")]
    [InlineData(Backwards, "", "5 4 3 2 1 0")]
    [InlineData(Scan, EvenOnly, "0 2 4")]
    [InlineData(Scan, """{"limit":3}""", "0 1 2")]
    [InlineData(Scan, """{"limit":0}""", "")]
    [InlineData(Scan, $$"""{"limit":3},{{EvenOnly}}""", "0 2")]
    [InlineData(Scan, $$"""{{EvenOnly}},{"limit":2}""", "0 2")]
    [InlineData(Backwards, $$"""{{EvenOnly}},{"limit":1},{"limit":5}""", "4")]
    [InlineData("""{"type":"IndexRange","indexName":"notes.by_parity","range":[{"type":"Eq","fieldPath":"odd","value":true}],"order":"asc"}""", "", "1 3 5")]
    [InlineData("""{"type":"IndexRange","indexName":"notes.by_parity","range":[{"type":"Eq","fieldPath":"odd","value":false},{"type":"Gt","fieldPath":"n","value":0}],"order":"desc"}""", "", "4 2")]
    [InlineData("""{"type":"IndexRange","indexName":"notes.by_parity","range":[],"order":"asc"}""", "", "0 2 4 1 3 5")]
    [InlineData("""{"type":"IndexRange","indexName":"notes.by_parity","range":[{"type":"Gt","fieldPath":"odd","value":true},{"type":"Lt","fieldPath":"odd","value":false}],"order":"asc"}""", "", "")]
    [InlineData("""{"type":"IndexRange","indexName":"notes.by_creation_time","range":[],"order":"desc"}""", """{"limit":1}""", "5")]
    [InlineData("""{"type":"FullTableScan","tableName":"unknown","order":null}""", EvenOnly, "")]
    public async Task Documents_come_from_the_source_through_the_operators_in_their_order(string source, string operators, string expected)
    {
        await using var db = await NotesAsync();
        Assert.Equal(expected, await RunAsync(db.Database.BeginRead(), source, operators));
    }

    [Fact]
    public async Task A_document_that_is_refused_takes_its_own_part_of_what_was_looked_at_ahead()
    {
        await using var db = await TestDatabase.OpenAsync();
        foreach (var (n, text) in ((double, string)[])[(0, ""), (1, new string('x', 5_000)), (2, "")]) await db.InsertAsync("notes", ("n", Value.Float64(n)), ("text", text));
        using var transaction = db.Database.BeginRead(limits: new() { BytesRead = 2_000 });
        var stream = QueryStream.Open(transaction, "", QueryDefinition.Parse(Encoding.UTF8.GetBytes($$"""{"source":{{Scan}},"operators":[{{EvenOnly}}]}""")));
        Assert.Equal(Value.Float64(0), (await stream.NextAsync(TestDatabase.Token))!.Fields["n"]);
        Assert.True(stream.Peek([], 10, 1 << 20));

        await Assert.ThrowsAsync<DeveloperException>(async () => await stream.NextAsync(TestDatabase.Token));
        Assert.Equal(Value.Float64(2), (await stream.NextAsync(TestDatabase.Token))!.Fields["n"]);
    }

    [Fact]
    public async Task The_writes_of_the_transaction_are_seen()
    {
        await using var db = await NotesAsync();
        var transaction = db.Database.BeginWrite();
        await transaction.Insert("notes", ("n", Value.Float64(6)), ("odd", false));
        Assert.Equal("0 2 4 6", await RunAsync(transaction, Scan, EvenOnly));
    }

    [Fact, Spec("data-model", 26)]
    public async Task A_query_on_a_missing_table_depends_on_its_creation()
    {
        await using var db = await NotesAsync();
        var transaction = db.Database.BeginWrite();
        Assert.Equal("", await RunAsync(transaction, """{"type":"FullTableScan","tableName":"later","order":null}"""));
        await transaction.Insert("notes", ("n", Value.Float64(6)));
        await db.InsertAsync("later", ("n", Value.Float64(1)));
        Assert.Equal(CommitOutcome.Conflict, (await db.CommitAsync(transaction)).Outcome);
    }

    [Fact, Spec("data-model", 25)]
    public async Task What_was_not_consumed_is_not_depended_on()
    {
        await using var db = await NotesAsync();
        var transaction = db.Database.BeginWrite();
        Assert.Equal("0 1", await RunAsync(transaction, Scan, """{"limit":2}"""));
        await transaction.Insert("reports", ("seen", Value.Float64(2)));
        await db.InsertAsync("notes", ("n", Value.Float64(6)));
        Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);
    }

    [Theory]
    [InlineData("notes.by_nothing", "IndexNotFoundError: Index notes.by_nothing not found.")]
    [InlineData("unknown.by_creation_time", "IndexNotFoundError: Index unknown.by_creation_time not found.")]
    [InlineData("notes.by_new", "IndexBackfillingError: Index notes.by_new is currently backfilling and not available to query yet.")]
    [InlineData("fresh.by_staged", "IndexStagedError: Index fresh.by_staged is currently staged and not available to query until it is enabled.")]
    public async Task An_index_that_cannot_be_read_is_refused_by_its_state(string index, string problem)
    {
        await using var db = await NotesAsync();
        var transaction = db.Database.BeginWrite();
        transaction.CreateIndex(transaction.FindTable("", "notes")!, "by_new", [FieldPath.Parse("n")]);
        transaction.CreateIndex(transaction.CreateTable("", "fresh"), "by_staged", [FieldPath.Parse("n")], staged: true);
        Assert.Equal(problem, await ProblemAsync(transaction, $$"""{"type":"IndexRange","indexName":"{{index}}","range":[],"order":null}"""));
    }

    [Fact]
    public async Task A_filter_that_fails_ends_the_query()
    {
        await using var db = await NotesAsync();
        Assert.Equal("EvalError: Cannot use value 0.0 (type Float64) as a Boolean", await ProblemAsync(db.Database.BeginRead(), Scan, """{"filter":{"$field":"n"}}"""));
    }

    [Fact]
    public async Task A_text_search_says_that_it_is_not_built_yet()
    {
        await using var db = await NotesAsync();
        Assert.StartsWith("NotBuiltYet: Text search", await ProblemAsync(db.Database.BeginRead(), """{"type":"Search","indexName":"notes.search","filters":[]}"""), StringComparison.Ordinal);
    }

    /// <summary>Six notes, numbered in order of creation.</summary>
    private static async Task<TestDatabase> NotesAsync()
    {
        var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("notes", ("by_parity", ["odd", "n"]));
        for (var i = 0; i < 6; i++) await db.InsertAsync("notes", ("n", Value.Float64(i)), ("odd", i % 2 == 1));
        return db;
    }

    private static async Task<string> RunAsync(Transaction transaction, string source, string operators = "")
    {
        var json = new JsonObject { ["source"] = JsonNode.Parse(source), ["operators"] = JsonNode.Parse($"[{operators}]") };
        var stream = QueryStream.Open(transaction, "", QueryDefinition.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
        var found = new List<double>();
        while (await stream.NextAsync(TransactionWords.Token) is { } document) found.Add(document.Fields["n"].AsFloat64());
        return string.Join(' ', found);
    }

    private static async Task<string> ProblemAsync(Transaction transaction, string source, string operators = "")
    {
        var error = await Assert.ThrowsAsync<DeveloperException>(() => RunAsync(transaction, source, operators));
        return $"{error.Code}: {error.Message}";
    }
}
