using System.Collections.Immutable;

namespace Fresnel.Values;

/// <summary>A path to a field: identifiers joined by dots. Source: <c>spec/data-model.md</c> §1.2.</summary>
public sealed class FieldPath : IEquatable<FieldPath>
{
    /// <summary><c>_id</c>.</summary>
    public static FieldPath Id => throw new NotImplementedException();

    /// <summary><c>_creationTime</c>.</summary>
    public static FieldPath CreationTime => throw new NotImplementedException();

    /// <summary>Parses a path.</summary>
    /// <exception cref="DeveloperException">A component is not an identifier, or there is none.</exception>
    public static FieldPath Parse(string path) => throw new NotImplementedException();

    /// <summary>The identifiers, outermost first.</summary>
    public ImmutableArray<string> Components => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool Equals(FieldPath? other) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldPath);

    /// <inheritdoc/>
    public override int GetHashCode() => throw new NotImplementedException();

    /// <summary>The dotted form.</summary>
    public override string ToString() => throw new NotImplementedException();
}
