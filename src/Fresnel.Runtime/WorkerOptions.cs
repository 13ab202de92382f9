namespace Fresnel.Runtime;

/// <summary>How long Node workers live. A worker that is due is replaced: another one is started, and the old one ends what it runs and takes no more.</summary>
public sealed record WorkerOptions
{
    /// <summary>Age at which a worker is due, since modules may keep what they should not. Default 1 h.</summary>
    public TimeSpan MostAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Resident memory at which a worker is due. Megabytes; when null, as much as its heap may have (<see cref="FunctionLimits.DeterministicMemory"/>, <see cref="FunctionLimits.ActionMemory"/>).</summary>
    public int? MostMemory { get; init; }

    /// <summary>How long a worker must have lived to be replaced for its memory: an app that needs more must not start workers all the time.</summary>
    internal TimeSpan LeastAge { get; init; } = TimeSpan.FromSeconds(30);
}
