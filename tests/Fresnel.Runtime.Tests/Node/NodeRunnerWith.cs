using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Node;
using Xunit;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>A runner beside that of the fixture, with other limits.</summary>
internal sealed class NodeRunnerWith(RunnerFixture node, Func<FunctionLimits, FunctionLimits> adjust, string? nodePath = null, WorkerOptions? workers = null) : IAsyncDisposable
{
    private readonly NodeRunner _runner = new(node.Options with { Limits = adjust(node.Options.Limits), NodePath = nodePath, Workers = workers ?? new WorkerOptions() });

    public Task<InvocationResult> RunAsync(ComponentCode code, string export, FakeScope? scope = null, bool mayPost = false) =>
        _runner.InvokeAsync(
            new Invocation
            {
                Function = code.Functions[new FunctionPath("m", export)],
                Code = code,
                Arguments = "[{}]"u8.ToArray(),
                InvocationId = "one",
                StartMilliseconds = 0,
                Seed = new byte[32],
                MayPost = mayPost,
                Scope = scope ?? new FakeScope(),
            },
            TestContext.Current.CancellationToken).AsTask();

    public ValueTask DisposeAsync() => _runner.DisposeAsync();
}
