using System.Text;
using Fresnel.Values;

namespace Fresnel.Runtime.Environment;

/// <summary>What may be an environment variable. Source: <c>spec/deploy-api.md</c> §6.4.</summary>
internal static class EnvironmentRules
{
    /// <summary>Characters of a name.</summary>
    public const int NameLength = 256;

    /// <summary>Bytes of UTF-8 of a value.</summary>
    public const int ValueBytes = 8_192;

    /// <summary>Variables of a deployment.</summary>
    public const int MostVariables = 512;

    /// <summary>Bytes of UTF-8 of all names and values.</summary>
    public const int TotalBytes = 512 << 10;

    /// <summary>Those that the deployment itself sets.</summary>
    private static readonly string[] BuiltIn = ["CONVEX_CLOUD_URL", "CONVEX_SITE_URL"];

    /// <summary>Refuses a change that makes no sense by itself. Anything may be deleted.</summary>
    /// <exception cref="DeveloperException">The code says what is wrong.</exception>
    public static void Require(EnvironmentChange change)
    {
        var (name, value) = change;
        if (BuiltIn.Contains(name, StringComparer.Ordinal))
            throw new DeveloperException("EnvVarNameForbidden", $"Environment variable with name \"{name}\" is built in and cannot be set or deleted.");
        if (value is null) return;
        if (name.Length > NameLength)
            throw new DeveloperException("EnvironmentVariableNameTooLong", $"Environment variable name \"{name}\" is too long ({name.Length} > maximum {NameLength} characters).");
        if (!IsName(name))
        {
            throw new DeveloperException(
                "EnvironmentVariableNameInvalid",
                $"Environment variable name \"{name}\" is invalid: it must begin with a letter or an underscore and may only have letters, digits and underscores.");
        }

        if (Encoding.UTF8.GetByteCount(value) is var bytes && bytes > ValueBytes)
        {
            throw new DeveloperException(
                "EnvironmentVariableValueTooLarge", $"The value of environment variable \"{name}\" is too large ({bytes} > maximum {ValueBytes} bytes).");
        }
    }

    /// <summary>Refuses a set of variables that is too large.</summary>
    /// <exception cref="DeveloperException">The code says what is wrong.</exception>
    public static void Require(IReadOnlyDictionary<string, string> variables)
    {
        if (variables.Count > MostVariables)
            throw new DeveloperException("EnvVarLimitMet", $"There would be {variables.Count} environment variables; the limit is {MostVariables}.");
        var bytes = variables.Sum(variable => Encoding.UTF8.GetByteCount(variable.Key) + Encoding.UTF8.GetByteCount(variable.Value));
        if (bytes > TotalBytes)
            throw new DeveloperException("EnvVarTotalSizeLimitMet", $"The environment variables would have {bytes} bytes together; the limit is {TotalBytes}.");
    }

    private static bool IsName(string name) =>
        name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');
}
