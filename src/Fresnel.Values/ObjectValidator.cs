using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Fresnel.Values;

/// <summary>A field of <c>v.object</c>.</summary>
/// <param name="Name">An identifier.</param>
/// <param name="Validator">What its value must be.</param>
/// <param name="Optional">Whether it may be missing. Null is not missing.</param>
public sealed record FieldValidator(string Name, Validator Validator, bool Optional);

/// <summary><c>v.object({a: v.string(), b: v.optional(v.number())})</c>: exactly these fields.</summary>
public sealed class ObjectValidator : Validator
{
    /// <summary>Takes the fields, whose names are unique, in any order.</summary>
    /// <exception cref="DeveloperException">A name is not an identifier, or stands twice.</exception>
    public ObjectValidator(IEnumerable<FieldValidator> fields)
    {
        Fields = [.. fields.OrderBy(field => field.Name, StringComparer.Ordinal)];
        for (var i = 0; i < Fields.Length; i++)
        {
            if (Identifier.Problem(Fields[i].Name) is { } problem) throw new DeveloperException("InvalidValidator", problem);
            if (i > 0 && Fields[i - 1].Name == Fields[i].Name) throw new DeveloperException("InvalidValidator", $"The field `{Fields[i].Name}` stands twice.");
        }
    }

    /// <summary>The fields in name order.</summary>
    public ImmutableArray<FieldValidator> Fields { get; }

    /// <summary>The field, or null.</summary>
    public FieldValidator? Field(string name)
    {
        foreach (var field in Fields)
        {
            if (field.Name == name) return field;
        }

        return null;
    }

    internal override ValidationFailure? Fail(Value value, ITableNames tables)
    {
        if (value.Kind != ValueKind.Object) return ValidationFailure.NoMatch(value, this);
        var found = value.AsObject();
        var known = 0;
        foreach (var field in Fields)
        {
            var part = found[field.Name];
            if (part.IsUndefined)
            {
                if (!field.Optional) return ValidationFailure.MissingField(field.Name, found, this);
                continue;
            }

            known++;
            if (field.Validator.Fail(part, tables) is { } failure) return failure.Within($".{field.Name}");
        }

        return known == found.Count ? null : ValidationFailure.ExtraField(FirstUnknown(found), found, this);
    }

    private string FirstUnknown(ValueObject found)
    {
        foreach (var name in found.Names)
        {
            if (Field(name) is null) return name;
        }

        throw new InvalidOperationException("Every field of the object is in the validator.");
    }

    internal override void Print(StringBuilder output)
    {
        output.Append("v.object({");
        for (var i = 0; i < Fields.Length; i++)
        {
            if (i > 0) output.Append(", ");
            output.Append(Fields[i].Name).Append(": ");
            if (Fields[i].Optional) output.Append("v.optional(");
            Fields[i].Validator.Print(output);
            if (Fields[i].Optional) output.Append(')');
        }

        output.Append("})");
    }

    /// <inheritdoc/>
    public override bool Equals(Validator? other) => other is ObjectValidator found && Fields.AsSpan().SequenceEqual(found.Fields.AsSpan());

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter output)
    {
        output.WriteStartObject();
        output.WriteString("type", "object");
        output.WriteStartObject("value");
        foreach (var field in Fields)
        {
            output.WritePropertyName(field.Name);
            WriteField(field.Validator, field.Optional, output);
        }

        output.WriteEndObject();
        output.WriteEndObject();
    }

    internal static void WriteField(Validator validator, bool optional, Utf8JsonWriter output)
    {
        output.WriteStartObject();
        output.WritePropertyName("fieldType");
        validator.WriteJson(output);
        output.WriteBoolean("optional", optional);
        output.WriteEndObject();
    }
}
