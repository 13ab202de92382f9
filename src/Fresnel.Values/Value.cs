namespace Fresnel.Values;

/// <summary>One immutable value: 24 bytes, no allocation for scalars. The default is <see cref="Undefined"/>.</summary>
/// <remarks>Equality and order are those of <c>spec/data-model.md</c> §2.1: <c>-0</c> is not <c>0</c>, <c>NaN</c> equals itself, <c>1n</c> is not <c>1</c>.</remarks>
public readonly partial struct Value : IEquatable<Value>, IComparable<Value>
{
    /// <summary>The absent field.</summary>
    public static Value Undefined => default;

    /// <summary>Null.</summary>
    public static Value Null => throw new NotImplementedException();

    /// <summary>The type.</summary>
    public ValueKind Kind => throw new NotImplementedException();

    /// <summary>Whether this is the absent field.</summary>
    public bool IsUndefined => Kind == ValueKind.Undefined;

    /// <summary>Whether this is the placeholder of a commit timestamp (<c>{"$commitTs":null}</c>); it orders as the greatest Int64.</summary>
    public bool IsCommitTimestamp => throw new NotImplementedException();

    /// <summary>The placeholder of a commit timestamp.</summary>
    public static Value CommitTimestamp => throw new NotImplementedException();

    /// <summary>An Int64.</summary>
    public static Value Int64(long value) => throw new NotImplementedException();

    /// <summary>A Float64.</summary>
    public static Value Float64(double value) => throw new NotImplementedException();

    /// <summary>A Boolean.</summary>
    public static Value Boolean(bool value) => throw new NotImplementedException();

    /// <summary>A String; it must be valid Unicode.</summary>
    /// <exception cref="InvalidValueException">It has an unpaired surrogate.</exception>
    public static Value String(string value) => throw new NotImplementedException();

    /// <summary>Bytes; the memory must not change afterwards.</summary>
    public static Value Bytes(ReadOnlyMemory<byte> value) => throw new NotImplementedException();

    /// <summary>An Array; the array must not change afterwards.</summary>
    public static Value Array(params Value[] elements) => throw new NotImplementedException();

    /// <summary>An Object.</summary>
    public static Value Object(ValueObject fields) => throw new NotImplementedException();

    /// <summary>The Int64. <see cref="InvalidOperationException"/> when it is not one; so do the others below.</summary>
    public long AsInt64() => throw new NotImplementedException();

    /// <summary>The Float64.</summary>
    public double AsFloat64() => throw new NotImplementedException();

    /// <summary>The Boolean.</summary>
    public bool AsBoolean() => throw new NotImplementedException();

    /// <summary>The String.</summary>
    public string AsString() => throw new NotImplementedException();

    /// <summary>The Bytes.</summary>
    public ReadOnlyMemory<byte> AsBytes() => throw new NotImplementedException();

    /// <summary>The elements of the Array.</summary>
    public ReadOnlySpan<Value> AsArray() => throw new NotImplementedException();

    /// <summary>The Object.</summary>
    public ValueObject AsObject() => throw new NotImplementedException();

    /// <summary>The size in bytes by the rules of <c>spec/data-model.md</c> §1.1 (not the length of its JSON).</summary>
    public int Size => throw new NotImplementedException();

    /// <summary>0 for a scalar, else 1 + the deepest element.</summary>
    public int Nesting => throw new NotImplementedException();

    /// <inheritdoc/>
    public int CompareTo(Value other) => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool Equals(Value other) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Value other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => throw new NotImplementedException();

    /// <summary>The display of <c>spec/data-model.md</c> §4.4, as error texts print it: <c>{a: 1.0, b: "x"}</c>.</summary>
    public override string ToString() => throw new NotImplementedException();

    /// <summary>A String.</summary>
    public static implicit operator Value(string value) => String(value);

    /// <summary>A Boolean.</summary>
    public static implicit operator Value(bool value) => Boolean(value);

    /// <summary>An Object.</summary>
    public static implicit operator Value(ValueObject value) => Object(value);

    /// <summary>Equality by <c>spec/data-model.md</c> §2.1.</summary>
    public static bool operator ==(Value left, Value right) => left.Equals(right);

    /// <summary>Inequality by <c>spec/data-model.md</c> §2.1.</summary>
    public static bool operator !=(Value left, Value right) => !left.Equals(right);
}
