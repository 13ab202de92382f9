using System.Text;
using System.Text.Json;

namespace Fresnel.Values;

/// <summary>What a validator must know of the tables of its component to check an id.</summary>
public interface ITableNames
{
    /// <summary>The name of the table with this number, or null. System tables are named with their underscore.</summary>
    string? NameOf(uint tableNumber);
}

/// <summary>A check on a value, as <c>v.*</c> declares it. Immutable; equal when declared alike.</summary>
/// <remarks>
/// Source: <c>spec/data-model.md</c> §4. <see cref="ToString"/> prints it as error texts do: <c>v.object({a: v.string()})</c>.
/// The kinds are <see cref="ScalarValidator"/>, <see cref="IdValidator"/>, <see cref="LiteralValidator"/>, <see cref="ArrayValidator"/>,
/// <see cref="ObjectValidator"/>, <see cref="RecordValidator"/> and <see cref="UnionValidator"/>.
/// </remarks>
public abstract class Validator : IEquatable<Validator>
{
    private protected Validator()
    {
    }

    /// <summary>Accepts everything.</summary>
    public static Validator Any => ScalarValidator.Any;

    /// <summary>Reads the JSON that <c>exportArgs()</c> and the schema hold.</summary>
    /// <exception cref="DeveloperException">It is not a validator; the message says where.</exception>
    public static Validator Parse(JsonElement json) => ValidatorParser.Parse(json);

    /// <inheritdoc cref="Parse(JsonElement)"/>
    public static Validator Parse(string json) => ValidatorParser.Parse(json);

    /// <summary>Checks a value: null when it fits, else the text of <c>spec/data-model.md</c> §4.5.</summary>
    public string? Check(Value value, ITableNames tables) => Fail(value, tables)?.Text;

    /// <summary>Whether every value that this accepts is accepted by the other: used to skip validating data again.</summary>
    /// <remarks>May say false where it is true after all; data is then looked at once more. Source: <c>spec/data-model.md</c> §4.1.</remarks>
    public bool IsSubsetOf(Validator other) => ValidatorSubset.IsSubset(this, other);

    /// <summary>The first thing wrong with the value, or null.</summary>
    internal abstract ValidationFailure? Fail(Value value, ITableNames tables);

    /// <summary>Writes what <see cref="ToString"/> returns.</summary>
    internal abstract void Print(StringBuilder output);

    /// <inheritdoc/>
    public abstract bool Equals(Validator? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as Validator);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public sealed override string ToString()
    {
        var output = new StringBuilder();
        Print(output);
        return output.ToString();
    }

    /// <summary>The validator JSON (keys in name order).</summary>
    public abstract void WriteJson(Utf8JsonWriter output);
}
