using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Node;

/// <summary>Runs TypeScript functions in Node processes. Workers start when they are first needed and die with this process.</summary>
public sealed class NodeRunner : IFunctionRunner, IAsyncDisposable
{
    /// <summary>Makes a runner; starts nothing.</summary>
    public NodeRunner(DeploymentOptions options) => _ = options;

    /// <inheritdoc/>
    public ValueTask<InvocationResult> InvokeAsync(Invocation invocation, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Ends all invocations and kills all workers.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
