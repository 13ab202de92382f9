using Fresnel.Engine.Queries;
using Fresnel.Functions;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>Puts a query as authors describe it into the form that the engine runs.</summary>
internal static class ClrQueries
{
    /// <summary>The query; whether table, index and range suit each other is for the engine to say.</summary>
    /// <exception cref="DeveloperException">The range names something that is not the path of a field.</exception>
    public static QueryDefinition Define(DocumentQuery query) => new(
        query.Index is { } index
            ? new IndexScan(query.Table, index, [.. query.Range.Comparisons.Select(Define)], query.IsDescending)
            : new FullTableScan(query.Table, query.IsDescending),
        query.Limit is { } limit ? [new LimitOperator(limit)] : []);

    private static RangeExpression Define(IndexComparison comparison) => new(
        comparison.Operator switch
        {
            IndexOperator.Eq => RangeOperator.Eq,
            IndexOperator.Gt => RangeOperator.Gt,
            IndexOperator.Gte => RangeOperator.Gte,
            IndexOperator.Lt => RangeOperator.Lt,
            IndexOperator.Lte => RangeOperator.Lte,
            _ => throw new InvalidOperationException(comparison.Operator.ToString()),
        },
        FieldPath.Parse(comparison.Field),
        comparison.Value);
}
