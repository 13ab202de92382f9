using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

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
    public static Value Parse(ReadOnlySpan<byte> json, ValueJsonOptions options = ValueJsonOptions.None) => ValueJsonParser.Parse(json, options);

    /// <summary>Reads a value that is a part of a larger text which is not a value itself, such as a literal in a query.</summary>
    /// <exception cref="InvalidValueException">It is not a value; the message says why.</exception>
    public static Value Parse(JsonElement json, ValueJsonOptions options = ValueJsonOptions.None) =>
        json.ValueKind == JsonValueKind.Undefined ? Value.Undefined : Parse(JsonMarshal.GetRawUtf8Value(json), options);

    /// <summary>Reads an object whose fields may be undefined: the argument of <c>db.patch</c>.</summary>
    /// <exception cref="InvalidValueException">It is not one.</exception>
    public static ValuePatch ParsePatch(ReadOnlySpan<byte> json, ValueJsonOptions options = ValueJsonOptions.None) => ValueJsonParser.ParsePatch(json, options);

    /// <summary>The canonical bytes of a value; undefined is written as <c>null</c>.</summary>
    public static byte[] Write(Value value) => ScratchBuffer.Build(value, static (value, output) => ValueJsonWriter.Write(value, output));

    /// <summary>Writes the canonical bytes.</summary>
    public static void Write(Value value, IBufferWriter<byte> output) => ValueJsonWriter.Write(value, output);

    /// <summary>Checks a JSON text and brings it into canonical form, without building a value where it is canonical already.</summary>
    /// <returns>The same memory when it was canonical, else new memory. Fields that are undefined are left out.</returns>
    /// <exception cref="InvalidValueException">It is not JSON, or not a value.</exception>
    public static ReadOnlyMemory<byte> Canonicalize(ReadOnlyMemory<byte> json, ValueJsonOptions options = ValueJsonOptions.None) =>
        CanonicalJsonScanner.IsCanonical(json.Span, options) ? json : Write(Parse(json.Span, options));

    /// <summary>Writes the lossy <c>json</c> format of the public HTTP API. Source: <c>spec/client-protocol.md</c> §1.7.</summary>
    public static void WritePlain(Value value, IBufferWriter<byte> output) => ValueJsonWriter.WritePlain(value, output);
}
