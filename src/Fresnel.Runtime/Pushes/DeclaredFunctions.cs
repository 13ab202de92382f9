using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Checks that what a module declares can be called, before it is deployed: a catalog that cannot be read would stop every function.</summary>
internal static class DeclaredFunctions
{
    /// <summary>Refuses names that are none, and validators that cannot be read.</summary>
    /// <param name="path">The module, with <c>.js</c>.</param>
    /// <param name="environment">Where it runs.</param>
    /// <param name="analysis">What it declares, as <c>_modules</c> keeps it.</param>
    /// <exception cref="DeveloperException"><c>InvalidFunctionName</c> or <c>InvalidModules</c>.</exception>
    public static void Require(string path, ModuleEnvironment environment, string analysis)
    {
        try
        {
            foreach (var function in ModuleAnalysis.Functions(ModulePath.WithoutExtension(path), environment, analysis))
            {
                if (Identifier.Problem(function.Path.Export ?? "") is { } problem) throw new DeveloperException("InvalidFunctionName", $"Invalid function name in {path}: {problem}");
            }
        }
        catch (DeveloperException error) when (error.Code != "InvalidFunctionName")
        {
            throw new DeveloperException("InvalidModules", $"{path} exports a function that cannot be called: {error.Message}");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or InvalidDataException or KeyNotFoundException)
        {
            throw new DeveloperException("InvalidModules", $"What {path} declares cannot be read: {error.Message}");
        }
    }
}
