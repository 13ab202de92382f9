using System.Collections;

namespace Fresnel.Values;

/// <summary>The fields of an object value: immutable, sorted by name, none of them <see cref="Value.Undefined"/>.</summary>
public sealed class ValueObject : IReadOnlyCollection<KeyValuePair<string, Value>>
{
    /// <summary>No fields.</summary>
    public static ValueObject Empty => throw new NotImplementedException();

    /// <summary>Takes the fields in any order; undefined ones are left out; of a name given twice the last one counts.</summary>
    public static ValueObject Create(params ReadOnlySpan<(string Name, Value Value)> fields) => throw new NotImplementedException();

    /// <inheritdoc cref="Create(ReadOnlySpan{ValueTuple{string, Value}})"/>
    public static ValueObject From(IEnumerable<KeyValuePair<string, Value>> fields) => throw new NotImplementedException();

    /// <summary>The number of fields.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>The field, or <see cref="Value.Undefined"/>.</summary>
    public Value this[string name] => throw new NotImplementedException();

    /// <summary>The field at a path; undefined when it is absent or the path goes through something that is not an object.</summary>
    public Value this[FieldPath path] => throw new NotImplementedException();

    /// <summary>A copy with the field set, or removed when the value is undefined.</summary>
    public ValueObject With(string name, Value value) => throw new NotImplementedException();

    /// <summary>A copy with all these fields set or removed: the shallow merge of <c>db.patch</c>.</summary>
    public ValueObject Merge(ValuePatch patch) => throw new NotImplementedException();

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Value>> GetEnumerator() => throw new NotImplementedException();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The fields of a patch: like an object, but a field may be undefined, which removes it.</summary>
/// <param name="Fields">The fields; names are unique.</param>
public sealed record ValuePatch(IReadOnlyList<KeyValuePair<string, Value>> Fields);
