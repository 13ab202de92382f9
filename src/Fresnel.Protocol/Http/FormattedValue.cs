using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Protocol.Http;

/// <summary>Writes a value, given as encoded JSON, in a format of the HTTP API.</summary>
public static class FormattedValue
{
    /// <summary>Writes it as the next value.</summary>
    public static void Write(ReadOnlyMemory<byte> encoded, ValueFormat format, Utf8JsonWriter json)
    {
        switch (format)
        {
            case ValueFormat.ConvexEncodedJson:
                json.WriteRawValue(encoded.Span, skipInputValidation: true);
                break;
            case ValueFormat.ExportJson:
                WriteExport(ValueJson.Parse(encoded.Span), json);
                break;
            default:
                var plain = new ArrayBufferWriter<byte>(encoded.Length);
                ValueJson.WritePlain(ValueJson.Parse(encoded.Span), plain);
                json.WriteRawValue(plain.WrittenSpan, skipInputValidation: true);
                break;
        }
    }

    private static void WriteExport(Value value, Utf8JsonWriter json)
    {
        switch (value.Kind)
        {
            case ValueKind.Int64:
                json.WriteNumberValue(value.AsInt64());
                break;
            case ValueKind.Float64 when double.IsFinite(value.AsFloat64()) && !IsNegativeZero(value.AsFloat64()):
                var text = value.AsFloat64().ToString("R", CultureInfo.InvariantCulture);
                json.WriteRawValue(text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text, skipInputValidation: true);
                break;
            case ValueKind.Array:
                json.WriteStartArray();
                foreach (var element in value.AsArray()) WriteExport(element, json);
                json.WriteEndArray();
                break;
            case ValueKind.Object:
                json.WriteStartObject();
                foreach (var (name, field) in value.AsObject())
                {
                    json.WritePropertyName(Encoding.UTF8.GetBytes(name));
                    WriteExport(field, json);
                }

                json.WriteEndObject();
                break;
            default:
                // Null, booleans, strings and bytes look as everywhere; so do the floats that JSON numbers cannot show.
                json.WriteRawValue(ValueJson.Write(value), skipInputValidation: true);
                break;
        }
    }

    private static bool IsNegativeZero(double number) => number == 0 && double.IsNegative(number);
}
