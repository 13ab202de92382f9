using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fresnel.Runtime.Invocations;

/// <summary>Log lines as the JSON text that a request record keeps.</summary>
internal static partial class LogLineJson
{
    /// <summary>The text.</summary>
    public static string Write(IReadOnlyList<LogLine> lines) => lines.Count == 0 ? "[]" : JsonSerializer.Serialize(lines, Context.Default.IReadOnlyListLogLine);

    /// <summary>Reads it back.</summary>
    public static IReadOnlyList<LogLine> Parse(string json) => json == "[]" ? [] : JsonSerializer.Deserialize(json, Context.Default.IReadOnlyListLogLine) ?? [];

    [JsonSerializable(typeof(IReadOnlyList<LogLine>))]
    [JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    private sealed partial class Context : JsonSerializerContext;
}
