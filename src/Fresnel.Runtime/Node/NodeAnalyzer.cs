using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Node;

/// <summary>Looks into pushed bundles by importing them, each time in a worker process of its own that ends afterwards.</summary>
/// <remarks>Source: <c>spec/deploy-api.md</c> §5. Texts of failures carry frames of the original sources.</remarks>
public sealed partial class NodeAnalyzer : Pushes.ICodeAnalyzer
{
    private static readonly Dictionary<string, string> NoVariables = [];
    private readonly DeploymentOptions _options;
    private readonly WorkerFiles _files;
    private readonly Bundles _bundles;
    private readonly NodePackages _packages;

    /// <summary>Makes an analyzer; starts nothing.</summary>
    public NodeAnalyzer(DeploymentOptions options)
    {
        _options = options;
        _files = new WorkerFiles(options.BundleFolder, options.Entropy);
        _bundles = _files.Bundles("analysed", kept: 0);
        _packages = new NodePackages(options);
    }

    /// <summary>Imports every module that is not a <c>_deps</c> chunk and says what it exports, in the order of the set.</summary>
    /// <param name="modules">All modules of the component; <c>auth.config.js</c> is left out.</param>
    /// <param name="environment">What <c>process.env</c> holds, the built-in variables included.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DeveloperException">Code <c>InvalidModules</c> or <c>InvalidCron</c>: an import failed or an export is not what it must be.</exception>
    /// <exception cref="NodeUnavailableException">Node does not run.</exception>
    public async Task<IReadOnlyList<AnalyzedModule>> AnalyzeAsync(
        ModuleSet modules, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        await _packages.RequireAsync(modules.Packages, cancellationToken);
        var entries = modules.Modules.Where(module => !module.Path.StartsWith("_deps/", StringComparison.Ordinal) && module.Path != "auth.config.js").ToList();
        var found = new Dictionary<string, AnalyzedModule>(StringComparer.Ordinal);
        foreach (var group in entries.GroupBy(module => module.Environment))
        {
            foreach (var module in await AnalyzeAsync(modules, [.. group], environment, cancellationToken)) found.Add(module.Path, module);
        }

        return [.. entries.Select(entry => found[entry.Path])];
    }

    /// <summary>Evaluates <c>schema.js</c>.</summary>
    /// <returns>What its <c>export()</c> returned: JSON text, checked only to be JSON.</returns>
    /// <exception cref="DeveloperException">Code <c>InvalidSchema</c>, <c>MissingSchemaExportError</c> or <c>InvalidSchemaExport</c>.</exception>
    /// <exception cref="NodeUnavailableException">Node does not run.</exception>
    public Task<string> EvaluateSchemaAsync(Module schema, CancellationToken cancellationToken) =>
        EvaluateAsync("schema", schema, NoVariables, "InvalidSchema", "Hit an error while evaluating your schema:\n", cancellationToken);

    /// <summary>Evaluates <c>auth.config.js</c>. Reading a variable that is not set fails.</summary>
    /// <returns>The providers as the JSON array of <c>AuthInfo</c> that <c>start_push</c> answers.</returns>
    /// <exception cref="DeveloperException">
    /// Code <c>AuthConfigMissingEnvironmentVariable</c>, <c>AuthConfigMissingExportError</c>, <c>AuthConfigNotMatchingSchemaError</c> or <c>InvalidAuthConfig</c>.
    /// </exception>
    /// <exception cref="NodeUnavailableException">Node does not run.</exception>
    public async Task<string> EvaluateAuthConfigAsync(Module authConfig, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
        AuthProviders.Check(await EvaluateAsync("auth", authConfig, environment, "InvalidAuthConfig", "Hit an error while evaluating your auth config:\n", cancellationToken));

    /// <summary>Evaluates the <c>convex.config.js</c> of an app that installs no components.</summary>
    /// <returns>What <c>export()</c> returned, with <c>path</c> added: JSON text of <c>definition</c> in <c>spec/deploy-api.md</c> §4.6.</returns>
    /// <exception cref="DeveloperException">Code <c>InvalidDefinition</c>; <c>NotBuiltYet</c> when it installs a component.</exception>
    /// <exception cref="NodeUnavailableException">Node does not run.</exception>
    public async Task<string> EvaluateAppDefinitionAsync(Module definition, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        if (ComponentImport().Match(definition.Source) is { Success: true } import)
        {
            var path = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(import.Groups[1].ValueSpan));
            throw new DeveloperException(NotBuiltYet.Code, $"Components are not built yet in Fresnel: convex.config.ts installs the component at {path}.");
        }

        return await EvaluateAsync("definition", definition, environment, "InvalidDefinition", "Hit an error while evaluating convex.config.ts:\n", cancellationToken);
    }

