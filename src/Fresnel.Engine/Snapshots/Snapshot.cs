using Fresnel.Values;

namespace Fresnel.Engine.Snapshots;

/// <summary>The whole database as of one timestamp: a table of roots. Immutable; readers never lock.</summary>
public sealed class Snapshot
{
    /// <summary>The last commit that is in it.</summary>
    public Timestamp Timestamp => throw new NotImplementedException();
}
