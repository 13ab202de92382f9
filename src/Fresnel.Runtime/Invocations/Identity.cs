using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>On whose behalf a function runs. Two identities are the same user when they are equal.</summary>
public abstract record Identity
{
    /// <summary>Nobody in particular.</summary>
    public static Identity Anonymous { get; } = new AnonymousIdentity();

    /// <summary>Somebody with an admin key.</summary>
    public static Identity Admin { get; } = new AdminIdentity(null);

    /// <summary>Whether internal and system functions may be called.</summary>
    public virtual bool IsAdmin => false;

    /// <summary>What <c>getUserIdentity()</c> returns, or null.</summary>
    public virtual ValueObject? Attributes => null;

    /// <summary>Tells users apart in caches: equal for equal attributes.</summary>
    public abstract string CacheKey { get; }

    private sealed record AnonymousIdentity : Identity
    {
        public override string CacheKey => "";
    }
}

/// <summary>A user whose token was verified.</summary>
/// <param name="Claims">What <c>getUserIdentity()</c> returns.</param>
public sealed record UserIdentity(ValueObject Claims) : Identity
{
    /// <inheritdoc/>
    public override ValueObject? Attributes => Claims;

    /// <inheritdoc/>
    public override string CacheKey { get; } = "user:" + System.Text.Encoding.UTF8.GetString(ValueJson.Write(Claims));
}

/// <summary>Somebody with an admin key, perhaps acting as a user.</summary>
/// <param name="ActingAs">The attributes of the user acted as, or null.</param>
public sealed record AdminIdentity(ValueObject? ActingAs) : Identity
{
    /// <inheritdoc/>
    public override bool IsAdmin => true;

    /// <inheritdoc/>
    public override ValueObject? Attributes => ActingAs;

    /// <inheritdoc/>
    public override string CacheKey { get; } = ActingAs is null ? "admin" : "admin:" + System.Text.Encoding.UTF8.GetString(ValueJson.Write(ActingAs));
}
