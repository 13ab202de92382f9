using System.Text;
using System.Text.Json;

namespace Fresnel.Values;

/// <summary><c>v.id("users")</c>: a canonical id whose table number is that of the table. Whether the document exists is not checked.</summary>
/// <param name="tableName">The table.</param>
public sealed class IdValidator(string tableName) : Validator
{
    /// <summary>The table.</summary>
    public string TableName => tableName;

    internal override ValidationFailure? Fail(Value value, ITableNames tables)
    {
        if (value.Kind != ValueKind.String || !DocumentId.TryParse(value.AsString(), out var id) || tables.NameOf(id.TableNumber) is not { } found)
            return ValidationFailure.NoMatch(value, this);
        return found == tableName ? null : ValidationFailure.OtherTable(value.AsString(), found, this);
    }

    internal override void Print(StringBuilder output) => output.Append("v.id(\"").Append(tableName).Append("\")");

    /// <inheritdoc/>
    public override bool Equals(Validator? other) => other is IdValidator id && id.TableName == tableName;

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter output)
    {
        output.WriteStartObject();
        output.WriteString("tableName", tableName);
        output.WriteString("type", "id");
        output.WriteEndObject();
    }
}
