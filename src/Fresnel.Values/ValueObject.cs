using System.Collections;

namespace Fresnel.Values;

/// <summary>The fields of an object value: immutable, sorted by name, none of them <see cref="Value.Undefined"/>.</summary>
public sealed class ValueObject : IReadOnlyCollection<KeyValuePair<string, Value>>, IEquatable<ValueObject>, IComparable<ValueObject>
{
    // Two arrays of one length. Names are ASCII (FieldName), so ordinal order is the order of their bytes.
    private readonly string[] _names;
    private readonly Value[] _values;

    private ValueObject(string[] names, Value[] values)
    {
        _names = names;
        _values = values;
        if (names.Length > ValueLimits.ObjectFields && CountedFields > ValueLimits.ObjectFields) throw ValueLimits.TooManyFields(CountedFields);
        var (size, nesting) = (2L, 0);
        for (var i = 0; i < names.Length; i++)
        {
            FieldName.Require(names[i]);
            size += names[i].Length + 1 + values[i].Size;
            nesting = Math.Max(nesting, values[i].Nesting);
        }

        Size = (int)Value.CheckSize(size);
        Nesting = Value.CheckNesting(nesting + 1);
    }

    /// <summary>No fields.</summary>
    public static ValueObject Empty { get; } = new([], []);

    /// <summary>Takes the fields in any order; undefined ones are left out; of a name given twice the last one counts.</summary>
    /// <exception cref="InvalidValueException">A name is not one for a field, or a limit of <see cref="ValueLimits"/> is exceeded.</exception>
    public static ValueObject Create(params ReadOnlySpan<(string Name, Value Value)> fields)
    {
        var names = new string[fields.Length];
        var values = new Value[fields.Length];
        for (var i = 0; i < fields.Length; i++) (names[i], values[i]) = fields[i];
        return Take(names, values);
    }

    /// <inheritdoc cref="Create(ReadOnlySpan{ValueTuple{string, Value}})"/>
    public static ValueObject From(IEnumerable<KeyValuePair<string, Value>> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var pairs = fields.ToArray();
        return Take(System.Array.ConvertAll(pairs, pair => pair.Key), System.Array.ConvertAll(pairs, pair => pair.Value));
    }

    /// <summary>Takes both arrays over, in any order and with repeated names.</summary>
    internal static ValueObject Take(string[] names, Value[] values)
    {
        if (names.Length == 0) return Empty;
        if (!IsAscending(names)) Sort(ref names, ref values);
        if (System.Array.Exists(values, value => value.IsUndefined)) LeaveOutUndefined(ref names, ref values);
        return names.Length == 0 ? Empty : new(names, values);
    }

    /// <summary>The number of fields.</summary>
    public int Count => _names.Length;

    /// <summary>The number of fields that limits speak of: without <c>_id</c> and <c>_creationTime</c>, which the system adds.</summary>
    internal int CountedFields => Count - (IndexOf(DocumentRules.Id) >= 0 ? 1 : 0) - (IndexOf(DocumentRules.CreationTime) >= 0 ? 1 : 0);

    /// <summary>The size of the object as a value, in bytes.</summary>
    public int Size { get; }

    /// <summary>1 + the deepest field.</summary>
    public int Nesting { get; }

    /// <summary>The names, ascending.</summary>
    public ReadOnlySpan<string> Names => _names;

    /// <summary>The values, in the order of <see cref="Names"/>.</summary>
    public ReadOnlySpan<Value> Values => _values;

    /// <summary>The field, or <see cref="Value.Undefined"/>.</summary>
    public Value this[string name] => IndexOf(name) is >= 0 and var index ? _values[index] : Value.Undefined;

    /// <summary>The field at a path; undefined when it is absent or the path goes through something that is not an object.</summary>
    public Value this[FieldPath path]
    {
        get
        {
            Value value = this;
            foreach (var component in path.Components)
            {
                if (value.Kind != ValueKind.Object) return Value.Undefined;
                value = value.AsObject()[component];
            }

            return value;
        }
    }

