using Fresnel.Engine;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Node;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Finds out what the code of a push declares. Writes nothing.</summary>
/// <remarks>Source: <c>spec/deploy-api.md</c> §4.5 (steps 2 to 8) and §5.</remarks>
internal sealed class PushEvaluator(ICodeAnalyzer analyzer, TimeProvider time, IEntropy entropy, long codeBytes)
{
    /// <summary>What an app without <c>convex.config.ts</c> declares.</summary>
    private const string PlainDefinition = """{"path":"","definitionType":{"type":"app"},"childComponents":[],"httpMounts":{},"exports":{"type":"branch","branch":[]}}""";

    private readonly LastAnswer<IReadOnlyList<AnalyzedModule>> _lastAnalysis = new();
    private readonly LastAnswer<string> _lastSchema = new();
    private readonly LastAnswer<string> _lastAuth = new();
    private readonly LastAnswer<string> _lastDefinition = new();

    /// <summary>Evaluates everything.</summary>
    /// <param name="request">What was pushed.</param>
    /// <param name="deployed">The app's code as it is deployed, with everything that <c>process.env</c> holds.</param>
    /// <param name="variables">The user's variables among them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DeveloperException">Something in the code is not what it must be.</exception>
    public async Task<EvaluatedPush> EvaluateAsync(
        PushRequest request, ComponentCode deployed, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        NotBuilt.RequireBuilt(request);
        var resolved = PushedModules.Resolve(request.AppDefinition, deployed.Modules.Modules);
        PushedModules.RequireFit(resolved, codeBytes);
        var modules = Determine(resolved, deployed.Modules)
            with { Packages = NodePackageSet.Of(request.NodeDependencies.Select(package => new NodePackage(package.Name, package.Version))) };
        var app = request.AppDefinition;

        // Each runs in a process of its own; the first of them to fail, in this order, is what the person is told.
        var analysis = AnalyzeAsync(modules, deployed.Environment, cancellationToken);
        var auth = EvaluateAuthAsync(modules, deployed.Environment, cancellationToken);
        var schema = EvaluateSchemaAsync(app, cancellationToken);
        var definition = EvaluateDefinitionAsync(app, deployed.Environment, cancellationToken);
        await Task.WhenAll(analysis, auth, schema, definition).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);

        var analyzed = await analysis;
        foreach (var module in analyzed) DeclaredFunctions.Require(module.Path, module.Environment, module.Json);
        DeclaredVariables.RequireDeclarable(PushJson.Element(await definition));
        return new EvaluatedPush(modules, analyzed, await auth, await definition, await schema, variables);
    }

    /// <summary>Evaluates the schema alone: its JSON, or null when there is none.</summary>
    public async Task<string?> EvaluateSchemaAsync(PushedApp app, CancellationToken cancellationToken)
    {
        if (app.Schema is not { } pushed) return null;
        var schema = PushedModules.Read(pushed);
        return await _lastSchema.GetAsync(schema.Sha256, () => analyzer.EvaluateSchemaAsync(schema, cancellationToken));
    }

    /// <summary>Evaluates the auth config: its providers as a JSON array; none when there is no auth config.</summary>
    public async Task<string> EvaluateAuthAsync(ModuleSet modules, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        if (modules.Modules.FirstOrDefault(module => module.Path == ModulePath.AuthConfig) is not { } config) return "[]";
        return await _lastAuth.GetAsync(config.Sha256 + Spell(environment), () => analyzer.EvaluateAuthConfigAsync(config, environment, cancellationToken));
    }

    private Task<IReadOnlyList<AnalyzedModule>> AnalyzeAsync(ModuleSet modules, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var key = $"{modules.Hash} {modules.Packages.Id} {Convert.ToHexString(modules.Determinism.Seed.Span)}{Spell(environment)}";
        return _lastAnalysis.GetAsync(key, () => analyzer.AnalyzeAsync(modules, environment, cancellationToken));
    }

    private async Task<string> EvaluateDefinitionAsync(PushedApp app, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        if (app.Definition is not { } pushed) return PlainDefinition;
        var definition = PushedModules.Read(pushed);
        return await _lastDefinition.GetAsync(definition.Sha256 + Spell(environment), () => analyzer.EvaluateAppDefinitionAsync(definition, environment, cancellationToken));
    }

    /// <summary>Time and chance of the import phase stay as they are while the modules do, so that an unchanged push changes nothing.</summary>
    private ModuleSet Determine(IReadOnlyList<Module> modules, ModuleSet deployed)
    {
        var hash = ModuleHashes.OfSet(modules.Select(ModuleHashes.Name));
        if (hash == deployed.Hash && hash.Length > 0) return deployed;
        var seed = new byte[32];
        entropy.Fill(seed);
        return new ModuleSet(hash, modules, new ImportPhase(seed, time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    private static string Spell(IReadOnlyDictionary<string, string> environment) =>
        string.Concat(environment.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => $"\n{variable.Key}\0{variable.Value}"));
}
