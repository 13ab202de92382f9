using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>What a token is to say, and for how long. Source: <c>spec/function-runtime.md</c> §3.7.</summary>
/// <param name="Claims">Its claims but those that the deployment sets; valid until the syscall has been answered.</param>
/// <param name="Seconds">How long it is valid.</param>
internal readonly record struct TokenRequest(JsonElement? Claims, long Seconds)
{
    /// <summary>What the author called.</summary>
    public const string Method = "auth.signJwt";

    private const int MostSeconds = 3600;

    /// <summary>Set by the deployment, or not at all.</summary>
    private static readonly string[] Reserved = ["iss", "iat", "exp", "nbf"];

    /// <summary>Whatever Convex may come to mean by claims of its own.</summary>
    private static readonly string[] ReservedPrefixes = ["convex", "cvx"];

    /// <summary>Reads the arguments of <c>1.0/signJwt</c>.</summary>
    /// <exception cref="DeveloperException">They ask for what may not be.</exception>
    public static TokenRequest Read(JsonElement arguments)
    {
        var seconds = arguments.Seconds("expiresInSeconds", Method);
        if (seconds is not (>= 1 and <= MostSeconds)) throw SyscallArguments.Invalid("expiresInSeconds", Method, $"Must be at least 1 and at most {MostSeconds}");
        return new(arguments.TryGetProperty("claims", out var claims) ? Checked(claims) : null, (long)seconds);
    }

    private static JsonElement Checked(JsonElement claims)
    {
        if (claims.ValueKind != JsonValueKind.Object) throw Invalid("Expected an object");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var claim in claims.EnumerateObject())
        {
            if (Reserved.Contains(claim.Name, StringComparer.Ordinal)) throw Invalid($"The claim \"{claim.Name}\" is reserved and may not be set");
            if (Array.Find(ReservedPrefixes, prefix => claim.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) is { } prefix)
                throw Invalid($"The claim \"{claim.Name}\" starts with \"{prefix}\", which is reserved");
            if (!names.Add(claim.Name)) throw Invalid($"The claim \"{claim.Name}\" is there twice");
        }

        return claims;
    }

    private static DeveloperException Invalid(string cause) => SyscallArguments.Invalid("claims", Method, cause);
}
