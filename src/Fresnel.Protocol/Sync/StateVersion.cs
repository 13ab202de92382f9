using Fresnel.Values;

namespace Fresnel.Protocol.Sync;

/// <summary>What a client holds after a transition. Each part only grows.</summary>
/// <param name="QuerySet">The version of the query set.</param>
/// <param name="Identity">The version of the identity.</param>
/// <param name="Timestamp">The snapshot of every result.</param>
public readonly record struct StateVersion(uint QuerySet, uint Identity, Timestamp Timestamp);
