using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>An npm package that <c>"use node"</c> modules import.</summary>
/// <param name="Name">Its name, with the scope where it has one.</param>
/// <param name="Version">Its exact version.</param>
public sealed record NodePackage(string Name, string Version);

/// <summary>The npm packages that a push leaves to the server: <c>node.externalPackages</c>. Equal lists have one id, and are installed once.</summary>
public sealed partial record NodePackageSet
{
    /// <summary>Packages of one push, those that they need themselves not counted.</summary>
    public const int Most = 200;

    private NodePackageSet(IReadOnlyList<NodePackage> packages)
    {
        Packages = packages;
        Id = packages.Count == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(packages.Select(package => $"{package.Name}@{package.Version}\n")))))[..32];
    }

    /// <summary>No packages.</summary>
    public static NodePackageSet None { get; } = new([]);

    /// <summary>By name, in ordinal order.</summary>
    public IReadOnlyList<NodePackage> Packages { get; }

    /// <summary>Names the list; empty for the empty one.</summary>
    public string Id { get; }

    /// <summary>Makes a list of what was pushed.</summary>
    /// <exception cref="DeveloperException"><c>InvalidExternalPackages</c>: something in it is not a package with an exact version.</exception>
    public static NodePackageSet Of(IEnumerable<NodePackage> packages)
    {
        List<NodePackage> all = [.. packages.Distinct().OrderBy(package => package.Name, StringComparer.Ordinal)];
        if (all.Count == 0) return None;
        if (all.Count > Most) throw Refusal($"There may be up to {Most} of them; this app lists {all.Count}.");
        // What npm would take for an address, a folder or an option is none of these.
        if (all.FirstOrDefault(package => !Name().IsMatch(package.Name)) is { } unnamed) throw Refusal($"\"{unnamed.Name}\" is not the name of a package.");
        if (all.FirstOrDefault(package => !Version().IsMatch(package.Version)) is { } inexact) throw Refusal($"\"{inexact.Version}\" is not an exact version of {inexact.Name}.");
        if (all.GroupBy(package => package.Name).FirstOrDefault(group => group.Count() > 1) is { } twice) throw Refusal($"{twice.Key} is listed in {twice.Count()} versions.");
        return new NodePackageSet(all);
    }

    /// <summary>Why packages are not there.</summary>
    public static DeveloperException Refusal(string reason) =>
        new("InvalidExternalPackages", $"The npm packages of \"use node\" modules (node.externalPackages in convex.json) could not be installed. {reason}");

    [GeneratedRegex(@"^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*\z", RegexOptions.IgnoreCase)]
    private static partial Regex Name();

    [GeneratedRegex(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\z")]
    private static partial Regex Version();
}
