using System.Text.Json;

namespace Fresnel.Protocol.Http;

/// <summary>The body of a call over HTTP. Which fields must be there depends on the route. Source: <c>spec/client-protocol.md</c> §3.1.</summary>
/// <param name="Path">The function path as sent.</param>
/// <param name="Arguments">JSON: an array of one object, or the object itself.</param>
/// <param name="Format">How values are to be written, as sent.</param>
/// <param name="ComponentPath">The component, or null for the app.</param>
/// <param name="Timestamp">The snapshot to read, as sent.</param>
public sealed record FunctionRequest(string? Path, ReadOnlyMemory<byte>? Arguments, string? Format, string? ComponentPath, string? Timestamp)
{
    /// <summary>Reads a request from an object.</summary>
    /// <exception cref="JsonException">A field is of the wrong type.</exception>
    public static FunctionRequest Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) throw new JsonException("expected an object");
        return new(String(body, "path"), Raw(body, "args"), String(body, "format"), String(body, "componentPath"), String(body, "ts"));
    }

    /// <summary>The arguments as an array: what is not one is the single object of named arguments.</summary>
    public static ReadOnlyMemory<byte> AsArray(ReadOnlyMemory<byte> arguments)
    {
        if (arguments.Span.TrimStart(" \t\r\n"u8) is [(byte)'[', ..]) return arguments;
        var array = new byte[arguments.Length + 2];
        array[0] = (byte)'[';
        arguments.CopyTo(array.AsMemory(1));
        array[^1] = (byte)']';
        return array;
    }

    private static string? String(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var field) || field.ValueKind == JsonValueKind.Null) return null;
        return field.ValueKind == JsonValueKind.String ? field.GetString() : throw new JsonException($"field `{name}` must be a string");
    }

    private static ReadOnlyMemory<byte>? Raw(JsonElement body, string name) =>
        body.TryGetProperty(name, out var field) ? System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(field).ToArray() : default(ReadOnlyMemory<byte>?);

}
