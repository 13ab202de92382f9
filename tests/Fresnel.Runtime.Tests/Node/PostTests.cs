using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Which writes a worker posts, and what becomes of one that the engine refuses.</summary>
public sealed class PostTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private const string Source = """
        export const mutationPatch = mutation(async (ctx) => [await ctx.call("1.0/shallowMerge", { id: "x" })]);
        export const mutationThrows = mutation(async (ctx) => { await ctx.call("1.0/remove", { id: "x" }); throw new Error("later"); });
        export const mutationInserts = mutation(async (ctx) => [await ctx.call("1.0/insert", { _id: "x" })]);
        """;

    [Fact]
    public async Task A_write_is_posted_where_that_is_allowed_and_answered_where_it_is_not()
    {
        Assert.Equal("[null]", await node.ValueOf(Code(Source), "mutationPatch", adjust: sketch => sketch.MayPost = true));
        Assert.Equal("""[{"id":"x"}]""", await node.ValueOf(Code(Source), "mutationPatch"));
    }

    [Fact]
    public async Task What_has_a_result_is_waited_for() =>
        Assert.Equal("""[{"_id":"x"}]""", await node.ValueOf(Code(Source), "mutationInserts", adjust: sketch => sketch.MayPost = true));

    [Fact]
    public async Task Code_that_makes_syscalls_by_hand_is_answered()
    {
        var code = Code(Source + """export const mutationByHand = mutation(async () => JSON.parse(await Convex.asyncSyscall("1.0/shallowMerge", '{"id":"y"}')));""");
        Assert.Equal("""{"id":"y"}""", await node.ValueOf(code, "mutationByHand", adjust: sketch => sketch.MayPost = true));
    }

    [Theory]
    [InlineData("mutationPatch", false)]
    [InlineData("mutationPatch", true)]
    [InlineData("mutationThrows", false)]
    [InlineData("mutationThrows", true)]
    public async Task A_refused_one_ends_the_run_however_the_function_went_on(string export, bool late)
    {
        var scope = new FakeScope
        {
            Answer = async (_, _, _) =>
            {
                if (late) await Task.Yield();
                throw new DeveloperException("Refused", "It is refused.");
            },
        };
        var ended = await Assert.ThrowsAsync<InvocationAbandonedException>(() => node.RunAsync(Code(Source), export, scope: scope, adjust: sketch => sketch.MayPost = true));
        Assert.Equal((AbandonReason.PostRefused, "It is refused."), (ended.Reason, ended.Message));
    }

    [Fact]
    public async Task Code_that_wraps_syscalls_of_its_own_is_answered()
    {
        var code = Code(Source + """
            const ask = async (operation, args) => { const answer = await Convex.asyncSyscall(operation, JSON.stringify(args)); return JSON.parse(answer); };
            export const mutationWrapped = mutation(async () => ask("1.0/shallowMerge", { id: "y" }));
            """);
        Assert.Equal("""{"id":"y"}""", await node.ValueOf(code, "mutationWrapped", adjust: sketch => sketch.MayPost = true));
    }

    [Fact]
    public async Task Code_that_Node_loads_is_answered()
    {
        var code = Code(Bundle.Of(Bundle.Module(
            "m.js",
            """
            import { mutation } from "./_deps/LIB.js";
            export const mutationByHand = mutation(async () => JSON.parse(await Convex.asyncSyscall("1.0/shallowMerge", '{"id":"y"}')));
            """,
            environment: ModuleEnvironment.Node)));
        Assert.Equal("""{"id":"y"}""", await node.ValueOf(code, "mutationByHand", adjust: sketch => sketch.MayPost = true));
    }

    [Theory]
    [InlineData("mutationPatch")]
    [InlineData("mutationThrows")]
    public async Task A_run_that_is_given_up_does_not_wait_for_one_that_is_under_way(string export)
    {
        var asked = new TaskCompletionSource();
        var scope = new FakeScope
        {
            Answer = async (_, _, cancellationToken) =>
            {
                asked.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                return "";
            },
        };
        using var caller = new CancellationTokenSource();
        var running = node.RunAsync(Code(Source), export, scope: scope, adjust: sketch => sketch.MayPost = true, cancellationToken: caller.Token);
        await asked.Task;
        // A second run, in the same worker, ends after the first: then the first has told that it threw.
        await node.ValueOf(Code(Source), "mutationInserts");
        await caller.CancelAsync();
        var ended = await Assert.ThrowsAsync<InvocationAbandonedException>(() => running.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal(AbandonReason.Canceled, ended.Reason);
    }

    [Fact]
    public async Task One_that_is_under_way_when_the_function_throws_is_made_before_the_error_is_told()
    {
        var written = new TaskCompletionSource<string>();
        var asked = new TaskCompletionSource();
        var scope = new FakeScope
        {
            Answer = (_, _, cancellationToken) =>
            {
                cancellationToken.Register(() => written.TrySetCanceled());
                asked.TrySetResult();
                return new(written.Task);
            },
        };
        var running = node.RunAsync(Code(Source), "mutationThrows", scope: scope, adjust: sketch => sketch.MayPost = true);
        await asked.Task;
        Assert.False(running.IsCompleted);
        written.TrySetResult("{}");
        Assert.Equal("Uncaught Error: later", (await running).Error?.Message);
    }
}
