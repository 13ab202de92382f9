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
}