    /// <summary>A copy with the field set, or removed when the value is undefined.</summary>
    public ValueObject With(string name, Value value) => Take([.. _names, name], [.. _values, value]);

    /// <summary>A copy with all these fields set or removed: the shallow merge of <c>db.patch</c>.</summary>
    public ValueObject Merge(ValuePatch patch)
    {
        if (TryReplace(patch) is { } replaced) return replaced;
        var names = new string[Count + patch.Fields.Count];
        var values = new Value[names.Length];
        _names.CopyTo(names, 0);
        _values.CopyTo(values, 0);
        for (var i = 0; i < patch.Fields.Count; i++) (names[Count + i], values[Count + i]) = patch.Fields[i];
        return Take(names, values);
    }

    /// <summary>The usual patch gives fields that are there other values: then the names stay as they are.</summary>
    private ValueObject? TryReplace(ValuePatch patch)
    {
        var values = (Value[])_values.Clone();
        for (var i = 0; i < patch.Fields.Count; i++)
        {
            var (name, value) = patch.Fields[i];
            var at = IndexOf(name);
            if (at < 0 || value.IsUndefined) return null;
            values[at] = value;
        }

        return new(_names, values);
    }

    /// <summary>By the list of (name, value) pairs: first names, then values, then the next pair; a prefix comes first.</summary>
    public int CompareTo(ValueObject? other)
    {
        if (other is null) return 1;
        for (var i = 0; i < Math.Min(Count, other.Count); i++)
        {
            var order = string.CompareOrdinal(_names[i], other._names[i]);
            if (order == 0) order = _values[i].CompareTo(other._values[i]);
            if (order != 0) return order;
        }

        return Count.CompareTo(other.Count);
    }

    /// <inheritdoc/>
    public bool Equals(ValueObject? other) =>
        ReferenceEquals(this, other) || (other is not null && _names.AsSpan().SequenceEqual(other._names) && _values.AsSpan().SequenceEqual(other._values));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueObject);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        for (var i = 0; i < Count; i++)
        {
            hash.Add(_names[i]);
            hash.Add(_values[i]);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc cref="Value.ToString"/>
    public override string ToString() => ValueDisplay.Print(this);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Value>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return new(_names[i], _values[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(string name) => System.Array.BinarySearch(_names, name, StringComparer.Ordinal);

    private static bool IsAscending(string[] names)
    {
        for (var i = 1; i < names.Length; i++)
        {
            if (string.CompareOrdinal(names[i - 1], names[i]) >= 0) return false;
        }

        return true;
    }

    /// <summary>Sorts by name and keeps the last of those that share one.</summary>
    private static void Sort(ref string[] names, ref Value[] values)
    {
        var given = names;
        var order = new int[names.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        System.Array.Sort(order, (left, right) => string.CompareOrdinal(given[left], given[right]) is var byName && byName != 0 ? byName : left.CompareTo(right));
        var sortedNames = new List<string>(names.Length);
        var sortedValues = new List<Value>(names.Length);
        for (var i = 0; i < order.Length; i++)
        {
            if (i + 1 < order.Length && given[order[i]] == given[order[i + 1]]) continue;
            sortedNames.Add(given[order[i]]);
            sortedValues.Add(values[order[i]]);
        }

        (names, values) = ([.. sortedNames], [.. sortedValues]);
    }

    private static void LeaveOutUndefined(ref string[] names, ref Value[] values)
    {
        var given = values;
        names = [.. names.Where((_, index) => !given[index].IsUndefined)];
        values = [.. values.Where(value => !value.IsUndefined)];
    }
}

/// <summary>The fields of a patch: like an object, but a field may be undefined, which removes it.</summary>
/// <param name="Fields">The fields; names are unique.</param>
public sealed record ValuePatch(IReadOnlyList<KeyValuePair<string, Value>> Fields);
