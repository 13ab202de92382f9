using System.Globalization;
using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>Puts a component's code together from its documents.</summary>
internal sealed class ComponentCodeReader(ClrFunctions clrFunctions, DeploymentUrls urls)
{
    private static readonly ImportPhase NothingImported = new(new byte[32], 0);

    /// <summary>Names a generation: the version of its document, and before the first push a fixed word.</summary>
    public static string NameOf(Document? generation) => generation is null
        ? "initial"
        : string.Create(CultureInfo.InvariantCulture, $"{generation.Timestamp.Nanoseconds:x}-{generation.Fields["environment"]}-{Shorten(ModulesHash(generation))}");

    /// <summary>Reads modules, sources and environment variables. What it reads beside the generation document changes only together with it.</summary>
    /// <param name="transaction">Where it is read.</param>
    /// <param name="component">Whose code it is.</param>
    /// <param name="generation">Its generation document; null before the first push.</param>
    /// <param name="known">Another generation of it, or null. Modules that are the same in both are shared: a push changes a few of many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ComponentCode> ReadAsync(Transaction transaction, string component, Document? generation, ComponentCode? known, CancellationToken cancellationToken)
    {
        var shared = known?.Modules.Modules.ToDictionary(module => (module.Path, module.Environment, module.Sha256)) ?? [];
        var functions = clrFunctions.Of(component).ToDictionary(definition => definition.Path);
        var modules = new List<Module>();
        foreach (var document in await transaction.ListAsync(SystemTables.Modules, "by_component_path", [component], cancellationToken))
        {
            var module = await ReadModuleAsync(transaction, document.Fields, shared, cancellationToken);
            modules.Add(module);
            if (document.Fields["analysis"] is not { Kind: ValueKind.String } analysis) continue;

            // A C# function keeps its path: pushed code cannot take the place of what was compiled in.
            foreach (var definition in ModuleAnalysis.Functions(WithoutExtension(module.Path), module.Environment, analysis.AsString()))
                functions.TryAdd(definition.Path, definition);
        }

        return new ComponentCode(
            component,
            NameOf(generation),
            new ModuleSet(ModulesHash(generation), modules, ImportPhaseOf(generation)) { Packages = PackagesOf(generation) },
            functions,
            await ReadEnvironmentAsync(transaction, component, cancellationToken));
    }

    private static async ValueTask<Module> ReadModuleAsync(
        Transaction transaction, ValueObject module, Dictionary<(string, ModuleEnvironment, string), Module> shared, CancellationToken cancellationToken)
    {
        var environment = module["environment"].AsString() == "node" ? ModuleEnvironment.Node : ModuleEnvironment.Isolate;
        var (path, sha256) = (module["path"].AsString(), module["sha256"].AsString());
        if (shared.TryGetValue((path, environment, sha256), out var same)) return same;
        var (source, sourceMap) = await ModuleSources.ReadAsync(transaction, sha256, cancellationToken);
        return new Module(path, environment, sha256, source, sourceMap);
    }

    private async ValueTask<IReadOnlyDictionary<string, string>> ReadEnvironmentAsync(Transaction transaction, string component, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);

        // The app's variables are not those of its components.
        if (component.Length == 0)
        {
            foreach (var variable in await transaction.ListAsync(SystemTables.EnvironmentVariables, "by_name", [], cancellationToken))
                variables[variable.Fields["name"].AsString()] = variable.Fields["value"].AsString();
        }

        variables["CONVEX_CLOUD_URL"] = urls.Cloud;
        variables["CONVEX_SITE_URL"] = urls.Site;
        return variables;
    }

    private static ImportPhase ImportPhaseOf(Document? generation) =>
        generation?.Fields["seed"] is { Kind: ValueKind.Bytes } seed && generation.Fields["importTime"] is { Kind: ValueKind.Float64 } time
            ? new ImportPhase(seed.AsBytes(), time.AsFloat64())
            : NothingImported;

    private static NodePackageSet PackagesOf(Document? generation)
    {
        if (generation?.Fields["packages"] is not { Kind: ValueKind.Array } packages) return NodePackageSet.None;
        var all = new List<NodePackage>();
        foreach (var package in packages.AsArray()) all.Add(new NodePackage(package.AsObject()["name"].AsString(), package.AsObject()["version"].AsString()));
        return NodePackageSet.Of(all);
    }

    private static string ModulesHash(Document? generation) => generation?.Fields["modules"] is { Kind: ValueKind.String } hash ? hash.AsString() : "";

    private static string Shorten(string hash) => hash.Length > 16 ? hash[..16] : hash;

    private static string WithoutExtension(string path) => path.EndsWith(".js", StringComparison.Ordinal) ? path[..^3] : path;
}
