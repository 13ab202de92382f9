using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Node;

/// <summary>Looks into pushed bundles by importing them, each time in a worker process of its own that ends afterwards.</summary>
/// <remarks>Source: <c>spec/deploy-api.md</c> §5. Texts of failures carry frames of the original sources.</remarks>
public sealed class NodeAnalyzer
{
    /// <summary>Makes an analyzer; starts nothing.</summary>
    public NodeAnalyzer(DeploymentOptions options) => _ = options;

    /// <summary>Imports every module that is not a <c>_deps</c> chunk and says what it exports, in the order of the set.</summary>
    /// <param name="modules">All modules of the component; <c>auth.config.js</c> is left out.</param>
    /// <param name="environment">What <c>process.env</c> holds, the built-in variables included.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DeveloperException">Code <c>InvalidModules</c>: an import failed or an export is not what it must be.</exception>
    public Task<IReadOnlyList<AnalyzedModule>> AnalyzeAsync(
        ModuleSet modules, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Evaluates <c>schema.js</c>.</summary>
    /// <returns>What its <c>export()</c> returned: JSON text, checked only to be JSON.</returns>
    /// <exception cref="DeveloperException">Code <c>InvalidSchema</c>, <c>MissingSchemaExportError</c> or <c>InvalidSchemaExport</c>.</exception>
    public Task<string> EvaluateSchemaAsync(Module schema, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Evaluates <c>auth.config.js</c>. Reading a variable that is not set fails.</summary>
    /// <returns>The providers as the JSON array of <c>AuthInfo</c> that <c>start_push</c> answers.</returns>
    /// <exception cref="DeveloperException">
    /// Code <c>AuthConfigMissingEnvironmentVariable</c>, <c>AuthConfigMissingExportError</c>, <c>AuthConfigNotMatchingSchemaError</c> or <c>InvalidAuthConfig</c>.
    /// </exception>
    public Task<string> EvaluateAuthConfigAsync(Module authConfig, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Evaluates the <c>convex.config.js</c> of an app that installs no components.</summary>
    /// <returns>What <c>export()</c> returned, with <c>path</c> added: JSON text of <c>definition</c> in <c>spec/deploy-api.md</c> §4.6.</returns>
    /// <exception cref="DeveloperException">Code <c>InvalidDefinition</c>; <c>ComponentsNotBuilt</c> when it installs a component.</exception>
    public Task<string> EvaluateAppDefinitionAsync(Module definition, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
