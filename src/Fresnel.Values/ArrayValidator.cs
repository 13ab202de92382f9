using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fresnel.Values;

/// <summary><c>v.array(v.string())</c>.</summary>
/// <param name="element">What each element must be.</param>
public sealed class ArrayValidator(Validator element) : Validator
{
    /// <summary>What each element must be.</summary>
    public Validator Element => element;

    internal override ValidationFailure? Fail(Value value, ITableNames tables)
    {
        if (value.Kind != ValueKind.Array) return ValidationFailure.NoMatch(value, this);
        var elements = value.AsArray();
        for (var i = 0; i < elements.Length; i++)
        {
            if (element.Fail(elements[i], tables) is { } failure) return failure.Within(string.Create(CultureInfo.InvariantCulture, $"[{i}]"));
        }

        return null;
    }

    internal override void Print(StringBuilder output)
    {
        output.Append("v.array(");
        element.Print(output);
        output.Append(')');
    }

    /// <inheritdoc/>
    public override bool Equals(Validator? other) => other is ArrayValidator array && array.Element.Equals(element);

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter output)
    {
        output.WriteStartObject();
        output.WriteString("type", "array");
        output.WritePropertyName("value");
        element.WriteJson(output);
        output.WriteEndObject();
    }
}
