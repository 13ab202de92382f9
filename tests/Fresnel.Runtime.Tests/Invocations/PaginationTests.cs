using System.Text;
using System.Text.Json.Nodes;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class PaginationTests
{
    private const string Ascending = """{"source":{"type":"FullTableScan","tableName":"tasks","order":null},"operators":[]}""";
    private const string Descending = """{"source":{"type":"FullTableScan","tableName":"tasks","order":"desc"},"operators":[]}""";
    private const string Nothing = """{"source":{"type":"FullTableScan","tableName":"tasks","order":null},"operators":[{"filter":{"$literal":false}}]}""";

    private static FakeFunctions Functions => new FakeFunctions()
        .Mutation("tasks:add", async call => $"\"{await call.Insert("tasks", call.Argument)}\"")
        .Mutation("tasks:remove", call => call.Syscall("1.0/remove", call.Argument))
        .Query("tasks:page", call => call.Syscall("1.0/queryPage", call.Argument))
        .Query("tasks:twice", async call =>
        {
            await call.Syscall("1.0/queryPage", call.Argument);
            return await call.Syscall("1.0/queryPage", call.Argument);
        });

    [Fact, Spec("data-model", 27)]
    public async Task A_page_that_is_filled_exactly_is_not_the_last()
    {
        await using var test = await WithTasksAsync(3);
        var first = await PageAsync(test, pageSize: 3);
        Assert.Equal("0,1,2 more", Show(first));
        Assert.Equal(" done", Show(await PageAsync(test, pageSize: 3, cursor: CursorOf(first))));
    }

    [Theory]
    [InlineData(Ascending, "0,1 more|2,3 more|4 done")]
    [InlineData(Descending, "4,3 more|2,1 more|0 done")]
    public async Task Pages_follow_one_another_in_either_order(string query, string expected)
    {
        await using var test = await WithTasksAsync(5);
        var pages = new List<string>();
        string? cursor = null;
        do
        {
            var page = await PageAsync(test, query, 2, cursor);
            pages.Add(Show(page));
            cursor = CursorOf(page);
        }
        while (pages[^1].EndsWith("more", StringComparison.Ordinal));
        Assert.Equal(expected, string.Join('|', pages));
    }

    [Fact, Spec("data-model", 28), Spec("function-runtime", 25)]
    public async Task With_its_journal_a_page_keeps_its_end_while_documents_come()
    {
        await using var test = await WithTasksAsync(4, apart: 2);
        var first = await RunAsync(test, pageSize: 2);
        await AddAsync(test, "between", at: 1);
        var again = await RunAsync(test, pageSize: 2, journal: first.Journal);
        Assert.Equal("0,1 more", Show(first));

        // Creation follows the clock, so a document cannot be put between; one that leaves the page shrinks it.
        var id = JsonNode.Parse(ValueOf(first.Outcome))!["page"]![0]!["_id"]!.GetValue<string>();
        ValueOf(await test.MutateAsync("tasks:remove", $$"""{"id":"{{id}}"}"""));
        var shrunk = await RunAsync(test, pageSize: 2, journal: first.Journal);
        Assert.Equal("0,1 more", Show(again));
        Assert.Equal("1 more", Show(shrunk));
        Assert.Equal(CursorOf(first), CursorOf(shrunk));
        Assert.Equal(first.Journal, shrunk.Journal);
        Assert.Equal("2,3 more", Show(await PageAsync(test, pageSize: 2, cursor: CursorOf(shrunk))));
    }

    [Fact, Spec("data-model", 29)]
    public async Task With_a_journal_at_the_end_what_is_appended_joins_the_last_page()
    {
        await using var test = await WithTasksAsync(2);
        var last = await RunAsync(test, pageSize: 5);
        Assert.Equal("0,1 done", Show(last));
        await AddAsync(test, "2");
        Assert.Equal("0,1,2 done", Show(await RunAsync(test, pageSize: 5, journal: last.Journal)));
    }

    [Fact, Spec("data-model", 30)]
    public async Task A_cursor_outlives_the_document_that_it_points_at()
    {
        await using var test = await WithTasksAsync(4);
        var first = await PageAsync(test, pageSize: 2);
        var last = JsonNode.Parse(ValueOf(first.Outcome))!["page"]![1]!["_id"]!.GetValue<string>();
        ValueOf(await test.MutateAsync("tasks:remove", $$"""{"id":"{{last}}"}"""));
        Assert.Equal("2,3 more", Show(await PageAsync(test, pageSize: 2, cursor: CursorOf(first))));
    }

    [Theory, Spec("data-model", 31, 32)]
    [InlineData(Ascending)]
    [InlineData(Descending)]
    public async Task Split_at_its_cursor_a_page_is_two_that_join(string query)
    {
        await using var test = await WithTasksAsync(8);
        var whole = await PageAsync(test, query, 6);
        var split = JsonNode.Parse(ValueOf(whole.Outcome))!["splitCursor"]!.GetValue<string>();
        var left = await PageAsync(test, query, 1, null, split);
        var right = await PageAsync(test, query, 1, split, CursorOf(whole));
        Assert.Equal(TextsOf(whole), TextsOf(left).Concat(TextsOf(right)));
        Assert.True(TextsOf(left).Count > 1);
    }

    [Fact, Spec("data-model", 33)]
    public async Task A_filter_that_drops_everything_stops_at_the_rows_allowed_and_makes_progress()
    {
        await using var test = await WithTasksAsync(25);
        var first = JsonNode.Parse(ValueOf((await PageAsync(test, Nothing, 5, more: ",\"maximumRowsRead\":10")).Outcome))!;
        Assert.Equal(("SplitRequired", false, 0), (first["pageStatus"]!.GetValue<string>(), first["isDone"]!.GetValue<bool>(), first["page"]!.AsArray().Count));
        var second = await PageAsync(test, Nothing, 5, first["continueCursor"]!.GetValue<string>(), more: ",\"maximumRowsRead\":10");
        var third = await PageAsync(test, Nothing, 5, CursorOf(second), more: ",\"maximumRowsRead\":10");
        Assert.Equal(" done", Show(third));
    }

    [Fact, Spec("data-model", 34), Spec("function-runtime", 24), Spec("client-protocol", 27)]
    public async Task A_cursor_of_another_query_or_of_nobody_is_refused_with_the_data_that_clients_know()
    {
        await using var test = await WithTasksAsync(3);
        var cursor = CursorOf(await PageAsync(test, pageSize: 1));
        foreach (var refused in (QueryOutcome[])[
            await PageAsync(test, Descending, 1, cursor),
            await PageAsync(test, Ascending, 1, "garbage!"),
            await PageAsync(test, Ascending, 1, (cursor[0] == 'A' ? "B" : "A") + cursor[1..]),
            await RunAsync(test, pageSize: 1, journal: "AAAA")])
        {
            Assert.Equal("""{"isConvexSystemError":true,"paginationError":"InvalidCursor"}""", Encoding.UTF8.GetString(refused.Outcome.Error!.Data!.Value.Span));
        }

        Assert.Contains("InvalidCursor: Tried to run a query starting from a cursor", (await PageAsync(test, Descending, 1, cursor)).Outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact, Spec("client-protocol", 26)]
    public async Task Cursors_and_journals_outlive_a_restart()
    {
        var store = new MemoryCommitStore();
        string cursor;
        string? journal;
        await using (var test = await WithTasksAsync(4, store: store))
        {
            var first = await RunAsync(test, pageSize: 2);
            (cursor, journal) = (CursorOf(first), first.Journal);
        }

        await using var later = await StartAsync(Functions, store: store);
        Assert.Equal("2,3 more", Show(await PageAsync(later, pageSize: 2, cursor: cursor)));
        Assert.Equal("0,1 more", Show(await RunAsync(later, pageSize: 9, journal: journal)));
    }

    [Fact, Spec("data-model", 35), Spec("function-runtime", 26)]
    public async Task A_function_paginates_once_and_sizes_make_sense()
    {
        await using var test = await WithTasksAsync(1);
        var args = Arguments(Ascending, "1", null, null, "");
        Assert.Contains("ran multiple paginated queries", (await test.QueryAsync("tasks:twice", args)).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("Must request at least 1 document while paginating", (await test.QueryAsync("tasks:page", Arguments(Ascending, "0", null, null, ""))).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("Requested too many items: 32001", (await test.QueryAsync("tasks:page", Arguments(Ascending, "32001", null, null, ""))).Error!.Message, StringComparison.Ordinal);
        Assert.Contains(
            "maximumRowsRead and maximumBytesRead must be greater than 0",
            (await test.QueryAsync("tasks:page", Arguments(Ascending, "1", null, null, ",\"maximumRowsRead\":0"))).Error!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_does_not_exist_has_one_empty_page()
    {
        await using var test = await StartAsync(Functions);
        Assert.Equal(" done", Show(await PageAsync(test, pageSize: 2)));
    }

    private static async Task<TestDeployment> WithTasksAsync(int count, double apart = 1, MemoryCommitStore? store = null)
    {
        var test = await StartAsync(Functions, store: store);
        for (var i = 0; i < count; i++) await AddAsync(test, $"{i}", apart);
        return test;
    }

    private static async Task AddAsync(TestDeployment test, string text, double at = 1)
    {
        test.Time.Advance(TimeSpan.FromMilliseconds(at));
        ValueOf(await test.MutateAsync("tasks:add", $$"""{"text":"{{text}}"}"""));
    }

    private static Task<QueryOutcome> PageAsync(
        TestDeployment test, string query = Ascending, int pageSize = 1, string? cursor = null, string? endCursor = null, string more = "") =>
        RunAsync(test, query, pageSize, cursor, endCursor, more, null);

    private static Task<QueryOutcome> RunAsync(TestDeployment test, int pageSize, string? journal = null) => RunAsync(test, Ascending, pageSize, null, null, "", journal);

    private static async Task<QueryOutcome> RunAsync(TestDeployment test, string query, int pageSize, string? cursor, string? endCursor, string more, string? journal)
    {
        // The query stands in a string, since an argument may not hold its dollar signs.
        var call = Call("tasks:page") with { Journal = journal };
        test.Functions.Query("tasks:page", invocation => invocation.Syscall("1.0/queryPage", Arguments(query, $"{pageSize}", cursor, endCursor, more)));
        return await test.Invoker.QueryAsync(call, null, Cancellation);
    }

    private static string Arguments(string query, string pageSize, string? cursor, string? endCursor, string more) =>
        $$"""{"query":{{query}},"pageSize":{{pageSize}},"cursor":{{Quote(cursor)}},"endCursor":{{Quote(endCursor)}},"version":"1.48.0"{{more}} }""";

    private static string Quote(string? text) => text is null ? "null" : $"\"{text}\"";

    private static string CursorOf(QueryOutcome outcome) => JsonNode.Parse(ValueOf(outcome.Outcome))!["continueCursor"]!.GetValue<string>();

    private static List<string> TextsOf(QueryOutcome outcome) => [.. JsonNode.Parse(ValueOf(outcome.Outcome))!["page"]!.AsArray().Select(task => task!["text"]!.GetValue<string>())];

    private static string Show(QueryOutcome outcome) =>
        $"{string.Join(',', TextsOf(outcome))} {(JsonNode.Parse(ValueOf(outcome.Outcome))!["isDone"]!.GetValue<bool>() ? "done" : "more")}";
}
