using System.Text;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Queries;
using Fresnel.Engine.Transactions;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Queries;

/// <summary>Queries that nobody meant, and ranges that hold nothing: no documents or a typed error; never anything else.</summary>
public sealed class NonsenseQueryTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":null},"operators":[]}""")]
    [InlineData("""{"source":{"type":"IndexRange","indexName":null,"range":[]},"operators":[]}""")]
    [InlineData("""{"source":{"type":"IndexRange","indexName":"t.i","range":[{"type":"Eq","fieldPath":null,"value":1}]},"operators":[]}""")]
    [InlineData("""{"source":{"type":"IndexRange","indexName":"t.i","range":[{"type":"Eq","fieldPath":"a"}]},"operators":[]}""")]
    [InlineData("""{"source":{"type":"IndexRange","indexName":"t.i","range":[null]},"operators":[]}""")]
    [InlineData("""{"source":null,"operators":[]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"t"},"operators":[{"filter":{"$field":null}}]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"t"},"operators":[{"filter":null}]}""")]
    [InlineData("""{"source":{"type":"FullTableScan","tableName":"t"},"operators":null}""")]
    public void What_the_library_would_not_send_is_refused_as_an_argument(string json) =>
        Assert.Equal("InvalidArgument", Assert.Throws<DeveloperException>(() => QueryDefinition.Parse(Encoding.UTF8.GetBytes(json))).Code);

    [Fact]
    public async Task Mutated_queries_are_refused_or_answered()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var db = await ThingsAsync();
        string[] bases =
        [
            """{"source":{"type":"FullTableScan","tableName":"things","order":"desc"},"operators":[{"filter":{"$and":[{"$gte":[{"$field":"n"},{"$literal":1}]},{"$not":{"$eq":[{"$add":[{"$field":"n"},{"$literal":1}]},{"$neg":{"$literal":3}}]}}]}},{"limit":2}]}""",
            """{"source":{"type":"IndexRange","indexName":"things.by_a_n","range":[{"type":"Eq","fieldPath":"a","value":"x"},{"type":"Gt","fieldPath":"n","value":0},{"type":"Lte","fieldPath":"n","value":{"$undefined":null}}],"order":null},"operators":[]}""",
            """{"source":{"type":"IndexRange","indexName":"things.by_creation_time","range":[{"type":"Lt","fieldPath":"_creationTime","value":1e13}],"order":"asc"},"operators":[{"filter":{"$or":[]}}]}""",
        ];
        var codes = new Dictionary<string, int>();
        for (var i = 0; i < 6_000; i++)
        {
            var json = JsonMutations.Mutate(bases[i % bases.Length], random);
            for (var more = random.Next(3); more > 0; more--) json = JsonMutations.Mutate(json, random);
            using var reader = db.Database.BeginRead();
            var code = "answered";
            try
            {
                await RunAsync(reader, json);
            }
            catch (DeveloperException refused)
            {
                code = refused.Code;
            }
            catch (Exception other)
            {
                Assert.Fail($"Seed {seed}: {other.GetType().Name}: {other.Message}\n{json}");
            }

            codes[code] = codes.GetValueOrDefault(code) + 1;
        }

        foreach (var (code, count) in codes.OrderByDescending(pair => pair.Value)) output.WriteLine($"{count,7} {code}");
        Assert.True(codes.Count > 8, "The mutations reach too little.");
    }

    [Theory]
    [InlineData("""{"type":"Gt","fieldPath":"a","value":"b"},{"type":"Lt","fieldPath":"a","value":"a"}""", "")] // reversed
    [InlineData("""{"type":"Gte","fieldPath":"a","value":"x"},{"type":"Lt","fieldPath":"a","value":"x"}""", "")] // empty
    [InlineData("""{"type":"Gt","fieldPath":"a","value":"x"},{"type":"Lte","fieldPath":"a","value":"x"}""", "")]
    [InlineData("""{"type":"Lt","fieldPath":"a","value":{"$undefined":null}}""", "")] // below everything
    [InlineData("""{"type":"Gt","fieldPath":"a","value":{"zz":1}}""", "")] // above everything
    [InlineData("""{"type":"Eq","fieldPath":"a","value":{"$undefined":null}}""", "4")] // a missing field
    [InlineData("""{"type":"Eq","fieldPath":"a","value":null}""", "5")]
    [InlineData("""{"type":"Lte","fieldPath":"a","value":null}""", "4 5")]
    [InlineData("""{"type":"Eq","fieldPath":"a","value":"x"},{"type":"Eq","fieldPath":"n","value":{"$undefined":null}}""", "")]
    [InlineData("""{"type":"Eq","fieldPath":"a","value":"x"},{"type":"Gt","fieldPath":"n","value":2},{"type":"Lt","fieldPath":"n","value":1}""", "")]
    public async Task A_range_that_is_reversed_empty_or_over_missing_fields_finds_what_it_holds_and_conflicts_with_nothing_else(string range, string expected)
    {
        await using var db = await ThingsAsync();
        foreach (var order in (string[])["asc", "desc"])
        {
            var transaction = db.Database.BeginWrite();
            var found = await RunAsync(transaction, $$"""{"source":{"type":"IndexRange","indexName":"things.by_a_n","range":[{{range}}],"order":"{{order}}"},"operators":[]}""");
            Assert.Equal(expected, string.Join(' ', order == "asc" ? found : found.AsEnumerable().Reverse()));

            // What an empty range read is nothing: a writer in between is not in its way.
            await transaction.Insert("log");
            await db.InsertAsync("things", ("a", "c"), ("n", Value.Float64(7)));
            Assert.Equal(CommitOutcome.Committed, (await db.CommitAsync(transaction)).Outcome);
        }
    }

    private static async Task<TestDatabase> ThingsAsync()
    {
        var db = await TestDatabase.OpenAsync();
        await db.CreateTableAsync("things", ("by_a_n", ["a", "n"]));
        await db.CreateTableAsync("log");
        for (var n = 1; n < 4; n++) await db.InsertAsync("things", ("a", "x"), ("n", Value.Float64(n)));
        await db.InsertAsync("things", ("n", Value.Float64(4)));
        await db.InsertAsync("things", ("a", Value.Null), ("n", Value.Float64(5)));
        return db;
    }

    private static async Task<List<double>> RunAsync(Transaction transaction, string json)
    {
        var stream = QueryStream.Open(transaction, "", QueryDefinition.Parse(Encoding.UTF8.GetBytes(json)));
        var found = new List<double>();
        while (await stream.NextAsync(TransactionWords.Token) is { } document) found.Add(document.Fields["n"].AsFloat64());
        return found;
    }
}
