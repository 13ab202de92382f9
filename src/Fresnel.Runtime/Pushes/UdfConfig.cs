using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Time and chance while modules are imported, as values in JSON.</summary>
/// <param name="ServerVersion">The version of the npm library.</param>
/// <param name="ImportPhaseRngSeed">32 Bytes.</param>
/// <param name="ImportPhaseUnixTimestamp">Int64, nanoseconds.</param>
public sealed record UdfConfig(string ServerVersion, JsonElement ImportPhaseRngSeed, JsonElement ImportPhaseUnixTimestamp)
{
    private const double NanosecondsPerMillisecond = 1e6;

    internal static UdfConfig From(string serverVersion, ImportPhase phase) => new(
        serverVersion,
        ToJson(Value.Bytes(phase.Seed)),
        ToJson(Value.Int64((long)(phase.UnixMilliseconds * NanosecondsPerMillisecond))));

    /// <summary>The seed, Bytes.</summary>
    internal Value ReadSeed() => Read(ImportPhaseRngSeed, ValueKind.Bytes);

    /// <summary>The time, in milliseconds.</summary>
    internal double ReadUnixMilliseconds() => Read(ImportPhaseUnixTimestamp, ValueKind.Int64).AsInt64() / NanosecondsPerMillisecond;

    private static Value Read(JsonElement json, ValueKind kind)
    {
        var value = ValueJson.Parse(Encoding.UTF8.GetBytes(json.GetRawText()));
        return value.Kind == kind ? value : throw new DeveloperException("InvalidConfig", $"startPush holds a {value.Kind} where {kind} must be.");
    }

    private static JsonElement ToJson(Value value) => PushJson.Element(ValueJson.Write(value));
}
