using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fresnel.Server.Auth;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.Deploy;

/// <summary>Reads what the CLI sends: JSON, brotli-compressed where the CLI likes, bounded either way. Source: <c>spec/deploy-api.md</c> §2 and §13.</summary>
internal static class DeployBody
{
    /// <summary>The most that a body may be, decompressed. Bytes; 200 MB. A larger one is refused with 400 <c>BodyTooLarge</c>.</summary>
    public const long MaxBytes = 200_000_000;

    /// <summary>The most that is read of somebody whose key is not in the header, in the hope to find it in the body. Bytes; 1 MiB.</summary>
    public const long MaxBytesOfStrangers = 1 << 20;

    /// <summary>Reads a body, and lets only admins pass: the key is in the header, or in the body for those who send it there.</summary>
    /// <exception cref="RequestException">403: there is no good key. 400: the body is too large, not what it says it is, or not what was expected.</exception>
    public static async ValueTask<T> ReadOfAdminAsync<T>(HttpContext http, JsonTypeInfo<T> type, Func<T, string?> keyIn) where T : class
    {
        var admin = http.RequestServices.GetRequiredService<AdminAccess>();
        try
        {
            HttpAuthentication.RequireAdmin(http, admin);
        }
        catch (RequestException)
        {
            var told = await ReadAsync(http, type, MaxBytesOfStrangers);
            HttpAuthentication.RequireAdmin(http, admin, keyIn(told));
            return told;
        }

        return await ReadAsync(http, type, MaxBytes);
    }

    private static async ValueTask<T> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type, long maxBytes) where T : class
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = maxBytes;
        try
        {
            await using var body = new BoundedStream(Decompress(http.Request), maxBytes);
            return await JsonSerializer.DeserializeAsync(body, type, http.RequestAborted) ?? throw Invalid("it is null");
        }
        catch (JsonException exception)
        {
            throw Invalid(exception.Message);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException)
        {
            // The decoder throws either.
            throw Invalid("it is not compressed as its Content-Encoding says");
        }
    }

    private static Stream Decompress(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        return encoding switch
        {
            "" or "identity" => request.Body,
            "br" => new BrotliStream(request.Body, CompressionMode.Decompress),
            _ => throw Invalid($"its Content-Encoding is \"{encoding}\", and only \"br\" is known"),
        };
    }

    private static RequestException Invalid(string reason) => RequestException.BadRequest("InvalidConfig", $"The request body cannot be read: {reason}.");
}
