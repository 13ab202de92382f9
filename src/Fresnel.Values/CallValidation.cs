namespace Fresnel.Values;

/// <summary>Checks what goes into a function and what comes out. Source: <c>spec/data-model.md</c> §4.5, <c>spec/client-protocol.md</c> §5.3 and §5.4.</summary>
public static class CallValidation
{
    /// <summary>The code, and the first word of the message, of a call with wrong arguments.</summary>
    public const string ArgumentError = "ArgumentValidationError";

    /// <summary>The code, and the first word of the message, of a function that returns something else than it declares.</summary>
    public const string ReturnsError = "ReturnsValidationError";

    /// <summary>Checks the arguments of a call.</summary>
    /// <param name="arguments">The array of arguments; modern callers send one object in it.</param>
    /// <param name="validator">What the function declares, or null when it declares nothing and takes anything.</param>
    /// <param name="tables">The tables of the function's component.</param>
    /// <returns>Null, or the whole message; it ends in a line break, as clients have always seen it.</returns>
    public static string? CheckArguments(Value arguments, Validator? validator, ITableNames tables)
    {
        if (validator is null) return null;
        var given = arguments.AsArray();
        var problem = given.Length != 1 ? $"Expected to receive a single object as the function's argument. Instead received {given.Length} arguments: {arguments}"
            : given[0].Kind != ValueKind.Object ? $"Expected to receive an object as the function's argument. Instead received: {given[0]}"
            : validator.Check(given[0], tables);
        return problem is null ? null : $"{ArgumentError}: {problem}\n";
    }

    /// <summary>Checks the result of a function; undefined counts as null.</summary>
    /// <returns>Null, or the whole message.</returns>
    public static string? CheckResult(Value result, Validator? validator, ITableNames tables)
    {
        var problem = validator?.Check(result.IsUndefined ? Value.Null : result, tables);
        return problem is null ? null : $"{ReturnsError}: {problem}";
    }

    /// <summary>Reads the JSON of <c>exportArgs()</c>; null when the function declares no arguments.</summary>
    /// <exception cref="DeveloperException">It is not a validator of an object, nor of anything.</exception>
    public static Validator? ParseArguments(string? json)
    {
        const string Guide = "argument validation";
        var validator = ParseDeclared(json, "args", Guide);
        return validator is null or ObjectValidator || validator == Validator.Any ? validator : throw Invalid("args", Guide, "Args validator must be an object or any");
    }

    /// <summary>Reads the JSON of <c>exportReturns()</c>; null when the function declares no result.</summary>
    /// <exception cref="DeveloperException">It is not a validator.</exception>
    public static Validator? ParseResult(string? json) => ParseDeclared(json, "returns", "return value validation");

    private static Validator? ParseDeclared(string? json, string what, string guide)
    {
        // The official library exports `null` for what is not declared.
        if (json is null or "null") return null;
        try
        {
            return Validator.Parse(json);
        }
        catch (DeveloperException problem)
        {
            throw Invalid(what, guide, problem.Message);
        }
    }

    private static DeveloperException Invalid(string what, string guide, string message) =>
        new("InvalidValidator", $"Error in {what} validator: {message}\nSee https://docs.convex.dev/functions/validation for docs on how to do {guide}.");
}
