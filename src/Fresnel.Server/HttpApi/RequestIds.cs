using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fresnel.Server.HttpApi;

/// <summary>The id of an HTTP request, in error texts and the log.</summary>
internal static class RequestIds
{
    private const int MaximumLength = 64;

    /// <summary>What the caller chose, if it is harmless; else sixteen random hex characters.</summary>
    public static string Of(HttpContext http)
    {
        var chosen = http.Request.Headers["Convex-Request-Id"].ToString();
        if (chosen.Length is > 0 and <= MaximumLength && chosen.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')) return chosen;

        Span<byte> bytes = stackalloc byte[8];
        http.RequestServices.GetRequiredService<IOptions<FresnelOptions>>().Value.Entropy.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
