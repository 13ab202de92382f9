using System.Text;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Reads the JSON arguments of syscalls. They come from user code: helper libraries may call the host directly.</summary>
internal static class SyscallArguments
{
    /// <summary>Deeper than any value may be.</summary>
    public static readonly JsonDocumentOptions Deep = new() { MaxDepth = 200 };

    /// <summary>Parses the arguments of a syscall. Dispose the result.</summary>
    /// <exception cref="DeveloperException">They are not a JSON object.</exception>
    public static JsonDocument Parse(string operation, ReadOnlyMemory<byte> arguments)
    {
        try
        {
            var json = JsonDocument.Parse(arguments, Deep);
            var problem = json.RootElement.ValueKind != JsonValueKind.Object ? "Expected an object"
                : arguments.Span.IndexOf("\\u"u8) >= 0 && !IsUnicode(json.RootElement) ? "A text has an unpaired surrogate"
                : null;
            if (problem is null) return json;
            json.Dispose();
            throw new DeveloperException("InvalidArgument", $"Invalid arguments for `{operation}`: {problem}");
        }
        catch (JsonException exception)
        {
            throw new DeveloperException("InvalidArgument", $"Invalid arguments for `{operation}`: {exception.Message}");
        }
    }

    /// <summary>Whether all names and texts are valid Unicode, so that they can be looked at. Only escapes can spell what is not.</summary>
    private static bool IsUnicode(JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.Object => json.EnumerateObject().All(member => member.Name is not null && IsUnicode(member.Value)),
                JsonValueKind.Array => json.EnumerateArray().All(IsUnicode),
                JsonValueKind.String => json.GetString() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A string, or null when it is absent or not a string.</summary>
    public static string? Text(this JsonElement arguments, string name) =>
        arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A string that must be there.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="name">Which.</param>
    /// <param name="method">What the author called, e.g. <c>db.get</c>.</param>
    public static string RequiredText(this JsonElement arguments, string name, string method) =>
        arguments.Text(name) ?? throw Invalid(name, method, "Expected a string");

    /// <summary>A Boolean; false when it is absent.</summary>
    public static bool Flag(this JsonElement arguments, string name) => arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>A number of seconds that must be there.</summary>
    public static double Seconds(this JsonElement arguments, string name, string method) =>
        arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Invalid(name, method, "Expected a number");

    /// <summary>The JSON text of a part that must be there.</summary>
    public static ReadOnlyMemory<byte> RequiredJson(this JsonElement arguments, string name, string method) =>
        arguments.TryGetProperty(name, out var value) ? Encoding.UTF8.GetBytes(value.GetRawText()) : throw Invalid(name, method, "Missing");

    /// <summary>The error for one argument that is wrong. Source: <c>spec/data-model.md</c> §1.5.</summary>
    public static DeveloperException Invalid(string argument, string method, string cause) =>
        new("InvalidArgument", $"Invalid argument `{argument}` for `{method}`: {cause}");
}
