using Fresnel.Engine;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Node;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Finds out what the code of a push declares. Writes nothing.</summary>
/// <remarks>Source: <c>spec/deploy-api.md</c> §4.5 (steps 2 to 8) and §5.</remarks>
internal sealed class PushEvaluator(ICodeAnalyzer analyzer, TimeProvider time, IEntropy entropy)
{
    /// <summary>What an app without <c>convex.config.ts</c> declares.</summary>
    private const string PlainDefinition = """{"path":"","definitionType":{"type":"app"},"childComponents":[],"httpMounts":{},"exports":{"type":"branch","branch":[]}}""";

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
        var modules = Determine(PushedModules.Resolve(request.AppDefinition, deployed.Modules.Modules), deployed.Modules);
        var app = request.AppDefinition;

        // Each runs in a process of its own; the first of them to fail, in this order, is what the person is told.
        var analysis = analyzer.AnalyzeAsync(modules, deployed.Environment, cancellationToken);
        var auth = EvaluateAuthAsync(modules, deployed.Environment, cancellationToken);
        var schema = EvaluateSchemaAsync(app, cancellationToken);
        var definition = app.Definition is { } pushed
            ? analyzer.EvaluateAppDefinitionAsync(PushedModules.Read(pushed), deployed.Environment, cancellationToken)
            : Task.FromResult(PlainDefinition);
        await Task.WhenAll(analysis, auth, schema, definition).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        var analyzed = await analysis;
        foreach (var function in analyzed.SelectMany(module => module.Functions)) RequireIdentifier(function.Name);
        NotBuilt.RequireNoCrons(analyzed);
        return new EvaluatedPush(modules, analyzed, await auth, await definition, await schema, variables);
    }

    /// <summary>Evaluates the schema alone: its JSON, or null when there is none.</summary>
    public Task<string?> EvaluateSchemaAsync(PushedApp app, CancellationToken cancellationToken) =>
        app.Schema is { } schema ? EvaluateSchemaAsync(PushedModules.Read(schema), cancellationToken) : Task.FromResult<string?>(null);

    /// <summary>Time and chance of the import phase stay as they are while the modules do, so that an unchanged push changes nothing.</summary>
    private ModuleSet Determine(IReadOnlyList<Module> modules, ModuleSet deployed)
    {
        var hash = ModuleHashes.OfSet(modules.Select(ModuleHashes.Name));
        if (hash == deployed.Hash && hash.Length > 0) return deployed;
        var seed = new byte[32];
        entropy.Fill(seed);
        return new ModuleSet(hash, modules, new ImportPhase(seed, time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    private async Task<string?> EvaluateSchemaAsync(Module schema, CancellationToken cancellationToken) => await analyzer.EvaluateSchemaAsync(schema, cancellationToken);

    private Task<string> EvaluateAuthAsync(ModuleSet modules, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
        modules.Modules.FirstOrDefault(module => module.Path == ModulePath.AuthConfig) is { } config
            ? analyzer.EvaluateAuthConfigAsync(config, environment, cancellationToken)
            : Task.FromResult("[]");

    private static void RequireIdentifier(string name)
    {
        if (Identifier.Problem(name) is { } problem) throw new DeveloperException("InvalidFunctionName", $"Invalid function name: {problem}");
    }
}
