using Fresnel.Values;

namespace Fresnel.Engine.Queries;

/// <summary>One condition on a field of an index.</summary>
/// <param name="Operator">How.</param>
/// <param name="Field">Which field.</param>
/// <param name="Value">With what; possibly undefined.</param>
public sealed record RangeExpression(RangeOperator Operator, FieldPath Field, Value Value);

/// <summary>How a field of an index is bounded.</summary>
public enum RangeOperator
{
    /// <summary>Equal.</summary>
    Eq,

    /// <summary>Greater.</summary>
    Gt,

    /// <summary>Greater or equal.</summary>
    Gte,

    /// <summary>Less.</summary>
    Lt,

    /// <summary>Less or equal.</summary>
    Lte,
}
