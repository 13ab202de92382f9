using System.Buffers;

namespace Fresnel.Values;

/// <summary>What a JSON text may hold beyond plain values. Source: <c>spec/function-runtime.md</c> §2.</summary>
[Flags]
public enum ValueJsonOptions
{
    /// <summary>Values only: what a client may send.</summary>
    None = 0,

    /// <summary><c>{"$undefined":null}</c> may be the whole value or a field of the outermost object (it is then <see cref="Value.Undefined"/>).</summary>
    AllowUndefined = 1,

    /// <summary><c>{"$commitTs":null}</c> may stand for a value.</summary>
    AllowCommitTimestamp = 2,
}

/// <summary>Encoded JSON: what is stored, sent on the sync socket and exchanged with functions.</summary>
/// <remarks>
/// Written JSON is canonical: keys in byte order, no whitespace, one spelling per value, so equal values have equal bytes.
/// Reading accepts any spelling and checks everything: <c>$</c> forms, field names, limits of size, count and nesting, Unicode.
/// Source: <c>spec/client-protocol.md</c> §1, <c>spec/data-model.md</c> §1.
/// </remarks>
public static class ValueJson
{
    /// <summary>Reads a value.</summary>
    /// <exception cref="InvalidValueException">It is not JSON, or not a value; the message says why, with the texts of <c>spec/</c>.</exception>
    public static Value Parse(ReadOnlySpan<byte> json, ValueJsonOptions options = ValueJsonOptions.None) => throw new NotImplementedException();

    /// <summary>Reads an object whose fields may be undefined: the argument of <c>db.patch</c>.</summary>
    /// <exception cref="InvalidValueException">It is not one.</exception>
    public static ValuePatch ParsePatch(ReadOnlySpan<byte> json, ValueJsonOptions options = ValueJsonOptions.None) => throw new NotImplementedException();

    /// <summary>The canonical bytes of a value; undefined is written as <c>null</c>.</summary>
    public static byte[] Write(Value value) => throw new NotImplementedException();

    /// <summary>Writes the canonical bytes.</summary>
    public static void Write(Value value, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>Checks a JSON text and brings it into canonical form, without building a value where it is canonical already.</summary>
    /// <exception cref="InvalidValueException">It is not JSON, or not a value.</exception>
    public static ReadOnlyMemory<byte> Canonicalize(ReadOnlyMemory<byte> json, ValueJsonOptions options = ValueJsonOptions.None) => throw new NotImplementedException();

    /// <summary>Writes the lossy <c>json</c> format of the public HTTP API. Source: <c>spec/client-protocol.md</c> §1.7.</summary>
    public static void WritePlain(Value value, IBufferWriter<byte> output) => throw new NotImplementedException();
}

/// <summary>A text that is not a value, or a value beyond a limit.</summary>
public sealed class InvalidValueException : DeveloperException
{
    /// <summary>Makes the error.</summary>
    public InvalidValueException(string code, string message) : base(code, message)
    {
    }
}
