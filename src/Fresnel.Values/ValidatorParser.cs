using System.Text.Json;

namespace Fresnel.Values;

/// <summary>Reads validator JSON. Source: <c>spec/data-model.md</c> §4.1.</summary>
internal static class ValidatorParser
{
    /// <summary>Deeper than any value that could fit: each level of <c>v.object</c> takes three of JSON.</summary>
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 3 * ValueLimits.Nesting + 4 };

    public static Validator Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return Parse(document.RootElement);
        }
        catch (JsonException problem)
        {
            throw Invalid($"The validator is not valid JSON: {problem.Message}");
        }
    }

    public static Validator Parse(JsonElement json)
    {
        try
        {
            return Read(json, depth: 0);
        }
        catch (InvalidOperationException)
        {
            // Every type is looked at before it is read; what is left is text that JSON can spell and Unicode cannot.
            throw Invalid("A text in the validator has an unpaired surrogate.");
        }
    }

    private static Validator Read(JsonElement json, int depth)
    {
        if (depth > ValueLimits.Nesting + 1) throw Invalid($"The validator is nested more than {ValueLimits.Nesting} levels deep.");
        var type = Property(json, "type", JsonValueKind.String).GetString()!;
        return type switch
        {
            "id" => new IdValidator(Property(json, "tableName", JsonValueKind.String).GetString()!),
            "literal" => ReadLiteral(json),
            "array" => new ArrayValidator(Read(Property(json, "value", JsonValueKind.Object), depth + 1)),
            "union" => new UnionValidator([.. Property(json, "value", JsonValueKind.Array).EnumerateArray().Select(member => Read(member, depth + 1))]),
            "object" => new ObjectValidator(Property(json, "value", JsonValueKind.Object).EnumerateObject().Select(field => ReadField(field, depth + 1)).ToArray()),
            "record" => ReadRecord(json, depth + 1),
            _ => ScalarValidator.OfType(type) ?? throw Invalid($"Unknown validator type `{type}`."),
        };
    }

    private static LiteralValidator ReadLiteral(JsonElement json)
    {
        if (!json.TryGetProperty("value", out var value)) throw Invalid("A validator of type `literal` has no `value`.");
        return new(ValueJson.Parse(value));
    }

    private static FieldValidator ReadField(JsonProperty field, int depth)
    {
        try
        {
            var (validator, optional) = ReadFieldType(field.Value, depth);
            return new(field.Name, validator, optional);
        }
        catch (DeveloperException problem)
        {
            throw new DeveloperException(problem.Code, $"Invalid validator for key `{field.Name}`: {problem.Message}");
        }
    }

    private static RecordValidator ReadRecord(JsonElement json, int depth)
    {
        var keys = Read(Property(json, "keys", JsonValueKind.Object), depth);
        var (values, optional) = ReadFieldType(Property(json, "values", JsonValueKind.Object), depth);
        var record = new RecordValidator(keys, values);
        return optional ? throw new DeveloperException("InvalidRecordType", "Records cannot have optional values") : record;
    }

    private static (Validator Validator, bool Optional) ReadFieldType(JsonElement json, int depth)
    {
        var validator = Read(Property(json, "fieldType", JsonValueKind.Object), depth);
        return (validator, json.TryGetProperty("optional", out var optional) && optional.ValueKind == JsonValueKind.True);
    }

    private static JsonElement Property(JsonElement json, string name, JsonValueKind kind)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Invalid($"A validator is an object, not {json.ValueKind}.");
        if (!json.TryGetProperty(name, out var value)) throw Invalid($"A validator has no `{name}`.");
        return value.ValueKind == kind ? value : throw Invalid($"The `{name}` of a validator must be of type {kind}, not {value.ValueKind}.");
    }

    private static DeveloperException Invalid(string message) => new("InvalidValidator", message);
}
