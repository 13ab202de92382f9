namespace Fresnel.Values;

/// <summary>The types of values, in their total order. Source: <c>spec/data-model.md</c> §2.1.</summary>
public enum ValueKind : byte
{
    /// <summary>A field that is absent. Not a value of its own: it never stands in a document or an array.</summary>
    Undefined,

    /// <summary>Null.</summary>
    Null,

    /// <summary>A 64-bit signed integer; a <c>bigint</c> in JavaScript.</summary>
    Int64,

    /// <summary>An IEEE-754 double; a <c>number</c> in JavaScript.</summary>
    Float64,

    /// <summary>A boolean.</summary>
    Boolean,

    /// <summary>Valid Unicode text.</summary>
    String,

    /// <summary>A sequence of bytes.</summary>
    Bytes,

    /// <summary>An array of values.</summary>
    Array,

    /// <summary>An object: named values, sorted by name.</summary>
    Object,
}
