using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Invocations;

/// <summary>The runners of a deployment.</summary>
/// <param name="Clr">Runs C# functions.</param>
/// <param name="Node">Runs TypeScript functions, of the default runtime and of <c>"use node"</c> modules alike.</param>
internal sealed record FunctionRunners(IFunctionRunner Clr, IFunctionRunner Node) : IAsyncDisposable
{
    /// <summary>The one that runs a function.</summary>
    public IFunctionRunner For(FunctionDefinition function) => function.Environment == ModuleEnvironment.Clr ? Clr : Node;

    /// <summary>Ends what they run.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Clr is IAsyncDisposable clr) await clr.DisposeAsync();
        if (Node is IAsyncDisposable node) await node.DisposeAsync();
    }
}
