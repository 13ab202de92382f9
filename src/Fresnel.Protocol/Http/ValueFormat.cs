namespace Fresnel.Protocol.Http;

/// <summary>How values are written in the answers of the HTTP API. Source: <c>spec/client-protocol.md</c> §1.7.</summary>
public enum ValueFormat
{
    /// <summary><c>json</c> or <c>convex_clean_json</c>: lossy, for people. The default.</summary>
    Json,

    /// <summary><c>convex_encoded_json</c> or <c>convex_json</c>: as on the sync socket.</summary>
    ConvexEncodedJson,

    /// <summary><c>export_json</c>: Int64 as JSON integers, floats always with a fraction.</summary>
    ExportJson,
}

/// <summary>The names of <see cref="ValueFormat"/>.</summary>
public static class ValueFormats
{
    /// <summary>Reads a name; null means <see cref="ValueFormat.Json"/>. False when there is no such format.</summary>
    public static bool TryParse(string? name, out ValueFormat format)
    {
        (var isKnown, format) = name switch
        {
            null or "json" or "convex_clean_json" => (true, ValueFormat.Json),
            "convex_encoded_json" or "convex_json" => (true, ValueFormat.ConvexEncodedJson),
            "export_json" => (true, ValueFormat.ExportJson),
            _ => (false, ValueFormat.Json),
        };
        return isKnown;
    }
}
