using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>How the CLI and <c>_modules</c> spell where a module runs.</summary>
internal static class EnvironmentNames
{
    /// <summary>The name.</summary>
    public static string Of(ModuleEnvironment environment) => environment == ModuleEnvironment.Node ? "node" : "isolate";

    /// <summary>The environment of this name.</summary>
    /// <exception cref="DeveloperException"><c>InvalidConfig</c>.</exception>
    public static ModuleEnvironment Parse(string path, string name) => name switch
    {
        "isolate" => ModuleEnvironment.Isolate,
        "node" => ModuleEnvironment.Node,
        _ => throw new DeveloperException("InvalidConfig", $"The environment of module \"{path}\" is neither \"isolate\" nor \"node\" but \"{name}\"."),
    };
}
