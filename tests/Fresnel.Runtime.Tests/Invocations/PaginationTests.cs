using System.Text;
using System.Text.Json;
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

    private const string InvalidCursorData = """{"isConvexSystemError":true,"paginationError":"InvalidCursor"}""";

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

    /// <summary>By an index that does not follow the clock, a document can come into the middle of a page.</summary>
    [Fact, Spec("data-model", 28)]
    public async Task With_its_journal_a_page_grows_in_the_middle_and_the_next_page_stays()
    {
        const string ByRank = """{"source":{"type":"IndexRange","indexName":"tasks.by_rank","range":[],"order":"asc"},"operators":[]}""";
        await using var test = await StartAsync(Functions);
        await test.CreateTableAsync("tasks", "by_rank", "rank");
        foreach (var rank in (int[])[10, 20, 30, 40]) await AddRankAsync(rank);
        var first = await RunAsync(test, ByRank, 2, null, null, "", null);
        var second = await RunAsync(test, ByRank, 2, CursorOf(first), null, "", null);
        Assert.Equal(("10,20 more", "30,40 more"), (Show(first), Show(second)));

        await AddRankAsync(15);
        var grown = await RunAsync(test, ByRank, 2, null, null, "", first.Journal);
        Assert.Equal("10,15,20 more", Show(grown));
        Assert.Equal((CursorOf(first), first.Journal), (CursorOf(grown), grown.Journal));
        Assert.Equal("30,40 more", Show(await RunAsync(test, ByRank, 2, CursorOf(grown), null, "", second.Journal)));

        async Task AddRankAsync(int rank) => ValueOf(await test.MutateAsync("tasks:add", $$"""{"text":"{{rank}}","rank":{{rank}}}"""));
    }

    [Fact, Spec("data-model", 31)]
    public async Task A_given_end_is_reached_whatever_the_sizes_say()
    {
        await using var test = await WithTasksAsync(8);
        var end = CursorOf(await PageAsync(test, pageSize: 6));
        var whole = await PageAsync(test, Ascending, 1, null, end, ",\"maximumRowsRead\":1,\"maximumBytesRead\":1");
        Assert.Equal("0,1,2,3,4,5 more", Show(whole));
        Assert.Equal(end, CursorOf(whole));
    }

    [Fact, Spec("data-model", 33)]
    public async Task A_hundred_rows_that_a_filter_drops_are_gone_through_ten_at_a_time()
    {
        await using var test = await WithTasksAsync(100);
        string? cursor = null;
        for (var call = 0; call < 10; call++)
        {
            var page = JsonNode.Parse(ValueOf((await PageAsync(test, Nothing, 5, cursor, more: ",\"maximumRowsRead\":10")).Outcome))!;
            Assert.Equal(("SplitRequired", false, 0), (page["pageStatus"]!.GetValue<string>(), page["isDone"]!.GetValue<bool>(), page["page"]!.AsArray().Count));
            Assert.NotEqual(cursor, page["continueCursor"]!.GetValue<string>());
            cursor = page["continueCursor"]!.GetValue<string>();
        }

        Assert.Equal(" done", Show(await PageAsync(test, Nothing, 5, cursor, more: ",\"maximumRowsRead\":10")));
    }

    /// <summary>When a page should be split, when it must, and when there is a place for it. Each task is 2 + 38 + 23 + 8 bytes or so; 3/4 of a maximum is much.</summary>
    [Theory]
    [InlineData(2, "", null, false)]
    [InlineData(3, "", null, true)]
    [InlineData(7, ",\"maximumRowsRead\":10", null, true)]
    [InlineData(8, ",\"maximumRowsRead\":10", "SplitRecommended", true)]
    [InlineData(9, ",\"maximumRowsRead\":4", "SplitRequired", true)]
    [InlineData(9, ",\"maximumBytesRead\":1", "SplitRequired", false)]
    [InlineData(9, ",\"maximumBytesRead\":100000", null, true)]
    public async Task A_page_tells_whether_it_should_be_split(int size, string more, string? status, bool hasSplit)
    {
        await using var test = await WithTasksAsync(10);
        var page = JsonNode.Parse(ValueOf((await PageAsync(test, Ascending, size, more: more)).Outcome))!;
        Assert.Equal((status, hasSplit), (page["pageStatus"]?.GetValue<string>(), page["splitCursor"] is not null));
        Assert.False(page["isDone"]!.GetValue<bool>());
        Assert.NotEmpty(page["page"]!.AsArray()); // The first row is read whatever its size, so a page makes progress.
    }

    /// <summary>A limit of the transaction cuts the page off instead of failing the function.</summary>
    [Fact]
    public async Task A_page_that_meets_a_limit_of_the_transaction_must_be_split()
    {
        await using var test = await StartAsync(Functions, data: new() { Transactions = new() { DocumentsRead = 4 } });
        for (var i = 0; i < 6; i++) await AddAsync(test, $"{i}");
        var page = await PageAsync(test, Ascending, 4);
        Assert.Equal(("0,1,2,3 more", "SplitRecommended"), (Show(page), JsonNode.Parse(ValueOf(page.Outcome))!["pageStatus"]!.GetValue<string>()));
        Assert.Equal("Uncaught Error: Requested too many items: 5", (await PageAsync(test, Ascending, 5)).Outcome.Error!.Message);
        var rest = await PageAsync(test, Nothing, 2);
        Assert.Equal((" more", "SplitRequired"), (Show(rest), JsonNode.Parse(ValueOf(rest.Outcome))!["pageStatus"]!.GetValue<string>()));
    }

    [Theory, Spec("data-model", 34)]
    [InlineData(Descending)]
    [InlineData(Nothing)]
    [InlineData("""{"source":{"type":"IndexRange","indexName":"tasks.by_creation_time","range":[],"order":"asc"},"operators":[]}""")]
    [InlineData("""{"source":{"type":"IndexRange","indexName":"tasks.by_creation_time","range":[{"type":"Gt","fieldPath":"_creationTime","value":0}],"order":"asc"},"operators":[]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"others","order":null},"operators":[]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"tasks","order":null},"operators":[{"limit":9}]}""")]
    public async Task A_cursor_or_an_end_of_another_query_is_refused(string other)
    {
        await using var test = await WithTasksAsync(3);
        var cursor = CursorOf(await PageAsync(test, pageSize: 1));
        foreach (var refused in (QueryOutcome[])[await PageAsync(test, other, 1, cursor), await PageAsync(test, other, 1, null, cursor), await RunAsync(test, other, 1, null, null, "", cursor)])
        {
            Assert.Contains("InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.", refused.Outcome.Error!.Message, StringComparison.Ordinal);
            Assert.Equal(InvalidCursorData, Encoding.UTF8.GetString(refused.Outcome.Error.Data!.Value.Span));
        }
    }

    /// <summary>Every character changed, every length, another deployment's, and plain nonsense.</summary>
    [Fact]
    public async Task A_cursor_that_was_tampered_with_is_refused()
    {
        await using var test = await WithTasksAsync(3);
        await using var elsewhere = await WithTasksAsync(3);
        var cursor = CursorOf(await PageAsync(test, pageSize: 1));
        List<string> forged = [CursorOf(await PageAsync(elsewhere, pageSize: 1)), "null", " ", "é", "😀", new string('A', 100_000), cursor + cursor, $" {cursor}", $"{cursor}="];
        for (var at = 0; at < cursor.Length; at++)
        {
            forged.Add($"{cursor[..at]}{(cursor[at] == 'A' ? 'B' : 'A')}{cursor[(at + 1)..]}");
            forged.Add(cursor[..at]);
        }

        foreach (var one in forged)
        {
            var refused = (await PageAsync(test, Ascending, 1, one)).Outcome.Error;
            Assert.True(refused?.Data is { } data && Encoding.UTF8.GetString(data.Span) == InvalidCursorData, $"{one} is accepted or refused in other words: {refused?.Message}");
        }

        Assert.Equal("1 more", Show(await PageAsync(test, Ascending, 1, cursor)));
    }

    /// <summary>A cursor of a later snapshot is a position like any other; an end before the beginning holds nothing.</summary>
    [Fact]
    public async Task A_cursor_from_the_future_and_an_end_in_the_past_give_empty_pages()
    {
        await using var test = await WithTasksAsync(2);
        var past = test.Deployment.Database.Published;
        foreach (var text in (string[])["2", "3"]) await AddAsync(test, text);
        var early = CursorOf(await PageAsync(test, pageSize: 1));
        var late = CursorOf(await PageAsync(test, pageSize: 3));

        test.Functions.Query("tasks:page", call => call.Syscall("1.0/queryPage", Arguments(Ascending, "5", late, null, "")));
        Assert.Equal(" done", Show(await test.Invoker.QueryAsync(Call("tasks:page"), past, Cancellation)));

        var reversed = await PageAsync(test, Ascending, 5, late, early);
        Assert.Equal(" more", Show(reversed));
        Assert.Equal(early, CursorOf(reversed));
        var backwards = (await PageAsync(test, Descending, 1), await PageAsync(test, Descending, 3));
        Assert.Equal(" more", Show(await PageAsync(test, Descending, 5, CursorOf(backwards.Item2), CursorOf(backwards.Item1))));
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

    private static string Quote(string? text) => JsonSerializer.Serialize(text);

    private static string CursorOf(QueryOutcome outcome) => JsonNode.Parse(ValueOf(outcome.Outcome))!["continueCursor"]!.GetValue<string>();

    private static List<string> TextsOf(QueryOutcome outcome) => [.. JsonNode.Parse(ValueOf(outcome.Outcome))!["page"]!.AsArray().Select(task => task!["text"]!.GetValue<string>())];

    private static string Show(QueryOutcome outcome) =>
        $"{string.Join(',', TextsOf(outcome))} {(JsonNode.Parse(ValueOf(outcome.Outcome))!["isDone"]!.GetValue<bool>() ? "done" : "more")}";
}
