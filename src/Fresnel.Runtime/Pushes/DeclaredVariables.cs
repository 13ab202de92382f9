using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>The environment variables that <c>convex.config.ts</c> declares, and whether they are set as they must be.</summary>
/// <remarks>Source: <c>spec/deploy-api.md</c> §2, §4.5 (step 8), §4.9 (step 2), §6.4.</remarks>
internal static class DeclaredVariables
{
    /// <summary>Refuses a declaration that no variable could fit: variables are text.</summary>
    /// <exception cref="DeveloperException"><c>InvalidEnvVarDeclaration</c>.</exception>
    public static void RequireDeclarable(JsonElement definition)
    {
        foreach (var (name, validator, _) in Read(definition))
        {
            if (!IsTextual(validator)) throw new DeveloperException("InvalidEnvVarDeclaration", $"Environment variable {name} is declared as {validator}, but variables are strings.");
        }
    }

    /// <summary>Refuses variables that are missing or do not fit.</summary>
    /// <exception cref="DeveloperException"><c>MissingEnvironmentVariables</c> naming all that are missing, or <c>InvalidEnvironmentVariable</c>.</exception>
    public static void RequireSet(JsonElement definition, IReadOnlyDictionary<string, string> variables)
    {
        string[] missing = [.. Read(definition).Where(variable => !variable.Optional && !variables.ContainsKey(variable.Name)).Select(variable => variable.Name)];
        if (missing.Length > 0)
            throw new DeveloperException("MissingEnvironmentVariables", $"Required environment variables are not set: {string.Join(", ", missing)}. Set them in the Convex dashboard or CLI before pushing.");
        RequireFit(definition, variables);
    }

    /// <summary>Refuses variables that do not fit.</summary>
    /// <exception cref="DeveloperException"><c>InvalidEnvironmentVariable</c>.</exception>
    public static void RequireFit(JsonElement definition, IReadOnlyDictionary<string, string> variables)
    {
        foreach (var (name, validator, _) in Read(definition))
        {
            if (variables.TryGetValue(name, out var value) && validator.Check(value, NoTables.Instance) is { } problem)
                throw new DeveloperException("InvalidEnvironmentVariable", $"Environment variable {name} does not match its declared validator: {problem}");
        }
    }

    private static List<(string Name, Validator Validator, bool Optional)> Read(JsonElement definition)
    {
        var declared = new List<(string, Validator, bool)>();
        if (!definition.TryGetProperty("envVars", out var variables) || variables.ValueKind != JsonValueKind.Array) return declared;
        foreach (var variable in variables.EnumerateArray())
        {
            var declaration = variable[1];
            var optional = declaration.TryGetProperty("optional", out var flag) && flag.ValueKind == JsonValueKind.True;
            declared.Add((variable[0].GetString()!, Validator.Parse(declaration.GetProperty("value").GetString()!), optional));
        }

        return declared;
    }

    private static bool IsTextual(Validator validator) => validator.IsSubsetOf(Validator.Parse("""{"type":"string"}"""));

    private sealed class NoTables : ITableNames
    {
        public static NoTables Instance { get; } = new();

        public string? NameOf(uint tableNumber) => null;
    }
}
