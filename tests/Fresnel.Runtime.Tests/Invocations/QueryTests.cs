using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class QueryTests
{
    [Fact]
    public async Task A_query_reads_what_a_mutation_wrote()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("tasks:add", async call => $"\"{await call.Insert("tasks", """{"title":"Milk"}""")}\"")
            .Query("tasks:list", call => call.Collect("tasks")));

        Assert.Equal("[]", ValueOf(await test.QueryAsync("tasks:list")));
        var id = ValueOf(await test.MutateAsync("tasks:add"));
        var list = ValueJson.Parse(System.Text.Encoding.UTF8.GetBytes(ValueOf(await test.QueryAsync("tasks:list")))).AsArray().ToArray();
        var task = Assert.Single(list).AsObject();
        Assert.Equal(id.Trim('"'), task["_id"].AsString());
        Assert.Equal("Milk", task["title"].AsString());
    }

    [Fact]
    public async Task Table_numbers_are_one_object_as_long_as_the_tables_are_the_same_and_only_a_look_up_is_a_dependency()
    {
        var seen = new List<IReadOnlyDictionary<string, uint>>();
        await using var test = await StartAsync(new FakeFunctions()
            .Query("ids:look", call =>
            {
                seen.Add(call.Invocation.Scope.TableNumbers);
                return Task.FromResult("1");
            })
            .Query("ids:normalize", call => call.Syscall("1.0/db/normalizeId", """{"table":"tasks","idString":"zzzzzzrfzzzzzzzzzzzzzzzzzzzzzzzzzzxjj"}"""))
            .Mutation("tasks:add", async call => $"\"{await call.Insert("tasks", "{}")}\""));

        var looked = await test.Invoker.QueryAsync(Call("ids:look"), null, Cancellation);
        var normalized = await test.Invoker.QueryAsync(Call("ids:normalize"), null, Cancellation);
        await test.QueryAsync("ids:look");
        Assert.Same(seen[0], seen[1]);

        ValueOf(await test.MutateAsync("tasks:add"));
        await test.QueryAsync("ids:look");
        Assert.NotSame(seen[0], seen[2]);
        Assert.Equal(10_001u, seen[2]["tasks"]);

        var keys = CatalogKeysOf(normalized).Except(CatalogKeysOf(looked));
        Assert.Single(keys);

        static IEnumerable<string> CatalogKeysOf(QueryOutcome outcome) =>
            outcome.Reads.Intervals.Select(interval => $"{interval.Index} {Convert.ToHexString(interval.Interval.Lower.Span)}");
    }
}
