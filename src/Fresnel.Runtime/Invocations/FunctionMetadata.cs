using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>The answers of <c>ctx.meta</c> and <c>ctx.auth</c>, which are the same in every kind of function. Source: <c>spec/function-runtime.md</c> §3.7.</summary>
internal static partial class FunctionMetadata
{
    /// <summary>The answer of a syscall that has none.</summary>
    public static ReadOnlyMemory<byte> Null { get; } = "null"u8.ToArray();

    /// <summary>The answer of a syscall that is a string.</summary>
    public static ReadOnlyMemory<byte> Text(string text) => JsonSerializer.SerializeToUtf8Bytes(text, TextContext.Default.String);

    /// <summary><c>1.0/getUserIdentity</c>.</summary>
    public static ReadOnlyMemory<byte> UserIdentity(ValueObject? attributes)
    {
        if (attributes is null) return Null;
        var output = new ArrayBufferWriter<byte>();
        ValueJson.WritePlain(attributes, output);
        return output.WrittenMemory;
    }

    /// <summary><c>1.0/getFunctionMetadata</c>.</summary>
    public static ReadOnlyMemory<byte> Function(FunctionPath path, string component) => Write(json =>
    {
        json.WriteString("name", path.ToString());
        json.WriteString("componentPath", component);
    });

    /// <summary><c>1.0/getDeploymentMetadata</c>. A deployment of one's own has no region, and is of the smallest class.</summary>
    public static ReadOnlyMemory<byte> Deployment(string name) => Write(json =>
    {
        json.WriteString("name", name);
        json.WriteNull("region");
        json.WriteString("class", "s16");
    });

    /// <summary><c>1.0/getRequestMetadata</c>: of the request at the root.</summary>
    public static ReadOnlyMemory<byte> Request(FunctionCall root) => Write(json =>
    {
        json.WriteString("ip", root.Origin.Address);
        json.WriteString("userAgent", root.Origin.UserAgent);
        json.WriteString("requestId", root.RequestId);
        json.WriteString("scheduledFunctionId", root.ScheduledFunctionId);
        json.WriteString("authToken", (root.Identity as UserIdentity)?.Token);
    });

    /// <summary>Writes the members of an object.</summary>
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return output.WrittenMemory;
    }

    [JsonSerializable(typeof(string))]
    private sealed partial class TextContext : JsonSerializerContext;
}
