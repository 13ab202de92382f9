using System.Globalization;
using Fresnel.Runtime.Tests.Node;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary>Limits of functions, each as an option: <c>spec/function-runtime.md</c> §6.</summary>
public sealed class FunctionLimitTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    [Theory]
    [InlineData(8)]
    [InlineData(3)]
    [InlineData(0)]
    public async Task Calls_within_calls(int most)
    {
        var deepest = 0;
        await using var test = await StartAsync(
            new FakeFunctions().Query("deep:go", async call =>
            {
                var depth = int.Parse(call.Argument, CultureInfo.InvariantCulture);
                deepest = Math.Max(deepest, depth);
                return await call.Run("query", "deep:go", $"[{depth + 1}]");
            }),
            new FunctionLimits { NestedCalls = most });
        Assert.Contains(
            "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
            (await test.QueryAsync("deep:go", "[0]")).Error!.Message,
            StringComparison.Ordinal);
        Assert.Equal(most, deepest);
    }

    [Fact]
    public async Task Operations_at_once_in_a_mutation() => await InMutationAsync(
        async call =>
        {
            var release = new TaskCompletionSource();
            // The first has its turn and keeps it; the others wait in line.
            var held = ((Runtime.Invocations.TransactionScope)call.Invocation.Scope).InTurnAsync(async (_, _) => { await release.Task; return 0; }, call.CancellationToken);
            var waiting = Enumerable.Range(0, 5).Select(_ => call.Syscall("1.0/count", """{"table":"t"}""")).ToList();
            Assert.Equal(
                "TooManyConcurrentOperations: Too many concurrent operations. See https://docs.convex.dev/functions/actions#limits for more information.",
                await RefusalAsync(() => call.Syscall("1.0/count", """{"table":"t"}""")));
            release.SetResult();
            await held;
            Assert.All(await Task.WhenAll(waiting), count => Assert.Equal("0", count));
        },
        new FunctionLimits { ConcurrentOperations = 5 });

    [Fact]
    public async Task Operations_at_once_and_log_lines_in_a_worker()
    {
        var code = RunnerFixture.Code("""
            export const queryMany = query(async () => {
              const calls = Array.from({ length: 8 }, () => Convex.asyncSyscall("echo", "1"));
              return (await Promise.allSettled(calls)).map((call) => call.status === "fulfilled" ? 1 : call.reason.message.slice(0, 30));
            });
            export const queryLog = query(() => { for (let at = 0; at < 9; at++) console.log("é".repeat(at * 3)); });
            """);
        await using var runner = new NodeRunnerWith(node, limits => limits with { ConcurrentOperations = 6, LogLines = 4, LogLineBytes = 10 });
        var result = await runner.RunAsync(code, "queryMany");
        Assert.Equal("""[1,1,1,1,1,1,"Too many concurrent operations","Too many concurrent operations"]""", System.Text.Encoding.UTF8.GetString(result.Value.Span));

        var scope = new FakeScope();
        await runner.RunAsync(code, "queryLog", scope);
        Assert.Equal(
            ["[LOG] ''", "[LOG] 'ééé'", "[LOG] 'éééé (truncated due to length)", "[ERROR] Log overflow (maximum 4). Remaining log lines omitted."],
            scope.Lines.Select(line => line.Pretty));
    }

    [Fact]
    public async Task Log_lines_of_a_tree()
    {
        await using var test = await StartAsync(
            new FakeFunctions()
                .Query("log:inner", call => { for (var at = 0; at < 3; at++) call.Log("inner"); return Task.FromResult("null"); })
                .Query("log:outer", async call => { call.Log("outer"); await call.Run("query", "log:inner"); await call.Run("query", "log:inner"); call.Log("late"); return "null"; }),
            new FunctionLimits { LogLines = 5, LogLineBytes = 6 });
        Assert.Equal(
            ["[LOG] 'outer (truncated due to length)", "[LOG] 'inner (truncated due to length)", "[LOG] 'inner (truncated due to length)", "[LOG] 'inner (truncated due to length)", "[ERROR] Log overflow (maximum 5). Remaining log lines omitted."],
            (await test.QueryAsync("log:outer")).LogLines.Select(line => line.Pretty));
    }

    [Fact]
    public async Task Arguments_of_actions_in_node()
    {
        await using var test = await StartAsync(
            new FakeFunctions().Action("big:isolate", _ => Task.FromResult("1")).Action("node:big", _ => Task.FromResult("1")),
            new FunctionLimits { ArgumentBytes = 2_000, NodeArgumentBytes = 1_000 },
            nodeModule: "node");
        var args = $$"""{"text":"{{new string('x', 1_500)}}"}""";
        Assert.Equal("1", ValueOf(await test.ActAsync("big:isolate", args)));
        Assert.StartsWith("Arguments for node.js:big are too large (actual: 1.47 KiB, limit: 1000 B)", (await test.ActAsync("node:big", args)).Error!.Message, StringComparison.Ordinal);
    }
}
