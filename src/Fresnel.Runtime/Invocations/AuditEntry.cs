using System.Buffers;
using System.Text;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>One entry of the audit log as the function wrote it: variables in it (<c>{"$var":"now"}</c>) are filled in whenever it is told, so that a cached result tells of who got it.</summary>
internal sealed class AuditEntry
{
    private const string Variable = "$var";
    private readonly byte[] _json;

    private AuditEntry(byte[] json) => _json = json;

    /// <summary>Bytes of its JSON.</summary>
    public long Bytes => _json.Length;

    /// <summary>Reads the arguments of <c>1.0/auditLog</c>.</summary>
    /// <exception cref="DeveloperException">The body is no object, or has a key or variable that is not known.</exception>
    public static AuditEntry Read(JsonElement given)
    {
        if (!given.TryGetProperty("body", out var body) || body.ValueKind != JsonValueKind.Object || body.TryGetProperty(Variable, out _)) throw Invalid("Expected an object");
        Check(body);
        return new AuditEntry(Encoding.UTF8.GetBytes(body.GetRawText()));
    }

    /// <summary>The body with its variables filled in.</summary>
    /// <param name="call">Who asked.</param>
    /// <param name="unixMilliseconds">The time.</param>
    public string Resolve(FunctionCall call, double unixMilliseconds)
    {
        using var json = JsonDocument.Parse(_json, SyscallArguments.Deep);
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output)) Write(json.RootElement, writer, call, unixMilliseconds);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void Check(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            foreach (var element in json.EnumerateArray()) Check(element);
        }

        if (json.ValueKind != JsonValueKind.Object) return;
        if (json.Text(Variable) is { } name && json.GetPropertyCount() == 1)
        {
            if (name is not ("requestId" or "ip" or "userAgent" or "now" or "convexActor")) throw Invalid($"Unknown audit variable: {name}");
            return;
        }

        foreach (var member in json.EnumerateObject())
        {
            if (member.Name.StartsWith('$')) throw Invalid($"Audit log body keys must not start with \"$\": \"{member.Name}\"");
            Check(member.Value);
        }
    }

    private static void Write(JsonElement json, Utf8JsonWriter writer, FunctionCall call, double unixMilliseconds)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var element in json.EnumerateArray()) Write(element, writer, call, unixMilliseconds);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Object when json.Text(Variable) is { } name:
                WriteVariable(name, writer, call, unixMilliseconds);
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in json.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, writer, call, unixMilliseconds);
                }

                writer.WriteEndObject();
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }

    private static void WriteVariable(string name, Utf8JsonWriter writer, FunctionCall call, double unixMilliseconds)
    {
        switch (name)
        {
            case "requestId": writer.WriteStringValue(call.RequestId); break;
            case "ip": writer.WriteStringValue(call.Origin.Address); break;
            case "userAgent": writer.WriteStringValue(call.Origin.UserAgent); break;
            case "now": writer.WriteNumberValue(unixMilliseconds); break;
            case "convexActor" when call.Identity.IsAdmin:
                writer.WriteStartObject();
                writer.WriteString("type", "instance_admin");
                writer.WriteEndObject();
                break;
            default: writer.WriteNullValue(); break;
        }
    }

    private static DeveloperException Invalid(string cause) => SyscallArguments.Invalid("body", "log.audit", cause);
}
