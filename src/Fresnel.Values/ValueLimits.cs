namespace Fresnel.Values;

/// <summary>How large values and documents may be, each with the error that tells so.</summary>
/// <remarks>
/// Sources: <c>spec/data-model.md</c> §1.2 and §1.3, <c>spec/client-protocol.md</c> §1.5. These numbers are part of the format
/// (clients know some of them), so they are constants. What a deployment may choose within them is in <see cref="DocumentLimits"/>.
/// </remarks>
public static class ValueLimits
{
    /// <summary>Bytes by <see cref="Value.Size"/>: any single value; 32 MiB.</summary>
    public const int ValueBytes = 32 << 20;

    /// <summary>Elements of one array.</summary>
    public const int ArrayElements = 8192;

    /// <summary>Fields of one object. The two system fields of a document are not counted, so that whatever was stored can be returned.</summary>
    public const int ObjectFields = 1024;

    /// <summary>Levels of any value, as <see cref="Value.Nesting"/> counts them.</summary>
    public const int Nesting = 64;

    /// <summary>Characters of a field name.</summary>
    public const int FieldNameLength = 1024;

    /// <summary>Characters of an identifier: a table, an index, a component of a field path.</summary>
    public const int IdentifierLength = 64;

    internal static InvalidValueException ArrayTooLong(int count, int limit = ArrayElements) =>
        new("ArrayTooLong", $"Array length is too long ({count} > maximum length {limit})");

    internal static InvalidValueException TooManyFields(int count, int limit = ObjectFields) =>
        new("TooManyFieldsError", $"Object has too many fields ({count} > maximum number {limit})");

    internal static InvalidValueException TooNested(int nesting) =>
        new("TooNestedError", $"Value is too nested (nested {nesting} levels deep > maximum nesting {Nesting})");

    internal static InvalidValueException ValueTooLarge(long size, long limit) =>
        new("ValueTooLargeError", $"Value is too large ({ByteSize.Print(size)} > maximum size {ByteSize.Print(limit)})");
}
