using System.Text.Json;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class CallValidationTests
{
    private static readonly ValidatorTests.ListedTables Tables = new(JsonDocument.Parse("{}").RootElement);
    private static readonly Validator? OneString = CallValidation.ParseArguments("""{"type":"object","value":{"x":{"fieldType":{"type":"string"},"optional":false}}}""");

    [Fact, Spec("data-model", 37)]
    public void Wrong_arguments_are_told_with_a_line_break_at_the_end()
    {
        Assert.Equal("ArgumentValidationError: Value does not match validator.\nPath: .x\nValue: 1.0\nValidator: v.string()\n", Check(Value.Array(ValueObject.Create(("x", Value.Float64(1))))));
        Assert.Equal("ArgumentValidationError: Expected to receive a single object as the function's argument. Instead received 2 arguments: [1, \"a\"]\n", Check(Value.Array(Value.Int64(1), "a")));
        Assert.Equal("ArgumentValidationError: Expected to receive an object as the function's argument. Instead received: null\n", Check(Value.Array(Value.Null)));
        Assert.Null(Check(Value.Array(ValueObject.Create(("x", "y")))));
        Assert.Null(CallValidation.CheckArguments(Value.Array(), null, Tables));
    }

    [Fact]
    public void A_wrong_result_is_told_and_undefined_counts_as_null()
    {
        var text = CallValidation.ParseResult("""{"type":"string"}""");
        Assert.Equal("ReturnsValidationError: Value does not match validator.\n\nValue: null\nValidator: v.string()", CallValidation.CheckResult(Value.Undefined, text, Tables));
        Assert.Null(CallValidation.CheckResult("x", text, Tables));
        Assert.Null(CallValidation.CheckResult("x", CallValidation.ParseResult("null"), Tables));
    }

    [Fact]
    public void Only_an_object_or_anything_validates_arguments()
    {
        Assert.Same(Validator.Any, CallValidation.ParseArguments("""{"type":"any"}"""));
        var error = Assert.Throws<DeveloperException>(() => CallValidation.ParseArguments("""{"type":"string"}"""));
        Assert.Equal("Error in args validator: Args validator must be an object or any\nSee https://docs.convex.dev/functions/validation for docs on how to do argument validation.", error.Message);
        error = Assert.Throws<DeveloperException>(() => CallValidation.ParseResult("""{"type":"x"}"""));
        Assert.Equal("Error in returns validator: Unknown validator type `x`.\nSee https://docs.convex.dev/functions/validation for docs on how to do return value validation.", error.Message);
    }

    private static string? Check(Value arguments) => CallValidation.CheckArguments(arguments, OneString, Tables);
}
