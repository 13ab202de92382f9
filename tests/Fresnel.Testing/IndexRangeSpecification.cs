using System.Text;
using System.Text.Json;
using Fresnel.Engine;
using Fresnel.Engine.Queries;
using Fresnel.Engine.Stores;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Testing;

/// <summary>The ranges of <c>tests/vectors/index-ranges.json</c>, asked of a database over a store, in both directions. Each store derives from it.</summary>
public abstract class IndexRangeSpecification
{
    private const string Table = "things";

    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.PathOf("tests/vectors/index-ranges.json"))).RootElement;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A store with nothing in it.</summary>
    protected abstract ICommitStore CreateEmpty();

    /// <summary>The same data in a store opened anew.</summary>
    protected abstract ICommitStore Reopen(ICommitStore closed);

    /// <summary>All cases, from memory and from pages that were read back.</summary>
    [Fact, Spec("data-model", 19, 20)]
    public async Task Ranges_find_what_is_listed_in_both_directions()
    {
        var store = CreateEmpty();
        await using (var database = await Database.OpenAsync(store, new DatabaseOptions(), Token))
        {
            await FillAsync(database);
            await CheckAsync(database);
            await database.CheckpointAsync(Token);
        }

        await using var again = await Database.OpenAsync(Reopen(store), new DatabaseOptions(), Token);
        await CheckAsync(again);
    }

    private static async Task FillAsync(Database database)
    {
        var transaction = database.BeginWrite();
        var table = transaction.CreateTable("", Table);
        transaction.EnableIndex(transaction.CreateIndex(table, "by_x", [FieldPath.Parse("x")]));

        // From the last to the first, so that no order is right by chance; what is undefined is a missing field.
        foreach (var document in Vectors.GetProperty("docs").EnumerateArray().Reverse())
        {
            var fields = ValueObject.Create(
                ("name", document.GetProperty("name").GetString()!), ("x", ValueJson.Parse(document.GetProperty("x"), ValueJsonOptions.AllowUndefined)));
            await transaction.InsertAsync(transaction.FindTable("", Table)!, fields, Token);
        }

        var commit = await database.SubmitAsync(transaction, Token);
        await commit.Published.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    private static async Task CheckAsync(Database database)
    {
        using var reader = database.BeginRead();
        foreach (var item in Vectors.GetProperty("cases").EnumerateArray())
        {
            var range = string.Join(',', item.GetProperty("range").EnumerateArray().Select(Bound));
            string[] expected = [.. item.GetProperty("expect").EnumerateArray().Select(name => name.GetString()!)];
            foreach (var order in (string[])["asc", "desc"])
            {
                var json = $$"""{"source":{"type":"IndexRange","indexName":"{{Table}}.by_x","range":[{{range}}],"order":"{{order}}"},"operators":[]}""";
                var stream = QueryStream.Open(reader, "", QueryDefinition.Parse(Encoding.UTF8.GetBytes(json)));
                var found = new List<string>();
                while (await stream.NextAsync(Token) is { } document) found.Add(document.Fields["name"].AsString());
                Assert.True(
                    found.SequenceEqual(order == "asc" ? expected : expected.Reverse()), $"{item.GetProperty("name").GetString()}, {order}: {string.Join(' ', found)}");
            }
        }
    }

    private static string Bound(JsonElement bound)
    {
        var op = bound.GetProperty("op").GetString()!;
        return $$"""{"type":"{{char.ToUpperInvariant(op[0])}}{{op[1..]}}","fieldPath":"x","value":{{bound.GetProperty("value").GetRawText()}}}""";
    }
}
