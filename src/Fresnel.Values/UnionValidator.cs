using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Fresnel.Values;

/// <summary><c>v.union(v.string(), v.null())</c>: any member. Without members it accepts nothing.</summary>
/// <param name="members">The members in their order.</param>
public sealed class UnionValidator(ImmutableArray<Validator> members) : Validator
{
    /// <summary>The members in their order.</summary>
    public ImmutableArray<Validator> Members => members;

    internal override ValidationFailure? Fail(Value value, ITableNames tables)
    {
        if (members.Length == 1) return members[0].Fail(value, tables);
        foreach (var member in members)
        {
            if (member.Fail(value, tables) is null) return null;
        }

        return ValidationFailure.NoMatch(value, this);
    }

    internal override void Print(StringBuilder output)
    {
        output.Append("v.union(");
        for (var i = 0; i < members.Length; i++)
        {
            if (i > 0) output.Append(", ");
            members[i].Print(output);
        }

        output.Append(')');
    }

    /// <inheritdoc/>
    public override bool Equals(Validator? other) => other is UnionValidator union && members.AsSpan().SequenceEqual(union.Members.AsSpan());

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter output)
    {
        output.WriteStartObject();
        output.WriteString("type", "union");
        output.WriteStartArray("value");
        foreach (var member in members) member.WriteJson(output);
        output.WriteEndArray();
        output.WriteEndObject();
    }
}
