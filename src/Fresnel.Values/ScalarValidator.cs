using System.Text;
using System.Text.Json;

namespace Fresnel.Values;

/// <summary>Accepts one type of value, whatever it holds; or anything.</summary>
public sealed class ScalarValidator : Validator
{
    private readonly string _type;
    private readonly string _builder;
    private readonly Func<Value, bool> _accepts;

    private ScalarValidator(string type, string builder, Func<Value, bool> accepts)
    {
        _type = type;
        _builder = builder;
        _accepts = accepts;
    }

    /// <summary><c>v.null()</c>.</summary>
    public static ScalarValidator Null { get; } = new("null", "null", value => value.Kind == ValueKind.Null);

    /// <summary><c>v.number()</c>, <c>v.float64()</c>.</summary>
    public static ScalarValidator Float64 { get; } = new("number", "float64", value => value.Kind == ValueKind.Float64);

    /// <summary><c>v.bigint()</c>, <c>v.int64()</c>; a commit timestamp that is not known yet does not fit.</summary>
    public static ScalarValidator Int64 { get; } = new("bigint", "int64", value => value.Kind == ValueKind.Int64 && !value.IsCommitTimestamp);

    /// <summary><c>v.commitTs()</c>: an Int64, or the placeholder before the commit.</summary>
    public static ScalarValidator CommitTimestamp { get; } = new("commitTs", "commitTs", value => value.Kind == ValueKind.Int64);

    /// <summary><c>v.boolean()</c>.</summary>
    public static ScalarValidator Boolean { get; } = new("boolean", "boolean", value => value.Kind == ValueKind.Boolean);

    /// <summary><c>v.string()</c>.</summary>
    public static ScalarValidator String { get; } = new("string", "string", value => value.Kind == ValueKind.String);

    /// <summary><c>v.bytes()</c>.</summary>
    public static ScalarValidator Bytes { get; } = new("bytes", "bytes", value => value.Kind == ValueKind.Bytes);

    /// <summary><c>v.any()</c>.</summary>
    public static new ScalarValidator Any { get; } = new("any", "any", _ => true);

    internal static ScalarValidator? OfType(string type) => type switch
    {
        "null" => Null,
        "number" => Float64,
        "bigint" => Int64,
        "commitTs" => CommitTimestamp,
        "boolean" => Boolean,
        "string" => String,
        "bytes" => Bytes,
        // The last two are retired types of old libraries, which nothing is known of any more.
        "any" or "map" or "set" => Any,
        _ => null,
    };

    internal override ValidationFailure? Fail(Value value, ITableNames tables) => _accepts(value) ? null : ValidationFailure.NoMatch(value, this);

    internal override void Print(StringBuilder output) => output.Append("v.").Append(_builder).Append("()");

    /// <inheritdoc/>
    public override bool Equals(Validator? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => _type.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter output)
    {
        output.WriteStartObject();
        output.WriteString("type", _type);
        output.WriteEndObject();
    }
}
