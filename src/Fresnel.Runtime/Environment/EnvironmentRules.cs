using System.Text;
using Fresnel.Values;

namespace Fresnel.Runtime.Environment;

/// <summary>What may be an environment variable. Source: <c>spec/deploy-api.md</c> §6.4.</summary>
/// <param name="limits">How many, how long.</param>
internal sealed class EnvironmentRules(FunctionLimits limits)
{
    /// <summary>Those that the deployment itself sets.</summary>
    private static readonly string[] BuiltIn = ["CONVEX_CLOUD_URL", "CONVEX_SITE_URL"];

    /// <summary>Refuses a change that makes no sense by itself. Anything may be deleted.</summary>
    /// <exception cref="DeveloperException">The code says what is wrong.</exception>
    public void Require(EnvironmentChange change)
    {
        var (name, value) = change;
        if (BuiltIn.Contains(name, StringComparer.Ordinal))
            throw new DeveloperException("EnvVarNameForbidden", $"Environment variable with name \"{name}\" is built in and cannot be set or deleted.");
        if (value is null) return;
        if (name.Length > limits.EnvironmentVariableNameLength)
            throw new DeveloperException("EnvironmentVariableNameTooLong", $"Environment variable name \"{name}\" is too long ({name.Length} > maximum {limits.EnvironmentVariableNameLength} characters).");
        if (!IsName(name))
        {
            throw new DeveloperException(
                "EnvironmentVariableNameInvalid",
                $"Environment variable name \"{name}\" is invalid: it must begin with a letter or an underscore and may only have letters, digits and underscores.");
        }

        if (Encoding.UTF8.GetByteCount(value) is var bytes && bytes > limits.EnvironmentVariableBytes)
        {
            throw new DeveloperException(
                "EnvironmentVariableValueTooLarge", $"The value of environment variable \"{name}\" is too large ({bytes} > maximum {limits.EnvironmentVariableBytes} bytes).");
        }
    }

    /// <summary>Refuses a set of variables that is too large.</summary>
    /// <exception cref="DeveloperException">The code says what is wrong.</exception>
    public void Require(IReadOnlyDictionary<string, string> variables)
    {
        if (variables.Count > limits.EnvironmentVariables)
            throw new DeveloperException("EnvVarLimitMet", $"There would be {variables.Count} environment variables; the limit is {limits.EnvironmentVariables}.");
        var bytes = variables.Sum(variable => Encoding.UTF8.GetByteCount(variable.Key) + Encoding.UTF8.GetByteCount(variable.Value));
        if (bytes > limits.EnvironmentBytes)
            throw new DeveloperException("EnvVarTotalSizeLimitMet", $"The environment variables would have {bytes} bytes together; the limit is {limits.EnvironmentBytes}.");
    }

    private static bool IsName(string name) =>
        name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');
}
