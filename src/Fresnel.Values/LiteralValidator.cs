using System.Text;
using System.Text.Json;

namespace Fresnel.Values;

/// <summary><c>v.literal("a")</c>: one value, which is a String, a finite Float64, a Boolean or an Int64.</summary>
public sealed class LiteralValidator : Validator
{
    /// <summary>Takes the value.</summary>
    /// <exception cref="DeveloperException">It is of another type, or not finite.</exception>
    public LiteralValidator(Value value)
    {
        if (value.Kind is not (ValueKind.String or ValueKind.Float64 or ValueKind.Boolean or ValueKind.Int64) || value.IsCommitTimestamp)
            throw new DeveloperException("InvalidValidator", $"A literal validator takes a string, a number, a boolean or a bigint, not {value}.");
        if (value.Kind == ValueKind.Float64 && !double.IsFinite(value.AsFloat64()))
            throw new DeveloperException("UnsupportedFloatLiteral", "Infinite or NaN values are not supported in literal validators.");
        Value = value;
    }

    /// <summary>The value.</summary>
    public Value Value { get; }

    /// <summary>The validator of its type.</summary>
    internal ScalarValidator Type => Value.Kind switch
    {
        ValueKind.String => ScalarValidator.String,
        ValueKind.Float64 => ScalarValidator.Float64,
        ValueKind.Boolean => ScalarValidator.Boolean,
        _ => ScalarValidator.Int64,
    };

    internal override ValidationFailure? Fail(Value value, ITableNames tables) => value == Value ? null : ValidationFailure.OtherLiteral(value, this);

    internal override void Print(StringBuilder output)
    {
        output.Append("v.literal(");
        if (Value.Kind == ValueKind.Int64) output.Append("<bigint>");
        else if (Value.Kind == ValueKind.Float64) output.Append(Value);
        else output.Append(Encoding.UTF8.GetString(ValueJson.Write(Value)));
        output.Append(')');
    }

    /// <inheritdoc/>
    public override bool Equals(Validator? other) => other is LiteralValidator literal && literal.Value == Value;

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter output)
    {
        output.WriteStartObject();
        output.WriteString("type", "literal");
        output.WritePropertyName("value");
        output.WriteRawValue(ValueJson.Write(Value));
        output.WriteEndObject();
    }
}
