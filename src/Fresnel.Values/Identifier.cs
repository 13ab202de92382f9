namespace Fresnel.Values;

/// <summary>The rule for names that stand in code: tables, indexes, components of field paths, fields of <c>v.object</c>.</summary>
/// <remarks>Source: <c>spec/data-model.md</c> §1.2.</remarks>
public static class Identifier
{
    /// <summary>Null when the name is an identifier, else the text that says why not.</summary>
    public static string? Problem(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0) return "Identifier cannot be empty";
        if (!char.IsAsciiLetter(name[0]) && name[0] != '_')
            return $"Invalid first character '{FieldName.CharacterAt(name, 0)}' in {name}: Identifiers must start with an alphabetic character or underscore";
        for (var i = 1; i < name.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(name[i]) && name[i] != '_')
                return $"Identifier {name} has invalid character '{FieldName.CharacterAt(name, i)}': Identifiers can only contain alphanumeric characters or underscores";
        }

        if (name.Length > ValueLimits.IdentifierLength) return $"Identifier is too long ({name.Length} > maximum {ValueLimits.IdentifierLength})";
        return name.AsSpan().ContainsAnyExcept('_') ? null : $"Identifier {name} cannot have exclusively underscores";
    }

    /// <summary>Whether the name is an identifier.</summary>
    public static bool IsValid(string name) => Problem(name) is null;
}
