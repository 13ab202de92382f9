using System.Buffers;
using System.Text.Json;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fresnel.Server.HttpApi;

/// <summary>Reads bodies within a bound.</summary>
internal static class RequestBody
{
    /// <summary>16 MiB of arguments and something around them. Source: <c>spec/client-protocol.md</c> §1.5.</summary>
    public const int FunctionBytes = (16 << 20) + 2000;

    private const int FirstBytes = 4096;

    /// <summary>Reads a whole body.</summary>
    /// <exception cref="RequestException">It is larger.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, long maximumBytes)
    {
        Admit(http, maximumBytes);
        var body = new ArrayBufferWriter<byte>(FirstBytes); // Not what the header claims: memory is given for what has come.
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync(http.RequestAborted);
            foreach (var part in read.Buffer) body.Write(part.Span);
            http.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (body.WrittenCount > maximumBytes) throw TooLarge(maximumBytes);
            if (read.IsCompleted) return body.WrittenMemory;
        }
    }

    /// <summary>Refuses a body that says of itself that it is too large, and lifts the server's own bound: <see cref="ReadAsync"/> has one.</summary>
    /// <remarks>Beyond its own bound Kestrel cuts the connection, and a caller who is still sending never reads why. Without it, what is left of a body passes by unread, for the seconds that Kestrel gives it.</remarks>
    /// <exception cref="RequestException">This one says that it is larger.</exception>
    private static void Admit(HttpContext http, long maximumBytes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        if (http.Request.ContentLength > maximumBytes) throw TooLarge(maximumBytes);
    }

    /// <summary>Reads a JSON body with its content type.</summary>
    /// <exception cref="RequestException">It is not JSON, or not said to be, or larger.</exception>
    public static async Task<JsonElement> ReadJsonAsync(HttpContext http, int maximumBytes = FunctionBytes)
    {
        if (!IsJson(http.Request.ContentType)) throw RequestException.BadRequest("BadJsonBody", "Expected request with `Content-Type: application/json`");
        return ParseJson(await ReadAsync(http, maximumBytes));
    }

    /// <summary>Parses JSON that came from outside.</summary>
    /// <exception cref="RequestException">It is not JSON.</exception>
    public static JsonElement ParseJson(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 128 });
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw BadJson(exception);
        }
    }

    /// <summary>The answer to JSON that is malformed or has fields of the wrong type.</summary>
    public static RequestException BadJson(JsonException exception) => RequestException.BadRequest("BadJsonBody", $"Failed to parse the request body as JSON: {exception.Message}");

    private static bool IsJson(string? contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        if (end >= 0) type = type[..end];
        type = type.Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase) ||
            (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }

    private static RequestException TooLarge(long maximumBytes) => RequestException.BadRequest("BodyTooLarge", $"The request body is larger than {maximumBytes} bytes.");
}
