using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fresnel.Runtime.Invocations;

/// <summary>A log line as the JSON text that a request record keeps.</summary>
internal static partial class LogLineJson
{
    /// <summary>The text.</summary>
    public static string Write(LogLine line) => JsonSerializer.Serialize(line, Context.Default.LogLine);

    /// <summary>Reads it back.</summary>
    public static LogLine Parse(string json) => JsonSerializer.Deserialize(json, Context.Default.LogLine)!;

    [JsonSerializable(typeof(LogLine))]
    [JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    private sealed partial class Context : JsonSerializerContext;
}
