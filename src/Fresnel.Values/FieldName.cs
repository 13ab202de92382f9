using System.Text;

namespace Fresnel.Values;

/// <summary>The rule for names of fields: printable ASCII, no <c>$</c> in front. Source: <c>spec/data-model.md</c> §1.2.</summary>
/// <remarks>The empty name is accepted: the official clients send it.</remarks>
public static class FieldName
{
    /// <summary>Null when a field may have this name, else the text that says why not.</summary>
    public static string? Problem(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith('$')) return $"Field name {name} starts with '$', which is reserved.";
        if (name.AsSpan().IndexOfAnyExceptInRange(' ', '~') is >= 0 and var at)
            return $"Field name {name} has invalid character '{CharacterAt(name, at)}': Field names can only contain non-control ASCII characters";
        return name.Length > ValueLimits.FieldNameLength ? $"Field name is too long ({name.Length} > maximum {ValueLimits.FieldNameLength})" : null;
    }

    internal static void Require(string name)
    {
        if (Problem(name) is { } problem) throw new InvalidValueException("InvalidFieldName", problem);
    }

    /// <summary>The whole character, also when it takes two units.</summary>
    internal static string CharacterAt(string name, int index) => (Rune.TryGetRuneAt(name, index, out var rune) ? rune : Rune.ReplacementChar).ToString();
}
