using System.Diagnostics;
using Fresnel.Engine.Schema;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests.Schema;

/// <summary>Schemas that nobody meant: refused with a typed error, or understood; never anything else.</summary>
public sealed class NonsenseSchemaTests(ITestOutputHelper output)
{
    private const string Table = """{"tables":[{"tableName":"t","indexes":[{"indexDescriptor":"by_a","fields":["a","b.c"]}],"stagedDbIndexes":[{"indexDescriptor":"by_b","fields":["b"]}],"searchIndexes":[{"indexDescriptor":"s","searchField":"a","filterFields":["b"]}],"vectorIndexes":[{"indexDescriptor":"v","vectorField":"v","dimensions":3,"filterFields":["b"]}],"documentType":{"type":"any"}}],"schemaValidation":true}""";

    [Theory]
    [InlineData("""{"tables":[{"tableName":null,"indexes":[]}]}""")]
    [InlineData("""{"tables":[{"tableName":"t","indexes":[{"indexDescriptor":null,"fields":["a"]}]}]}""")]
    [InlineData("""{"tables":[{"tableName":"t","indexes":[{"indexDescriptor":"i","fields":[null]}]}]}""")]
    [InlineData("""{"tables":[{"tableName":"t","indexes":[{"indexDescriptor":"i","fields":"a"}]}]}""")]
    [InlineData("""{"tables":[{"tableName":"t","indexes":[{"indexDescriptor":"i"}]}]}""")]
    [InlineData("""{"tables":[{"tableName":"t","indexes":[null]}]}""")]
    [InlineData("""{"tables":[{"tableName":"t","indexes":[],"searchIndexes":[{"indexDescriptor":"s","searchField":null}]}]}""")]
    [InlineData("""{"tables":[{"tableName":"t","indexes":[],"searchIndexes":[{"indexDescriptor":"s","searchField":"a","filterFields":[null]}]}]}""")]
    [InlineData("""{"tables":[{"tableName":"t","indexes":[],"vectorIndexes":[{"indexDescriptor":"v","vectorField":"v","dimensions":null}]}]}""")]
    [InlineData("""{"tables":[null]}""")]
    public void What_defineSchema_would_not_export_is_refused_as_such(string json) =>
        Assert.Equal("InvalidSchema", Assert.Throws<DeveloperException>(() => SchemaDefinition.Parse(json)).Code);

    /// <summary>Ten thousand schemas of several indexes each; a run of a hundred thousand found no more.</summary>
    [Fact]
    public void Nonsense_definitions_are_refused_or_understood()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] bases = [Table, File.ReadAllText(RepositoryFiles.PathOf("tests/vectors/schema.json"))];
        var codes = new Dictionary<string, int>();
        for (var i = 0; i < 10_000; i++)
        {
            var json = JsonMutations.Mutate(bases[i % 10 == 0 ? 1 : 0], random);
            for (var more = random.Next(3); more > 0; more--) json = JsonMutations.Mutate(json, random);
            var code = "understood";
            try
            {
                var schema = SchemaDefinition.Parse(json);
                Assert.All(schema.Tables.SelectMany(table => table.DatabaseIndexes), index => Assert.InRange(index.Fields.Length, 1, 15));
            }
            catch (DeveloperException refused)
            {
                code = refused.Code;
            }
            catch (Exception other) when (other is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"Seed {seed}: {other.GetType().Name}: {other.Message}\n{json}");
            }

            codes[code] = codes.GetValueOrDefault(code) + 1;
        }

        foreach (var (code, count) in codes.OrderByDescending(pair => pair.Value)) output.WriteLine($"{count,7} {code}");
        Assert.True(codes.Count > 10, "The mutations reach too little.");
    }

    /// <summary>Their number is looked at before they are compared with each other.</summary>
    [Fact]
    public void A_table_with_a_hundred_thousand_indexes_is_refused_soon()
    {
        var json = $$"""{"tables":[{"tableName":"t","indexes":[{{string.Join(',', Enumerable.Range(0, 100_000).Select(i => $$"""{"indexDescriptor":"i{{i}}","fields":["f{{i}}"]}"""))}}]}]}""";
        var clock = Stopwatch.StartNew();
        Assert.Equal("Table \"t\" cannot have more than 64 indexes.", Assert.Throws<DeveloperException>(() => SchemaDefinition.Parse(json)).Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
    }

    [Fact]
    public void Sixteen_declared_fields_are_one_too_many_since_the_creation_time_counts()
    {
        static string Schema(int count) => $$"""{"tables":[{"tableName":"t","indexes":[{"indexDescriptor":"i","fields":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"f{i}\""))}}]}]}]}""";
        Assert.Equal(17, SchemaDefinition.Parse(Schema(15)).Tables[0].DatabaseIndexes.Single().KeyFields.Length);
        var refused = Assert.Throws<DeveloperException>(() => SchemaDefinition.Parse(Schema(16)));
        Assert.Equal("IndexTooManyFields: In table \"t\": Indexes may have up to 16 fields.", $"{refused.Code}: {refused.Message}");
        Assert.Equal(16, SchemaDefinition.Parse(Schema(16), new() { FieldsPerIndex = 17 }).Tables[0].DatabaseIndexes.Single().Fields.Length);
        Assert.Equal(
            "Table \"t\" cannot have more than 1 indexes.",
            Assert.Throws<DeveloperException>(() => SchemaDefinition.Parse(
                """{"tables":[{"tableName":"t","indexes":[{"indexDescriptor":"i","fields":["a"]}],"stagedDbIndexes":[{"indexDescriptor":"j","fields":["b"]}]}]}""", new() { IndexesPerTable = 1 })).Message);
    }
}
