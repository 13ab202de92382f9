using System.Text.Json.Nodes;
using Fresnel.Testing;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary>The anomalies that serialisable mutations never show: another mutation is run whole between the reads and the writes of the first.</summary>
public sealed class SerializableMutationTests
{
    private const string Busy = """[{"type":"Eq","fieldPath":"busy","value":true}]""";

    [Fact, Spec("data-model", 48)]
    public async Task Of_two_doctors_on_call_one_stays()
    {
        var (outcome, runs, test) = await InterleaveAsync("leave", """{"name":"ada"}""", "leave", """{"name":"bob"}""");
        await using var _ = test;
        Assert.Equal(("\"stays\"", 2), (outcome, runs));
        Assert.Equal("ada", await BusyAsync(test));
    }

    [Fact, Spec("data-model", 49)]
    public async Task A_count_of_a_range_knows_of_what_was_inserted_into_it()
    {
        var (outcome, runs, test) = await InterleaveAsync("count", "{}", "add", """{"name":"eve"}""");
        await using var _ = test;
        Assert.Equal(("3", 2), (outcome, runs));
    }

    [Fact, Spec("data-model", 51)]
    public async Task A_count_of_a_range_knows_of_what_was_moved_out_of_it()
    {
        var (outcome, runs, test) = await InterleaveAsync("count", "{}", "rest", """{"name":"bob"}""");
        await using var _ = test;
        Assert.Equal(("1", 2), (outcome, runs));
    }

    [Fact, Spec("data-model", 50)]
    public async Task Two_that_only_insert_are_not_in_each_others_way()
    {
        var (_, runs, test) = await InterleaveAsync("add", """{"name":"eve"}""", "add", """{"name":"max"}""");
        await using var __ = test;
        Assert.Equal(1, runs);
        Assert.Equal("ada bob eve max", await BusyAsync(test));
    }

    /// <summary>Runs the second mutation whole when the first one has read, in its first run.</summary>
    private static async Task<(string Outcome, int Runs, TestDeployment Test)> InterleaveAsync(string first, string firstArgument, string second, string secondArgument)
    {
        var between = default(Func<Task>);
        var runs = 0;
        var functions = new FakeFunctions()
            .Mutation("doctors:leave", async call =>
            {
                var busy = JsonNode.Parse(await call.Collect("doctors", "by_busy", Busy))!.AsArray();
                await PauseAsync(call);
                if (busy.Count < 2) return "\"stays\"";
                await RestAsync(call, busy);
                return "\"left\"";
            })
            .Mutation("doctors:rest", async call =>
            {
                await RestAsync(call, JsonNode.Parse(await call.Collect("doctors"))!.AsArray());
                return "null";
            })
            .Mutation("doctors:add", async call =>
            {
                await call.Insert("doctors", $$"""{"name":"{{NameIn(call)}}","busy":true}""");
                await PauseAsync(call);
                return "null";
            })
            .Mutation("doctors:count", async call =>
            {
                var count = JsonNode.Parse(await call.Collect("doctors", "by_busy", Busy))!.AsArray().Count;
                await PauseAsync(call);
                await call.Insert("counts", $$"""{"count":{{count}}}""");
                return $"{count}";
            })
            .Query("doctors:busy", call => call.Collect("doctors", "by_busy", Busy));
        var test = await StartAsync(functions);
        await test.CreateTableAsync("doctors", "by_busy", "busy");
        foreach (var name in (string[])["ada", "bob"]) ValueOf(await test.MutateAsync("doctors:add", $$"""{"name":"{{name}}"}"""));

        runs = 0;
        between = async () => ValueOf(await test.MutateAsync($"doctors:{second}", secondArgument));
        var outcome = ValueOf(await test.MutateAsync($"doctors:{first}", firstArgument));
        return (outcome, runs, test);

        async Task PauseAsync(FakeCall call)
        {
            if (call.Argument != firstArgument) return;
            runs++;
            var now = between;
            between = null;
            if (now is not null) await now();
        }
    }

    private static Task<string> RestAsync(FakeCall call, JsonArray doctors)
    {
        var id = doctors.Single(doctor => doctor!["name"]!.GetValue<string>() == NameIn(call))!["_id"]!.GetValue<string>();
        return call.Syscall("1.0/shallowMerge", $$$"""{"id":"{{{id}}}","value":{"busy":false}}""");
    }

    private static string NameIn(FakeCall call) => JsonNode.Parse(call.Argument)!["name"]!.GetValue<string>();

    private static async Task<string> BusyAsync(TestDeployment test) =>
        string.Join(' ', JsonNode.Parse(ValueOf(await test.QueryAsync("doctors:busy")))!.AsArray().Select(doctor => doctor!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal));
}
