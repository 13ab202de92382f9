using System.Text.Json;

namespace Fresnel.Values;

/// <summary>What a validator must know of the tables of its component to check an id.</summary>
public interface ITableNames
{
    /// <summary>The name of the table with this number, or null. System tables are named with their underscore.</summary>
    string? NameOf(uint tableNumber);
}

/// <summary>A check on a value, as <c>v.*</c> declares it. Immutable.</summary>
/// <remarks>Source: <c>spec/data-model.md</c> §4. <see cref="ToString"/> prints it as error texts do: <c>v.object({a: v.string()})</c>.</remarks>
public abstract partial class Validator
{
    /// <summary>Accepts everything.</summary>
    public static Validator Any => throw new NotImplementedException();

    /// <summary>Reads the JSON that <c>exportArgs()</c> and the schema hold.</summary>
    /// <exception cref="DeveloperException">It is not a validator; the message says where.</exception>
    public static Validator Parse(JsonElement json) => throw new NotImplementedException();

    /// <inheritdoc cref="Parse(JsonElement)"/>
    public static Validator Parse(string json) => throw new NotImplementedException();

    /// <summary>Checks a value: null when it fits, else the text of <c>spec/data-model.md</c> §4.5.</summary>
    public string? Check(Value value, ITableNames tables) => throw new NotImplementedException();

    /// <summary>Whether every value that this accepts is accepted by the other: used to skip validating data again.</summary>
    public bool IsSubsetOf(Validator other) => throw new NotImplementedException();

    /// <inheritdoc/>
    public abstract override string ToString();

    /// <summary>The validator JSON (keys in name order).</summary>
    public abstract void WriteJson(Utf8JsonWriter output);
}
