namespace Fresnel.Values;

/// <content>The total order of <c>spec/data-model.md</c> §2.1. Keys of <see cref="IndexKey"/> order exactly so.</content>
public readonly partial struct Value
{
    /// <inheritdoc/>
    public int CompareTo(Value other)
    {
        if (_kind != other._kind) return _kind.CompareTo(other._kind);
        return _kind switch
        {
            ValueKind.Undefined or ValueKind.Null => 0,
            ValueKind.Int64 => _bits == other._bits ? IsCommitTimestamp.CompareTo(other.IsCommitTimestamp) : _bits.CompareTo(other._bits),
            ValueKind.Float64 => OrderedBits(_bits).CompareTo(OrderedBits(other._bits)),
            ValueKind.Boolean => _bits.CompareTo(other._bits),
            ValueKind.String => UnicodeText.Compare(AsString(), other.AsString()),
            ValueKind.Bytes => AsBytes().Span.SequenceCompareTo(other.AsBytes().Span),
            ValueKind.Array => AsArray().SequenceCompareTo(other.AsArray()),
            _ => AsObject().CompareTo(other.AsObject()),
        };
    }

    /// <inheritdoc/>
    public bool Equals(Value other)
    {
        if (_kind != other._kind) return false;
        return _kind switch
        {
            ValueKind.Undefined or ValueKind.Null => true,
            ValueKind.Int64 => _bits == other._bits && IsCommitTimestamp == other.IsCommitTimestamp,
            ValueKind.Float64 or ValueKind.Boolean => _bits == other._bits,
            ValueKind.String => AsString() == other.AsString(),
            ValueKind.Bytes => AsBytes().Span.SequenceEqual(other.AsBytes().Span),
            // Equal containers have equal sizes and nesting, which lie here; most unequal ones are told apart without a look inside.
            ValueKind.Array => _bits == other._bits && AsArray().SequenceEqual(other.AsArray()),
            _ => _bits == other._bits && AsObject().Equals(other.AsObject()),
        };
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Value other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(_kind);
        switch (_kind)
        {
            case ValueKind.String:
                hash.Add(AsString());
                break;
            case ValueKind.Bytes:
                hash.AddBytes(AsBytes().Span);
                break;
            case ValueKind.Array:
                foreach (var element in AsArray()) hash.Add(element);
                break;
            case ValueKind.Object:
                hash.Add(AsObject());
                break;
            default:
                hash.Add(_bits);
                break;
        }

        return hash.ToHashCode();
    }

    /// <summary>IEEE-754 totalOrder as an order of unsigned numbers: negative ones are turned over, the others come after them.</summary>
    internal static ulong OrderedBits(long bits) => bits < 0 ? ~(ulong)bits : (ulong)bits | 1UL << 63;
}
