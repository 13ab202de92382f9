using Fresnel.Testing;
using Fresnel.Values;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Values in, values out, and syscalls between.</summary>
public sealed class InvocationTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    [Fact]
    [Spec("function-runtime", 2)]
    public async Task A_handler_that_returns_nothing_gives_null() =>
        Assert.Equal("null", await node.ValueOf(Code("export const queryNothing = query(() => {});"), "queryNothing"));

    [Fact]
    public async Task Arguments_and_results_pass_as_text()
    {
        var code = Code("export const mutationEcho = mutation((_, args) => args);");
        Assert.Equal("""{"a":[1,"ü😀"]}""", await node.ValueOf(code, "mutationEcho", """{"a":[1,"ü😀"]}"""));
    }

    [Fact]
    public async Task Syscalls_of_a_mutation_run_one_at_a_time_in_the_order_of_issue()
    {
        var running = 0;
        var scope = new FakeScope
        {
            Answer = async (_, text, _) =>
            {
                Assert.Equal(1, Interlocked.Increment(ref running));
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return text;
            },
        };
        var code = Code("export const mutationMany = mutation((context) => Promise.all([1, 2, 3].map((n) => context.call('echo', { n }))));");

        Assert.Equal("""[{"n":1},{"n":2},{"n":3}]""", await node.ValueOf(code, "mutationMany", scope: scope));
        Assert.Equal(["""echo {"n":1}""", """echo {"n":2}""", """echo {"n":3}"""], scope.Calls);
    }

    [Fact]
    public async Task Syscalls_that_nobody_awaited_are_done_before_the_result_counts()
    {
        var scope = new FakeScope { Answer = async (_, text, _) => { await Task.Yield(); return text; } };
        await node.ValueOf(Code("export const mutationForget = mutation((context) => { context.call('echo', 1); context.call('echo', 2); });"), "mutationForget", scope: scope);
        Assert.Equal(2, scope.Calls.Count);
    }

    [Fact]
    public async Task A_developer_error_of_a_syscall_can_be_caught()
    {
        var scope = new FakeScope { Answer = (_, _, _) => throw new DeveloperException("Nope", "no such thing", "{\"code\":7}"u8.ToArray()) };
        var code = Code("""
            export const queryCatch = query(async (context) => {
              try { await context.call("1.0/get", {}); } catch (error) { return [error.message, error.data]; }
            });
            """);
        Assert.Equal("""["{\"code\":7}",{"code":7}]""", await node.ValueOf(code, "queryCatch", scope: scope));
    }

    [Fact]
    public async Task Queries_are_opened_and_closed_without_a_round_trip()
    {
        var scope = new FakeScope();
        var code = Code("""
            export const queryStream = query(async (context) => {
              const { queryId } = context.ask("1.0/queryStream", { query: {}, version: "1" });
              await context.call("1.0/queryStreamNext", { queryId });
              return [queryId, context.ask("1.0/queryCleanup", { queryId }), context.ask("1.0/queryCleanup", { queryId: 9 })];
            });
            """);

        Assert.Equal("[0,true,false]", await node.ValueOf(code, "queryStream", scope: scope));
        Assert.Equal(["""open 0 {"query":{},"version":"1"}""", """1.0/queryStreamNext {"queryId":0}""", "close 0"], scope.Calls);
    }

    [Fact]
    [Spec("function-runtime", 23)]
    public async Task Ids_are_normalized_in_the_worker_also_for_a_table_made_by_an_insert()
    {
        const string User = "j57020g30g2gc1r81450p30d1r7h0swg", Task = "j97020g30g2gc1r81450p30d1r7h0t52";
        var scope = new FakeScope { Answer = (_, _, _) => new($$"""{"_id":"{{Task}}"}""") };
        var code = Code($$"""
            export const mutationIds = mutation(async (context) => {
              const normalize = (table, idString) => context.ask("1.0/db/normalizeId", { table, idString }).id;
              const before = normalize("tasks", "{{Task}}");
              await context.call("1.0/insert", { table: "tasks", value: {} });
              return [before, normalize("tasks", "{{Task}}"), normalize("users", "{{User}}"), normalize("users", "{{Task}}"), normalize("users", "zzz")];
            });
            """);
        Assert.Equal($"""[null,"{Task}","{User}",null,null]""", await node.ValueOf(code, "mutationIds", scope: scope));
        // The engine is told of each, to note what the answer depends on.
        Assert.Equal(5, scope.Calls.Count(call => call.StartsWith("1.0/db/normalizeId ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_snapshot_timestamp_is_known_in_the_worker()
    {
        var result = await node.RunAsync(Code("export const querySnapshot = query((context) => context.ask('1.0/getSnapshotTs', {}));"), "querySnapshot");
        Assert.Equal("{\"$integer\":\"KgAAAAAAAAA=\"}", System.Text.Encoding.UTF8.GetString(result.Value.Span));
        Assert.True(result.ObservedTime);
    }

    [Fact]
    [Spec("function-runtime", 43)]
    public async Task Sixty_four_invocations_run_side_by_side_in_one_worker_and_never_mix()
    {
        var code = Code("""
            export const queryMix = query(async (context, { n }) => {
              const seen = [];
              for (let round = 0; round < 6; round++) {
                console.log(n);
                seen.push([Date.now(), Math.random(), (await context.call("echo", { n, round })).n]);
              }
              return seen;
            });
            """);
        async Task<(string Value, List<string> Lines)> RunAsync(int n)
        {
            var scope = new FakeScope { Answer = async (_, text, _) => { await Task.Yield(); return text; } };
            var value = await node.ValueOf(code, "queryMix", $$"""{"n":{{n}}}""", scope, sketch => (sketch.Now, sketch.Seed) = (n, Seed(n)));
            return (value, [.. scope.Lines.Select(line => line.Pretty)]);
        }

        var alone = new List<(string Value, List<string> Lines)>();
        for (var n = 0; n < 64; n++) alone.Add(await RunAsync(n));
        var together = await Task.WhenAll(Enumerable.Range(0, 64).Select(RunAsync));

        Assert.Equal(alone.Select(one => one.Value), together.Select(one => one.Value));
        Assert.Equal(64, alone.Select(one => one.Value).Distinct().Count());
        for (var n = 0; n < 64; n++) Assert.Equal(Enumerable.Repeat($"[LOG] {n}", 6), together[n].Lines);
    }
}
