using System.Security.Cryptography;
using System.Text;
using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Pushes;

/// <summary>Names of modules and of sets of them by their content.</summary>
internal static class ModuleHashes
{
    /// <summary>A module's hash, as the CLI computes it too: SHA-256 of its source followed by its source map, lower-case hex.</summary>
    public static string OfModule(string source, string? sourceMap)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(source));
        if (sourceMap is not null) hash.AppendData(Encoding.UTF8.GetBytes(sourceMap));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The hash of a set; empty for no modules.</summary>
    public static string OfSet(IEnumerable<PushedModuleHash> modules)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var any = false;
        foreach (var module in modules.OrderBy(module => module.Path, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{module.Path}\n{module.Environment}\n{module.Sha256}\n"));
            any = true;
        }

        return any ? Convert.ToHexStringLower(hash.GetHashAndReset()) : "";
    }

    /// <summary>A module by its hash.</summary>
    public static PushedModuleHash Name(Module module) => new(module.Path, EnvironmentNames.Of(module.Environment), module.Sha256);
}
