using System.Collections.Immutable;

namespace Fresnel.Values;

/// <summary>A path to a field: identifiers joined by dots. Source: <c>spec/data-model.md</c> §1.2.</summary>
public sealed class FieldPath : IEquatable<FieldPath>
{
    private readonly string _text;

    private FieldPath(string text, ImmutableArray<string> components)
    {
        _text = text;
        Components = components;
    }

    /// <summary><c>_id</c>.</summary>
    public static FieldPath Id { get; } = Parse("_id");

    /// <summary><c>_creationTime</c>.</summary>
    public static FieldPath CreationTime { get; } = Parse("_creationTime");

    /// <summary>Parses a path; dots in front and at the end are ignored.</summary>
    /// <exception cref="DeveloperException"><c>InvalidFieldPath</c>: a component is not an identifier, or there is none.</exception>
    public static FieldPath Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var text = path.Trim('.');
        if (text.Length == 0) throw new DeveloperException("InvalidFieldPath", $"Empty path {path}");
        var components = text.Split('.');
        foreach (var component in components)
        {
            if (Identifier.Problem(component) is { } problem) throw new DeveloperException("InvalidFieldPath", problem);
        }

        return new(text, ImmutableArray.Create(components));
    }

    /// <summary>The identifiers, outermost first; at least one.</summary>
    public ImmutableArray<string> Components { get; }

    /// <inheritdoc/>
    public bool Equals(FieldPath? other) => other is not null && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldPath);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The dotted form.</summary>
    public override string ToString() => _text;
}
