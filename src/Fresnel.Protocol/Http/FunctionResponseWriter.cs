using System.Text.Json;
using Fresnel.Protocol.Sync;

namespace Fresnel.Protocol.Http;

/// <summary>Writes how a function ended: <c>{"status":"success","value"}</c> or <c>{"status":"error","errorMessage","errorData"?}</c>, with <c>logLines</c> when there are any.</summary>
/// <remarks>Source: <c>spec/client-protocol.md</c> §3.2.</remarks>
public static class FunctionResponseWriter
{
    /// <summary>Writes one result.</summary>
    public static void Write(CallResult result, ValueFormat format, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("status"u8, result.ErrorMessage is null ? "success"u8 : "error"u8);
        if (result.ErrorMessage is null)
        {
            json.WritePropertyName("value"u8);
            FormattedValue.Write(result.Value, format, json);
        }
        else
        {
            json.WriteString("errorMessage"u8, result.ErrorMessage);
            if (result.ErrorData is { } data)
            {
                json.WritePropertyName("errorData"u8);
                FormattedValue.Write(data, format, json);
            }
        }

        if (result.LogLines.Count > 0)
        {
            json.WriteStartArray("logLines"u8);
            foreach (var line in result.LogLines) json.WriteStringValue(line);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
