using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Invocations;

/// <summary>The runners of a deployment.</summary>
/// <param name="Clr">Runs C# functions.</param>
/// <param name="Node">Runs TypeScript functions, of the default runtime and of <c>"use node"</c> modules alike.</param>
internal sealed record FunctionRunners(IFunctionRunner Clr, IFunctionRunner Node)
{
    /// <summary>The one that runs a function.</summary>
    public IFunctionRunner For(FunctionDefinition function) => function.Environment == ModuleEnvironment.Clr ? Clr : Node;
}
