namespace Fresnel.Runtime;

/// <summary>How npm packages of <c>"use node"</c> modules are installed: <c>node.externalPackages</c>.</summary>
public sealed record NodePackageOptions
{
    /// <summary>The npm executable; found on PATH when null.</summary>
    public string? NpmPath { get; init; }

    /// <summary>The registry; the one that npm is configured for when null.</summary>
    public string? Registry { get; init; }

    /// <summary>Whether install scripts of packages are run. They are programs of strangers that run as the server; default no. Packages that compile themselves need it.</summary>
    public bool RunScripts { get; init; }

    /// <summary>How long installing a list may take; default 5 min. Beyond it the push fails.</summary>
    public TimeSpan MostTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much a list may take on disk, with what it needs itself. Bytes; default 512 MiB. Beyond it the push fails.</summary>
    public long MostBytes { get; init; } = 512L << 20;
}
