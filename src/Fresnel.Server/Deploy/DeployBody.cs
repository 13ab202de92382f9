using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fresnel.Server.Deploy;

/// <summary>Reads what the CLI sends: JSON, brotli-compressed where the CLI likes, bounded either way. Source: <c>spec/deploy-api.md</c> §2 and §13.</summary>
internal static class DeployBody
{
    /// <summary>The most that a body may be, decompressed. Bytes; 200 MB. A larger one is refused with 400 <c>BodyTooLarge</c>.</summary>
    public const long MaxBytes = 200_000_000;

    /// <summary>Reads a body.</summary>
    /// <exception cref="RequestException">400: it is too large, not what it says it is, or not what was expected.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type) where T : class
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBytes;
        try
        {
            await using var body = new BoundedStream(Decompress(http.Request), MaxBytes);
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