    [GeneratedRegex(@"_componentDeps/([A-Za-z0-9_-]+)")]
    private static partial Regex ComponentImport();

    private async Task<IReadOnlyList<AnalyzedModule>> AnalyzeAsync(
        ModuleSet modules, List<Module> entries, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var isNode = entries[0].Environment is ModuleEnvironment.Node;
        using var bundle = _bundles.Use(modules);
        var setup = WorkerMessages.Setup(isNode ? "node" : "deterministic", true, bundle.Url, environment, false, false, modules.Determinism, new FunctionLimits());
        var task = WorkerMessages.Json(json =>
        {
            json.WriteString("task", "modules");
            json.WriteStartArray("modules");
            foreach (var entry in entries)
            {
                json.WriteStartObject();
                json.WriteString("path", entry.Path);
                json.WriteBoolean("node", isNode);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        const string Heading = "Loading the pushed modules encountered the following\n    error:\n";
        using var answer = await AskAsync(setup, task, "InvalidModules", Heading, cancellationToken);
        return [.. answer.RootElement.GetProperty("result").EnumerateArray().Select(module => AnalyzedModule.Read(entries[0].Environment, module))];
    }

    private async Task<string> EvaluateAsync(
        string what, Module module, IReadOnlyDictionary<string, string> environment, string code, string heading, CancellationToken cancellationToken)
    {
        // Evaluation is pure: there is no clock and no chance to look at, so these are as good as any.
        var phase = new ImportPhase(new byte[32], 0);
        using var bundle = _bundles.Use(module);
        var setup = WorkerMessages.Setup("deterministic", true, bundle.Url, environment, what == "auth", false, phase, new FunctionLimits());
        var task = WorkerMessages.Json(json =>
        {
            json.WriteString("task", what);
            json.WriteString("module", module.Path);
        });
        using var answer = await AskAsync(setup, task, code, heading, cancellationToken);
        return answer.RootElement.GetProperty("result").GetRawText();
    }

    /// <summary>Asks a process, and makes a failure the error of the specification.</summary>
    private async Task<JsonDocument> AskAsync(byte[] setup, byte[] task, string code, string heading, CancellationToken cancellationToken)
    {
        JsonDocument answer;
        try
        {
            answer = await AnalysisProcess.RunAsync(_options, _files, setup, task, cancellationToken);
        }
        catch (Exception failure) when (failure is TimeoutException or InvalidDataException)
        {
            throw new DeveloperException(code, heading + failure.Message);
        }

        if (!answer.RootElement.TryGetProperty("failure", out var refused)) return answer;
        using (answer)
        {
            if (refused.GetProperty("code").GetString() is { } ownCode)
            {
                var text = refused.GetProperty("text").GetString()!;
                throw new DeveloperException(ownCode, ownCode == code ? heading + text : text);
            }

            var module = refused.GetProperty("module").GetString();
            throw new DeveloperException(code, $"{heading}Failed to analyze {module}: {WorkerMessages.ReadError(refused).FullText}");
        }
    }
}
