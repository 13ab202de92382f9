namespace Fresnel.Values;

/// <summary>Whether one validator accepts no more than another. Source: <c>spec/data-model.md</c> §4.1.</summary>
internal static class ValidatorSubset
{
    public static bool IsSubset(Validator small, Validator large)
    {
        if (ReferenceEquals(large, Validator.Any) || small.Equals(large)) return true;
        if (small is UnionValidator members) return members.Members.All(member => IsSubset(member, large));
        if (large is UnionValidator union) return union.Members.Any(member => IsSubset(small, member)) || (small == ScalarValidator.Boolean && HasBothBooleans(union));
        return (small, large) switch
        {
            (LiteralValidator literal, ScalarValidator) => IsSubset(literal.Type, large),
            (IdValidator, _) => large == ScalarValidator.String,
            // Before its commit a placeholder fits only the second; in stored data they are one.
            (ScalarValidator, ScalarValidator) => IsInteger(small) && IsInteger(large),
            (ArrayValidator from, ArrayValidator to) => IsSubset(from.Element, to.Element),
            (RecordValidator from, RecordValidator to) => IsSubset(from.Keys, to.Keys) && IsSubset(from.Values, to.Values),
            (ObjectValidator from, ObjectValidator to) => IsSubset(from, to),
            _ => false,
        };
    }

    private static bool IsSubset(ObjectValidator small, ObjectValidator large)
    {
        foreach (var from in small.Fields)
        {
            if (large.Field(from.Name) is not { } to || (from.Optional && !to.Optional) || !IsSubset(from.Validator, to.Validator)) return false;
        }

        return large.Fields.All(field => field.Optional || small.Field(field.Name) is not null);
    }

    private static bool IsInteger(Validator validator) => validator == ScalarValidator.Int64 || validator == ScalarValidator.CommitTimestamp;

    private static bool HasBothBooleans(UnionValidator union) =>
        union.Members.Any(member => member is LiteralValidator literal && literal.Value == true) &&
        union.Members.Any(member => member is LiteralValidator literal && literal.Value == false);
}
