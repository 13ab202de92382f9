using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fresnel.Runtime.Pushes;

/// <summary>Reads and writes what the CLI sends and is told.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, PropertyNameCaseInsensitive = false, NumberHandling = JsonNumberHandling.Strict, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = MaxDepth)]
[JsonSerializable(typeof(PushRequest))]
[JsonSerializable(typeof(StartedPush))]
[JsonSerializable(typeof(WaitForSchemaRequest))]
[JsonSerializable(typeof(SchemaStatus))]
[JsonSerializable(typeof(FinishPushRequest))]
[JsonSerializable(typeof(PushDiff))]
[JsonSerializable(typeof(ConfigHashesRequest))]
[JsonSerializable(typeof(ConfigHashes))]
[JsonSerializable(typeof(SchemaEvaluation))]
[JsonSerializable(typeof(PushEvaluation))]
[JsonSerializable(typeof(PushReport))]
public sealed partial class PushJson : JsonSerializerContext
{
    /// <summary>Validators nest up to 64 levels, and each takes three of JSON.</summary>
    private const int MaxDepth = 256;

    /// <summary>A JSON text as an element that lives for itself.</summary>
    internal static System.Text.Json.JsonElement Element(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        return System.Text.Json.JsonElement.ParseValue(ref reader);
    }

    /// <inheritdoc cref="Element(ReadOnlySpan{byte})"/>
    internal static System.Text.Json.JsonElement Element(string json) => Element(System.Text.Encoding.UTF8.GetBytes(json));
}
