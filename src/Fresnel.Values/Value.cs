using System.Runtime.InteropServices;

namespace Fresnel.Values;

/// <summary>One immutable value: 24 bytes, no allocation for scalars. The default is <see cref="Undefined"/>.</summary>
/// <remarks>
/// Equality and order are those of <c>spec/data-model.md</c> §2.1: <c>-0</c> is not <c>0</c>, <c>NaN</c> equals itself, <c>1n</c> is not <c>1</c>.
/// A value is valid by construction: whoever holds one need not ask for its counts, nesting, names or Unicode again (<see cref="ValueLimits"/>).
/// Since nesting is bounded, whatever walks a value may recurse.
/// </remarks>
public readonly partial struct Value : IEquatable<Value>, IComparable<Value>
{
    // What the two fields hold, by kind:
    //   Undefined, Null   nothing
    //   Int64             _bits: the number; _reference: Placeholder when it is a commit timestamp that is not known yet
    //   Float64           _bits: the IEEE bits
    //   Boolean           _bits: 0 or 1
    //   String            _reference: string;      _bits: size
    //   Bytes             _reference: byte[];      _bits: offset << 32 | length
    //   Array             _reference: Value[];     _bits: nesting << 32 | size
    //   Object            _reference: ValueObject; _bits: nesting << 32 | size
    private readonly object? _reference;
    private readonly long _bits;
    private readonly ValueKind _kind;

    private static readonly object Placeholder = new();
    private const long CanonicalNaN = 0x7ff8000000000000;

    private Value(ValueKind kind, long bits, object? reference = null)
    {
        _kind = kind;
        _bits = bits;
        _reference = reference;
    }

    /// <summary>The absent field.</summary>
    public static Value Undefined => default;

    /// <summary>Null.</summary>
    public static Value Null => new(ValueKind.Null, 0);

    /// <summary>The type.</summary>
    public ValueKind Kind => _kind;

    /// <summary>Whether this is the absent field.</summary>
    public bool IsUndefined => _kind == ValueKind.Undefined;

    /// <summary>Whether this is the placeholder of a commit timestamp (<c>{"$commitTs":null}</c>); it orders as the greatest Int64.</summary>
    public bool IsCommitTimestamp => ReferenceEquals(_reference, Placeholder);

    /// <summary>The placeholder of a commit timestamp. Its kind is Int64; it has the key of the greatest Int64 and equals only itself.</summary>
    public static Value CommitTimestamp => new(ValueKind.Int64, long.MaxValue, Placeholder);

    /// <summary>An Int64.</summary>
    public static Value Int64(long value) => new(ValueKind.Int64, value);

    /// <summary>A Float64. Every NaN becomes the one that JavaScript has (.NET's own has the sign bit set and would sort first).</summary>
    public static Value Float64(double value) => new(ValueKind.Float64, double.IsNaN(value) ? CanonicalNaN : BitConverter.DoubleToInt64Bits(value));

    /// <summary>A Float64 with exactly these bits, whichever NaN they may be: for what arrives encoded.</summary>
    internal static Value Float64FromBits(long bits) => new(ValueKind.Float64, bits);

    /// <summary>A Boolean.</summary>
    public static Value Boolean(bool value) => new(ValueKind.Boolean, value ? 1 : 0);

    /// <summary>A String; it must be valid Unicode.</summary>
    /// <exception cref="InvalidValueException">It has an unpaired surrogate, or is too large.</exception>
    public static Value String(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var size = 2L + Utf8Length(value);
        return new(ValueKind.String, CheckSize(size), value);
    }

    /// <summary>Bytes; the memory must not change afterwards.</summary>
    /// <exception cref="InvalidValueException">They are too many.</exception>
    public static Value Bytes(ReadOnlyMemory<byte> value)
    {
        CheckSize(2L + value.Length);
        if (!MemoryMarshal.TryGetArray(value, out var segment)) segment = new(value.ToArray());
        return new(ValueKind.Bytes, (long)segment.Offset << 32 | (uint)segment.Count, segment.Array ?? []);
    }

    /// <summary>An Array; the array must not change afterwards.</summary>
    /// <exception cref="InvalidValueException">An element is undefined, or a limit of <see cref="ValueLimits"/> is exceeded.</exception>
    public static Value Array(params Value[] elements)
    {
        ArgumentNullException.ThrowIfNull(elements);
        if (elements.Length > ValueLimits.ArrayElements) throw ValueLimits.ArrayTooLong(elements.Length);
        var (size, nesting) = (2L, 0);
        foreach (var element in elements)
        {
            if (element.IsUndefined) throw new InvalidValueException("InvalidValue", "undefined is not a value: it cannot stand in an array.");
            size += element.Size;
            nesting = Math.Max(nesting, element.Nesting);
        }

        return new(ValueKind.Array, CheckSize(size) | (long)CheckNesting(nesting + 1) << 32, elements);
    }

    /// <summary>An Object.</summary>
    public static Value Object(ValueObject fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return new(ValueKind.Object, (uint)fields.Size | (long)fields.Nesting << 32, fields);
    }

    /// <summary>The Int64. <see cref="InvalidOperationException"/> when it is not one; so do the others below.</summary>
    public long AsInt64() => Require(ValueKind.Int64)._bits;

    /// <summary>The Float64.</summary>
    public double AsFloat64() => BitConverter.Int64BitsToDouble(Require(ValueKind.Float64)._bits);

    /// <summary>The Boolean.</summary>
    public bool AsBoolean() => Require(ValueKind.Boolean)._bits != 0;

    /// <summary>The String.</summary>
    public string AsString() => (string)Require(ValueKind.String)._reference!;

    /// <summary>The Bytes.</summary>
    public ReadOnlyMemory<byte> AsBytes() => new((byte[])Require(ValueKind.Bytes)._reference!, (int)(_bits >> 32), (int)_bits);

    /// <summary>The elements of the Array.</summary>
    public ReadOnlySpan<Value> AsArray() => (Value[])Require(ValueKind.Array)._reference!;

    /// <summary>The Object.</summary>
    public ValueObject AsObject() => (ValueObject)Require(ValueKind.Object)._reference!;

    /// <summary>The size in bytes by the rules of <c>spec/data-model.md</c> §1.1 (not the length of its JSON); 0 for undefined.</summary>
    public int Size => _kind switch
    {
        ValueKind.Undefined => 0,
        ValueKind.Null or ValueKind.Boolean => 1,
        ValueKind.Int64 or ValueKind.Float64 => 9,
        ValueKind.Bytes => 2 + (int)_bits,
        _ => (int)_bits,
    };

    /// <summary>0 for a scalar, else 1 + the deepest element.</summary>
    public int Nesting => _kind is ValueKind.Array or ValueKind.Object ? (int)(_bits >> 32) : 0;

    /// <summary>The display of <c>spec/data-model.md</c> §4.4, as error texts print it: <c>{a: 1.0, b: "x"}</c>.</summary>
    public override string ToString() => ValueDisplay.Print(this);

    internal long Float64Bits => Require(ValueKind.Float64)._bits;

    internal static uint CheckSize(long size) => size <= ValueLimits.ValueBytes ? (uint)size : throw ValueLimits.ValueTooLarge(size, ValueLimits.ValueBytes);

    internal static int CheckNesting(int nesting) => nesting <= ValueLimits.Nesting ? nesting : throw ValueLimits.TooNested(nesting);

    private Value Require(ValueKind kind) =>
        _kind == kind ? this : throw new InvalidOperationException($"The value is {_kind}, not {kind}.");

    private static long Utf8Length(string text)
    {
        // Unpaired surrogates count as the replacement character, so the length tells nothing about them; they are looked for apart.
        if (UnicodeText.HasUnpairedSurrogate(text)) throw new InvalidValueException("InvalidValue", "A string has an unpaired surrogate: strings must be valid Unicode.");
        return System.Text.Encoding.UTF8.GetByteCount(text);
    }

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
