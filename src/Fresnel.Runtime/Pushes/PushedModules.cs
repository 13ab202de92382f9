using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Makes one set of a push's changed modules and of those that it names by their hash.</summary>
/// <remarks>Source: <c>spec/deploy-api.md</c> §4.4 (server rules 1 and 2), §5.1, §13.</remarks>
internal static class PushedModules
{
    private const int MaxModules = 4096;

    /// <summary>The set in the ordinal order of the paths. Every deployed module that it lacks is deleted when the push finishes.</summary>
    /// <param name="app">What was pushed.</param>
    /// <param name="deployed">What is deployed.</param>
    /// <exception cref="DeveloperException"><c>InvalidModulePath</c>, <c>InvalidConfig</c> or <c>InvalidModules</c>.</exception>
    /// <exception cref="ModuleConflictException">An unchanged module is not deployed like that.</exception>
    public static IReadOnlyList<Module> Resolve(PushedApp app, IReadOnlyList<Module> deployed)
    {
        var existing = deployed.ToDictionary(module => module.Path, StringComparer.Ordinal);
        var modules = new SortedDictionary<string, Module>(StringComparer.Ordinal);
        foreach (var pushed in app.ChangedModules) Add(modules, Read(pushed));
        foreach (var named in app.UnchangedModuleHashes) Add(modules, Find(named, existing));

        RequireFew(modules.Keys.Count(path => !ModulePath.IsChunk(path)), "modules");
        RequireFew(modules.Keys.Count(ModulePath.IsChunk), "shared chunks");
        return [.. modules.Values];
    }

    /// <summary>Refuses an app whose code is too large, chunks that modules share included; source maps are not code.</summary>
    /// <exception cref="DeveloperException"><c>ModulesTooLarge</c>.</exception>
    public static void RequireFit(IReadOnlyList<Module> modules, long mostBytes)
    {
        var bytes = modules.Sum(module => (long)Encoding.UTF8.GetByteCount(module.Source));
        if (bytes > mostBytes) throw new DeveloperException("ModulesTooLarge", $"The code of the app is too large (actual: {ByteSize.Print(bytes)}, limit: {ByteSize.Print(mostBytes)}).");
    }

    /// <summary>A module as it was sent.</summary>
    public static Module Read(PushedModule pushed)
    {
        ModulePath.Require(pushed.Path);
        return new Module(
            pushed.Path,
            EnvironmentNames.Parse(pushed.Path, pushed.Environment),
            ModuleHashes.OfModule(pushed.Source, pushed.SourceMap),
            pushed.Source,
            pushed.SourceMap);
    }

    private static Module Find(PushedModuleHash named, Dictionary<string, Module> existing)
    {
        if (!existing.TryGetValue(named.Path, out var module))
            throw new ModuleConflictException("MissingExistingModule", $"The module \"{named.Path}\" was pushed as unchanged, but it is not deployed. Try the push again.");
        if (module.Sha256 != named.Sha256)
            throw new ModuleConflictException("ExistingModuleHashConflict", $"The module \"{named.Path}\" was pushed as unchanged, but another version of it is deployed. Try the push again.");
        if (EnvironmentNames.Of(module.Environment) != named.Environment)
            throw new ModuleConflictException("ExistingModuleEnvConflict", $"The module \"{named.Path}\" was pushed as unchanged, but it is deployed for another environment. Try the push again.");
        return module;
    }

    private static void Add(SortedDictionary<string, Module> modules, Module module)
    {
        if (!modules.TryAdd(module.Path, module)) throw new DeveloperException("InvalidConfig", $"The module \"{module.Path}\" was pushed twice.");
    }

    private static void RequireFew(int count, string what)
    {
        if (count > MaxModules) throw new DeveloperException("InvalidModules", $"A push may have up to {MaxModules} {what}; this one has {count}.");
    }
}
