namespace Fresnel.Runtime.Node;

/// <summary>A Node that was found and asked for its version.</summary>
/// <param name="Path">The executable.</param>
/// <param name="Version">What it answered.</param>
public sealed record NodeExecutable(string Path, Version Version)
{
    /// <summary>The oldest Node that runs the worker program.</summary>
    public static Version Oldest { get; } = new(20, 19, 0);

    /// <summary>Finds Node and asks for its version. A host calls it at start, to fail early and in one sentence.</summary>
    /// <param name="path">The executable, or null to look on PATH.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NodeUnavailableException">There is none, it does not start, or it is too old.</exception>
    public static Task<NodeExecutable> FindAsync(string? path, CancellationToken cancellationToken) => throw new NotImplementedException();
}
