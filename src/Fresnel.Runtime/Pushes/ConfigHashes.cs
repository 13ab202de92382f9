using System.Text.Json.Serialization;

namespace Fresnel.Runtime.Pushes;

/// <summary>What is deployed, by hash: the answer of <c>get_config_hashes</c>. Source: <c>spec/deploy-api.md</c> §4.1.</summary>
/// <param name="Config">Where the project keeps its functions.</param>
/// <param name="ModuleHashes">Every module of the app, chunks and <c>auth.config.js</c> included.</param>
/// <param name="UdfServerVersion">The version of the library of the last push; null before the first.</param>
/// <param name="NodeDependencies">Installed npm packages.</param>
/// <param name="NodeVersion">The version of Node that was asked for; left out when none was, since the CLI compares with undefined.</param>
public sealed record ConfigHashes(
    ProjectConfig Config,
    IReadOnlyList<ModuleHash> ModuleHashes,
    string? UdfServerVersion,
    IReadOnlyList<NodeDependency> NodeDependencies,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NodeVersion);

/// <summary>Where the project keeps its functions.</summary>
/// <param name="Functions">The folder, with a slash at the end.</param>
/// <param name="AuthInfo">Not read by anyone.</param>
public sealed record ProjectConfig(string Functions, IReadOnlyList<string> AuthInfo);

/// <summary>A deployed module by its hash.</summary>
/// <param name="Path">With <c>.js</c>.</param>
/// <param name="Environment"><c>isolate</c> or <c>node</c>.</param>
/// <param name="Hash">Lower-case hex SHA-256 of source and source map.</param>
public sealed record ModuleHash(string Path, string Environment, string Hash);
