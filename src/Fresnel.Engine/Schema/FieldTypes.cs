using Fresnel.Values;

namespace Fresnel.Engine.Schema;

/// <summary>What a document type says of its fields.</summary>
internal static class FieldTypes
{
    /// <summary>Whether a document type may be enforced: an object, a union of objects, or anything.</summary>
    public static bool IsDocumentType(Validator validator) =>
        validator == Validator.Any || validator is ObjectValidator || (validator is UnionValidator union && union.Members.All(IsObjects));

    /// <summary>The type without its outermost fields that begin with an underscore: those are the system's.</summary>
    public static Validator WithoutSystemFields(Validator documentType) => documentType switch
    {
        ObjectValidator fields => new ObjectValidator(fields.Fields.Where(field => !field.Name.StartsWith('_'))),
        UnionValidator union => new UnionValidator([.. union.Members.Select(WithoutSystemFields)]),
        _ => documentType,
    };

    /// <summary>Every type that a field may have: through objects and members of unions, not through records. None when it cannot exist.</summary>
    public static IEnumerable<Validator> At(Validator validator, FieldPath path) => At(validator, path.Components.AsMemory());

    /// <summary>Whether <c>v.id</c> of the table stands anywhere in it.</summary>
    public static bool References(Validator validator, string table) => validator switch
    {
        IdValidator id => id.TableName == table,
        ArrayValidator array => References(array.Element, table),
        RecordValidator record => References(record.Keys, table) || References(record.Values, table),
        UnionValidator union => union.Members.Any(member => References(member, table)),
        ObjectValidator fields => fields.Fields.Any(field => References(field.Validator, table)),
        _ => false,
    };

    private static bool IsObjects(Validator member) => member is ObjectValidator || (member is UnionValidator union && union.Members.All(IsObjects));

    private static IEnumerable<Validator> At(Validator validator, ReadOnlyMemory<string> path) => validator switch
    {
        _ when validator == Validator.Any => [validator],
        UnionValidator union => union.Members.SelectMany(member => At(member, path)),
        _ when path.IsEmpty => [validator],
        ObjectValidator fields => fields.Field(path.Span[0]) is { } field ? At(field.Validator, path[1..]) : [],
        _ => [],
    };
}
