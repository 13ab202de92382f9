namespace Fresnel.Values;

/// <summary>How large a document may be: what a deployment chooses within <see cref="ValueLimits"/>. Source: <c>spec/data-model.md</c> §1.3.</summary>
/// <remarks>They hold for what is written from now on. A document that is there already is read whatever its size; its next version must fit.</remarks>
public sealed record DocumentLimits
{
    /// <summary>The size of a document with its system fields. Bytes by <see cref="Value.Size"/>, up to <see cref="ValueLimits.ValueBytes"/>; default 1 MiB. Beyond it: <c>ValueTooLargeError</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside these bounds.</exception>
    public int Bytes { get; init => field = Within(value, ValueLimits.ValueBytes); } = 1 << 20;

    /// <summary>How deep a document may nest; the document itself counts one. Levels, up to <see cref="ValueLimits.Nesting"/>; default 16. Beyond it: <c>InvalidDocumentError</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside these bounds.</exception>
    public int Nesting { get; init => field = Within(value, ValueLimits.Nesting); } = 16;

    /// <summary>Fields of each object in a document, system fields not counted. Up to <see cref="ValueLimits.ObjectFields"/>, which is the default: 1,024. Beyond it: <c>TooManyFieldsError</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside these bounds.</exception>
    public int Fields { get; init => field = Within(value, ValueLimits.ObjectFields); } = ValueLimits.ObjectFields;

    /// <summary>Elements of each array in a document. Up to <see cref="ValueLimits.ArrayElements"/>, which is the default: 8,192. Beyond it: <c>ArrayTooLong</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside these bounds.</exception>
    public int ArrayElements { get; init => field = Within(value, ValueLimits.ArrayElements); } = ValueLimits.ArrayElements;

    /// <summary>Refuses a document whose objects or arrays hold too much.</summary>
    /// <exception cref="InvalidValueException"><c>TooManyFieldsError</c> or <c>ArrayTooLong</c>.</exception>
    internal void RequireCounts(ValueObject document)
    {
        // No value exceeds the format's own counts, so by default there is nothing to walk through.
        if (Fields < ValueLimits.ObjectFields || ArrayElements < ValueLimits.ArrayElements) Require(document);
    }

    private void Require(ValueObject fields)
    {
        if (fields.CountedFields > Fields) throw ValueLimits.TooManyFields(fields.CountedFields, Fields);
        foreach (var value in fields.Values) Require(value);
    }

    private void Require(Value value)
    {
        if (value.Kind == ValueKind.Object)
        {
            Require(value.AsObject());
            return;
        }

        if (value.Kind != ValueKind.Array) return;
        var elements = value.AsArray();
        if (elements.Length > ArrayElements) throw ValueLimits.ArrayTooLong(elements.Length, ArrayElements);
        foreach (var element in elements) Require(element);
    }

    private static int Within(int value, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most);
        return value;
    }
}
