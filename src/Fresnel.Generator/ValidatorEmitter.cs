using Fresnel.Generator.Model;

namespace Fresnel.Generator;

/// <summary>Prints the validators that the types of a method stand for. The form is told in <c>spec/data-model.md</c> §4.1.</summary>
internal static class ValidatorEmitter
{
    /// <summary>An object of exactly the fields; an optional one may be missing, and, C# having one word for both, null.</summary>
    public static string Arguments(EquatableArray<FieldModel> fields)
    {
        var members = fields.OrderBy(field => field.Name, StringComparer.Ordinal)
            .Select(field => $$"""
                "{{field.Name}}":{"fieldType":{{(field.IsOptional ? OrNull(field.Shape) : Of(field.Shape))}},"optional":{{(field.IsOptional ? "true" : "false")}}}
                """);
        return $$$"""{"type":"object","value":{{{{string.Join(",", members)}}}}}""";
    }

    /// <summary>Null when anything may come.</summary>
    public static string? Returns(ResultModel result) => result switch
    {
        { Shape: null } => """{"type":"null"}""",
        { Shape: ValueShape.Value } => null,
        { Shape: { } shape, IsNullable: true } => OrNull(shape),
        { Shape: { } shape } => Of(shape),
    };

    private static string OrNull(ValueShape shape) =>
        shape == ValueShape.Value ? Of(shape) : $$"""{"type":"union","value":[{{Of(shape)}},{"type":"null"}]}""";

    private static string Of(ValueShape shape) => shape switch
    {
        ValueShape.Value => """{"type":"any"}""",
        ValueShape.Object => """{"type":"record","keys":{"type":"string"},"values":{"fieldType":{"type":"any"},"optional":false}}""",
        ValueShape.String => """{"type":"string"}""",
        ValueShape.ByteArray or ValueShape.ByteMemory => """{"type":"bytes"}""",
        ValueShape.Boolean => """{"type":"boolean"}""",
        ValueShape.Float64 => """{"type":"number"}""",
        ValueShape.Int64 => """{"type":"bigint"}""",
        _ => throw new InvalidOperationException(shape.ToString()),
    };
}
