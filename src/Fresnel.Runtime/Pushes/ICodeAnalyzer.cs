using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Node;

namespace Fresnel.Runtime.Pushes;

/// <summary>What a push must find out by running its code. <see cref="NodeAnalyzer"/> says more of each; a test stands in for it.</summary>
internal interface ICodeAnalyzer
{
    /// <summary>Imports every module that is not a chunk and says what it exports.</summary>
    Task<IReadOnlyList<AnalyzedModule>> AnalyzeAsync(ModuleSet modules, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken);

    /// <summary>Evaluates <c>schema.js</c>: the JSON that its <c>export()</c> returns.</summary>
    Task<string> EvaluateSchemaAsync(Module schema, CancellationToken cancellationToken);

    /// <summary>Evaluates <c>auth.config.js</c>: a JSON array of providers.</summary>
    Task<string> EvaluateAuthConfigAsync(Module authConfig, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken);

    /// <summary>Evaluates <c>convex.config.js</c>: the JSON of what it declares.</summary>
    Task<string> EvaluateAppDefinitionAsync(Module definition, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken);
}
