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

    /// <summary>The attributes of the user, or null.</summary>
    public virtual ValueObject? Attributes => null;

    /// <summary>What <c>getUserIdentity()</c> returns: the attributes, or null.</summary>
    /// <exception cref="DeveloperException">The token was refused.</exception>
    public virtual ValueObject? ReadAttributes() => Attributes;

    /// <summary>Tells users apart in caches: equal for equal attributes.</summary>
    public abstract string CacheKey { get; }

    private sealed record AnonymousIdentity : Identity
    {
        public override string CacheKey => "";
    }
}

/// <summary>A user whose token was verified. One that signed in again is the same user.</summary>
/// <param name="Claims">What <c>getUserIdentity()</c> returns.</param>
public sealed record UserIdentity(ValueObject Claims) : Identity
{
    /// <summary>The token as it came, for <c>ctx.meta.getRequestMetadata()</c>; null when none is known. Does not tell users apart.</summary>
    public string? Token { get; init; }

    /// <inheritdoc/>
    public override ValueObject? Attributes => Claims;

    /// <inheritdoc/>
    public override string CacheKey { get; } = "user:" + System.Text.Encoding.UTF8.GetString(ValueJson.Write(Claims));

    /// <summary>Whether the other is the same user.</summary>
    public bool Equals(UserIdentity? other) => CacheKey == other?.CacheKey;

    /// <inheritdoc/>
    public override int GetHashCode() => CacheKey.GetHashCode(StringComparison.Ordinal);
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

/// <summary>Somebody whose token was refused, where that does not fail the request: HTTP actions run as nobody, until they ask who it is.</summary>
/// <param name="Code">The code of the refusal.</param>
/// <param name="Message">What it said.</param>
public sealed record UnverifiedIdentity(string Code, string Message) : Identity
{
    /// <inheritdoc/>
    public override string CacheKey { get; } = $"unverified:{Code}:{Message}";

    /// <inheritdoc/>
    public override ValueObject? ReadAttributes() => throw new DeveloperException(Code, Message);
}
