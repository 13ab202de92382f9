namespace Fresnel.Simulation.Histories;

/// <summary>Why one transaction must stand before another in any serial order.</summary>
[Flags]
internal enum DependencyKind
{
    None = 0,

    /// <summary>The second wrote the version after the first one's.</summary>
    WriteWrite = 1,

    /// <summary>The second read what the first wrote.</summary>
    WriteRead = 2,

    /// <summary>The first read a version that the second replaced: an anti-dependency.</summary>
    ReadWrite = 4,

    /// <summary>The first was answered before the second began.</summary>
    Time = 8,

    /// <summary>Both are of one session, which began the first one first.</summary>
    Session = 16,

    /// <summary>Out of a waypoint: it belongs to the dependency that led in.</summary>
    Through = 32,
}

/// <summary>An arrow between two transactions, or through a waypoint that stands for many arrows.</summary>
/// <param name="From">Stands before.</param>
/// <param name="To">Stands behind.</param>
/// <param name="Kind">Why.</param>
/// <param name="Key">Over which key; empty when it is none.</param>
internal readonly record struct Dependency(int From, int To, DependencyKind Kind, string Key);
