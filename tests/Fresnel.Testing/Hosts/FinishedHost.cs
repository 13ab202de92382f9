namespace Fresnel.Testing.Hosts;

/// <summary>A host that ended by itself.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Errors">What it wrote to standard error.</param>
public sealed record FinishedHost(int ExitCode, string Output, string Errors);
