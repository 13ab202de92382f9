using System.Net;
using System.Net.Sockets;
using Fresnel.Runtime.Catalog;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Operations that an action did not wait for: <c>spec/function-runtime.md</c> §7.2.</summary>
public sealed class UnawaitedTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private const string Help = "or they might not run. See https://docs.convex.dev/functions/actions#dangling-promises for more information.";

    private const string Source = """
        const forget = (context, ...operations) => {
          for (const operation of operations) context.call(`1.0/${operation}`, { requestId: context.requestId }).catch(() => {});
        };
        export const actionOne = action((context) => forget(context, "actions/schedule"));
        export const actionSome = action((context, { url }) => {
          forget(context, "actions/mutation", "actions/query", "actions/mutation", "actions/action", "actions/cancel_job", "getUserIdentity");
          fetch(url).catch(() => {});
        });
        export const actionFails = action((context) => { forget(context, "actions/mutation"); throw new Error("boom"); });
        export const actionTimers = action(() => { setTimeout(() => {}, 1e6); setInterval(() => {}, 1e6); });
        export const actionAwaits = action(async (context) => { await context.call("echo", { requestId: context.requestId }); });
        """;

    [Fact]
    public async Task In_the_default_runtime_one_line_names_them_all()
    {
        var code = Code(Source);
        Assert.Equal([$"[WARN] 1 unawaited operation: [schedule]. Async operations should be awaited {Help}"], await WarningsAsync(code, "actionOne"));
        Assert.Equal(
            [$"[WARN] 7 unawaited operations: [runMutation, runQuery, runMutation, runAction, cancel, getUserIdentity, fetch]. Async operations should be awaited {Help}"],
            await WarningsAsync(code, "actionSome"));
        Assert.Equal([$"[WARN] 1 unawaited operation: [runMutation]. Async operations should be awaited {Help}"], await WarningsAsync(code, "actionFails", "Uncaught Error: boom"));
    }

    /// <summary>There <c>fetch</c> is Node's own, and nobody counts it.</summary>
    [Fact]
    public async Task In_Node_each_kind_of_them_has_its_line()
    {
        var code = NodeCode(Source);
        Assert.Equal([Outstanding("schedule")], await WarningsAsync(code, "actionOne"));
        Assert.Equal(
            [Outstanding("mutation"), Outstanding("query"), Outstanding("action"), Outstanding("cancel"), Outstanding("getUserIdentity")], await WarningsAsync(code, "actionSome"));
        Assert.Equal([Outstanding("mutation")], await WarningsAsync(code, "actionFails", "Uncaught Error: boom"));

        static string Outstanding(string kind) => $"[WARN] You have an outstanding {kind} call. Operations should be awaited {Help}";
    }

    [Fact]
    public async Task Timers_and_what_was_awaited_do_not_count()
    {
        foreach (var code in new[] { Code(Source), NodeCode(Source) })
        {
            Assert.Empty(await WarningsAsync(code, "actionTimers"));
            var scope = new FakeScope();
            await node.ValueOf(code, "actionAwaits", scope: scope);
            Assert.Empty(scope.Lines);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_issued_completes_and_nobody_hears_of_it(bool inNode)
    {
        var (release, completed) = (new TaskCompletionSource(), new TaskCompletionSource());
        var scope = new FakeScope
        {
            Answer = async (_, text, cancellationToken) =>
            {
                await release.Task.WaitAsync(cancellationToken);
                completed.SetResult();
                return text;
            },
        };
        await node.ValueOf(inNode ? NodeCode(Source) : Code(Source), "actionOne", scope: scope);
        release.SetResult();
        await completed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Single(scope.Calls);
    }

    /// <summary>What is logged when no operation is ever answered.</summary>
    private async Task<string[]> WarningsAsync(ComponentCode code, string export, string? error = null)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var never = new TaskCompletionSource<string>();
        var scope = new FakeScope { Answer = (_, _, _) => new(never.Task) };
        var result = await node.RunAsync(code, export, $$"""{"url":"http://127.0.0.1:{{((IPEndPoint)silent.LocalEndpoint).Port}}/"}""", scope);
        Assert.Equal(error, result.Error?.Message);
        return [.. scope.Lines.Select(line => line.Pretty)];
    }
}
