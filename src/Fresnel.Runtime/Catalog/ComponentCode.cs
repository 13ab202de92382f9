namespace Fresnel.Runtime.Catalog;

/// <summary>The code and environment of one component as of a snapshot. Immutable; shared by all invocations of its generation.</summary>
/// <param name="Component">The component path; empty for the app.</param>
/// <param name="Generation">Changes whenever a module or an environment variable changes; names the generation of workers.</param>
/// <param name="Modules">The pushed modules.</param>
/// <param name="Functions">What may be called, by path. HTTP actions are not among them.</param>
/// <param name="Environment">What <c>process.env</c> holds, the built-in variables included.</param>
public sealed record ComponentCode(
    string Component,
    string Generation,
    ModuleSet Modules,
    IReadOnlyDictionary<FunctionPath, FunctionDefinition> Functions,
    IReadOnlyDictionary<string, string> Environment);

/// <summary>All modules of a component, pushed together.</summary>
/// <param name="Hash">Lower-case hex SHA-256 over the sorted paths, environments and hashes of its modules; empty for no modules.</param>
/// <param name="Modules">By path, in ordinal order; <c>_deps/</c> chunks included.</param>
/// <param name="Determinism">What code sees while it is imported.</param>
public sealed record ModuleSet(string Hash, IReadOnlyList<Module> Modules, ImportPhase Determinism)
{
    /// <summary>The npm packages that they import, beside what was bundled.</summary>
    public NodePackageSet Packages { get; init; } = NodePackageSet.None;
}

/// <summary>One bundled ES module.</summary>
/// <param name="Path">POSIX path with <c>.js</c>, relative to the functions folder.</param>
/// <param name="Environment">Where it runs.</param>
/// <param name="Sha256">Lower-case hex SHA-256 of source and source map, as <c>get_config_hashes</c> reports it.</param>
/// <param name="Source">The text.</param>
/// <param name="SourceMap">A source map v3 as text, or null.</param>
public sealed record Module(string Path, ModuleEnvironment Environment, string Sha256, string Source, string? SourceMap);

/// <summary>Time and chance while modules are imported: fixed at the push.</summary>
/// <param name="Seed">32 bytes.</param>
/// <param name="UnixMilliseconds">What <c>Date.now()</c> says.</param>
public sealed record ImportPhase(ReadOnlyMemory<byte> Seed, double UnixMilliseconds);
