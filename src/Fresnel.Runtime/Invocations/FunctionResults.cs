using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Checks what a function returned. Source: <c>spec/function-runtime.md</c> §1.4.</summary>
internal static class FunctionResults
{
    /// <summary>The result in canonical form, within the limit, accepted by the validator.</summary>
    /// <exception cref="DeveloperException">It is not acceptable; the message is the whole text.</exception>
    public static ReadOnlyMemory<byte> Check(FunctionDefinition function, ReadOnlyMemory<byte> json, ValueJsonOptions options, ITableNames tables, long limit)
    {
        Value value;
        try
        {
            value = ValueJson.Parse(json.Span, options);
        }
        catch (InvalidValueException exception)
        {
            throw new DeveloperException("InvalidReturnValue", $"Function {function.Path.Canonical} return value is invalid: {exception.Message}");
        }

        if (value.Size > limit)
        {
            throw new DeveloperException(
                "FunctionResultTooLarge",
                $"Function {function.Path.Canonical} return value is too large (actual: {ByteSize.Print(value.Size)}, limit: {ByteSize.Print(limit)})");
        }

        if (CallValidation.CheckResult(value, function.Returns, tables) is { } problem) throw new DeveloperException(CallValidation.ReturnsError, problem);
        return ValueJson.Write(value);
    }
}
