using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>On whose behalf a function runs.</summary>
public abstract class FunctionAuth
{
    /// <summary>The attributes of the user whose token was verified (<c>tokenIdentifier</c>, <c>subject</c>, <c>issuer</c>, <c>name</c>, …), or null for nobody.</summary>
    /// <remarks>Source: <c>spec/client-protocol.md</c> §4.5.</remarks>
    public abstract ValueTask<ValueObject?> GetUserIdentityAsync(CancellationToken cancellationToken = default);
}
