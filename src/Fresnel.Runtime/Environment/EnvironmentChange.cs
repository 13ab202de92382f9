namespace Fresnel.Runtime.Environment;

/// <summary>One environment variable to set or to delete.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its new value, or null to delete it.</param>
public readonly record struct EnvironmentChange(string Name, string? Value);
