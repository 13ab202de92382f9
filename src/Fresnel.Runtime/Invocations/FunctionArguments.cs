using System.Buffers;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Checks arguments before a function runs. Source: <c>spec/function-runtime.md</c> §1.4, <c>spec/client-protocol.md</c> §5.3.</summary>
internal static class FunctionArguments
{
    /// <summary>The JSON array that the function gets: canonical, within the limits, accepted by the validator.</summary>
    /// <param name="function">The function.</param>
    /// <param name="json">A JSON array of positional arguments.</param>
    /// <param name="options">What may stand in them.</param>
    /// <param name="tables">Names of the component's tables.</param>
    /// <param name="limit">Bytes that they may have.</param>
    /// <exception cref="DeveloperException">They are not acceptable; the message is the whole text.</exception>
    public static ReadOnlyMemory<byte> Check(FunctionDefinition function, ReadOnlyMemory<byte> json, ValueJsonOptions options, ITableNames tables, long limit)
    {
        var arguments = Parse(function, json, options);
        var size = arguments.Sum(argument => (long)argument.Size);
        if (size > limit)
        {
            throw new DeveloperException(
                "FunctionArgumentsTooLarge",
                $"Arguments for {function.Path.Canonical} are too large (actual: {ByteSize.Print(size)}, limit: {ByteSize.Print(limit)})");
        }

        if (Problem(function, arguments, tables) is { } problem) throw new DeveloperException(CallValidation.ArgumentError, problem);
        return Print(arguments);
    }

    /// <summary>Wraps the single object of a nested call into the array of positional arguments; an array is taken for one already.</summary>
    public static ReadOnlyMemory<byte> Positional(ReadOnlyMemory<byte> json)
    {
        if (json.Span.TrimStart(" \t\r\n"u8).StartsWith("["u8)) return json;
        var array = new byte[json.Length + 2];
        array[0] = (byte)'[';
        json.CopyTo(array.AsMemory(1));
        array[^1] = (byte)']';
        return array;
    }

    private static Value[] Parse(FunctionDefinition function, ReadOnlyMemory<byte> json, ValueJsonOptions options)
    {
        try
        {
            // Each argument by itself, since the limit of nesting is one of each and not of the array around them.
            var arguments = new List<Value>(1);
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = 1000 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray) throw new InvalidValueException("InvalidArguments", "Expected an array");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                arguments.Add(ValueJson.Parse(json.Span[start..(int)reader.BytesConsumed], options));
            }

            if (reader.Read()) throw new InvalidValueException("InvalidArguments", "Expected a single array");
            return [.. arguments];
        }
        catch (Exception exception) when (exception is InvalidValueException or JsonException)
        {
            throw new DeveloperException("InvalidArguments", $"Invalid arguments for {function.Path.Canonical}: {exception.Message}");
        }
    }

    private static string? Problem(FunctionDefinition function, Value[] arguments, ITableNames tables)
    {
        if (ReferenceEquals(function.Arguments, Validator.Any)) return null;

        // The usual case by itself, since the array around the argument would count as a level of nesting.
        return arguments is [{ Kind: ValueKind.Object } argument]
            ? function.Arguments.Check(argument, tables) is { } mismatch ? $"{CallValidation.ArgumentError}: {mismatch}\n" : null
            : CallValidation.CheckArguments(Value.Array(arguments), function.Arguments, tables);
    }

    private static byte[] Print(Value[] arguments)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write("["u8);
        for (var i = 0; i < arguments.Length; i++)
        {
            if (i > 0) output.Write(","u8);
            ValueJson.Write(arguments[i], output);
        }

        output.Write("]"u8);
        return output.WrittenSpan.ToArray();
    }
}
