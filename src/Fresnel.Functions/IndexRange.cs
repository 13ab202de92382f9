using System.Collections.Immutable;
using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>The part of an index that is read: equalities on its first fields, then at most a lower and an upper bound on the next. Immutable.</summary>
/// <remarks>Whether the index has the fields in this order is checked when the query runs. Source: <c>spec/data-model.md</c> §3.2.</remarks>
public sealed class IndexRange
{
    private IndexRange(ImmutableArray<IndexComparison> comparisons) => Comparisons = comparisons;

    /// <summary>The whole index.</summary>
    public static IndexRange All { get; } = new([]);

    /// <summary>What a document's fields are compared with, in the order it was said.</summary>
    public ImmutableArray<IndexComparison> Comparisons { get; }

    /// <summary>The field equals the value; <see cref="Value.Undefined"/> stands for documents without it.</summary>
    public IndexRange Eq(string field, Value value) => With(IndexOperator.Eq, field, value);

    /// <summary>The field is greater, in the order of all values.</summary>
    public IndexRange Gt(string field, Value value) => With(IndexOperator.Gt, field, value);

    /// <summary>The field is greater or equal.</summary>
    public IndexRange Gte(string field, Value value) => With(IndexOperator.Gte, field, value);

    /// <summary>The field is less.</summary>
    public IndexRange Lt(string field, Value value) => With(IndexOperator.Lt, field, value);

    /// <summary>The field is less or equal.</summary>
    public IndexRange Lte(string field, Value value) => With(IndexOperator.Lte, field, value);

    private IndexRange With(IndexOperator @operator, string field, Value value) => new(Comparisons.Add(new(@operator, field, value)));
}

/// <summary>One comparison of an <see cref="IndexRange"/>.</summary>
/// <param name="Operator">How.</param>
/// <param name="Field">The path of the field.</param>
/// <param name="Value">With what; may be undefined.</param>
public readonly record struct IndexComparison(IndexOperator Operator, string Field, Value Value);

/// <summary>How a field is compared.</summary>
public enum IndexOperator
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
