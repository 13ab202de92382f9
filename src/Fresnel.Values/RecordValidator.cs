using System.Text;
using System.Text.Json;

namespace Fresnel.Values;

/// <summary><c>v.record(v.id("users"), v.number())</c>: an object with any fields whose names and values fit.</summary>
public sealed class RecordValidator : Validator
{
    /// <summary>Takes the validators.</summary>
    /// <exception cref="DeveloperException"><c>InvalidRecordType</c>: keys must be strings, but not known ones.</exception>
    public RecordValidator(Validator keys, Validator values)
    {
        if (!keys.IsSubsetOf(ScalarValidator.String))
            throw new DeveloperException("InvalidRecordType", $"Records can only have string keys. Your validator contains a record with key typed as `{keys}`, which is not a subtype of `v.string()`");
        if (HasLiteral(keys)) throw new DeveloperException("InvalidRecordType", "Records cannot have string literal keys");
        Keys = keys;
        Values = values;
    }

    /// <summary>What each name must be.</summary>
    public Validator Keys { get; }

    /// <summary>What each value must be.</summary>
    public Validator Values { get; }

    private static bool HasLiteral(Validator keys) => keys is LiteralValidator || (keys is UnionValidator union && union.Members.Any(HasLiteral));

    internal override ValidationFailure? Fail(Value value, ITableNames tables)
    {
        if (value.Kind != ValueKind.Object) return ValidationFailure.NoMatch(value, this);
        var found = value.AsObject();
        for (var i = 0; i < found.Count; i++)
        {
            if (Keys.Fail(found.Names[i], tables) is { } ofKey) return ofKey.Within(".keys()");
            if (Values.Fail(found.Values[i], tables) is { } ofValue) return ofValue.Within(".values()");
        }

        return null;
    }

    internal override void Print(StringBuilder output)
    {
        output.Append("v.record(");
        Keys.Print(output);
        output.Append(", ");
        Values.Print(output);
        output.Append(')');
    }

    /// <inheritdoc/>
    public override bool Equals(Validator? other) => other is RecordValidator record && record.Keys.Equals(Keys) && record.Values.Equals(Values);

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter output)
    {
        output.WriteStartObject();
        output.WritePropertyName("keys");
        Keys.WriteJson(output);
        output.WriteString("type", "record");
        output.WritePropertyName("values");
        ObjectValidator.WriteField(Values, optional: false, output);
        output.WriteEndObject();
    }
}
