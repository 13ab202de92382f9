using System.Collections.Immutable;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Engine.Queries;

/// <summary>Reads query JSON. The library writes it; what is wrong with it is told all the same, since user code can write its own.</summary>
internal static class QueryParser
{
    /// <summary>Where undefined and the placeholder of a commit timestamp may stand: bounds and literals.</summary>
    public const ValueJsonOptions Operands = ValueJsonOptions.AllowUndefined | ValueJsonOptions.AllowCommitTimestamp;

    /// <summary>Two levels of JSON for each of an expression, and a value at the bottom.</summary>
    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 2 * ExpressionParser.MostLevels + ValueLimits.Nesting + 16 };

    public static QueryDefinition Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, JsonOptions);
            return Parse(document.RootElement);
        }
        catch (JsonException problem)
        {
            throw Invalid(problem.Message);
        }
    }

    public static QueryDefinition Parse(JsonElement json)
    {
        try
        {
            var source = ReadSource(json.GetProperty("source"));
            var operators = json.GetProperty("operators");
            return operators.GetArrayLength() <= QueryDefinition.MostOperators
                ? new(source, [.. operators.EnumerateArray().Select(ReadOperator)])
                : throw new DeveloperException("TooManyOperators", $"Query has too many operators ({operators.GetArrayLength()} > maximum {QueryDefinition.MostOperators}).");
        }
        catch (Exception problem) when (problem is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Invalid(problem.Message);
        }
    }

    private static QuerySource ReadSource(JsonElement json)
    {
        switch (json.GetProperty("type").GetString())
        {
            case "FullTableScan":
                return new FullTableScan(Text(json.GetProperty("tableName")), IsDescending(json));
            case "IndexRange":
                var (table, index) = ReadIndexName(json);
                return new IndexScan(table, index, [.. json.GetProperty("range").EnumerateArray().Select(ReadRange)], IsDescending(json));
            case "Search":
                (table, index) = ReadIndexName(json);
                return new TextSearch(table, index);
            case var other:
                throw Invalid($"unknown source type `{other}`");
        }
    }

    private static (string Table, string Index) ReadIndexName(JsonElement json)
    {
        var name = Text(json.GetProperty("indexName"));
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? (name[..dot], name[(dot + 1)..]) : throw Invalid($"`indexName` must be table.index, not `{name}`");
    }

    private static bool IsDescending(JsonElement json)
    {
        var order = json.TryGetProperty("order", out var given) ? given.GetString() : null;
        return order switch
        {
            null or "asc" => false,
            "desc" => true,
            _ => throw Invalid($"unknown order `{order}`"),
        };
    }

    private static RangeExpression ReadRange(JsonElement json)
    {
        var type = json.GetProperty("type").GetString();
        RangeOperator @operator = type switch
        {
            "Eq" => RangeOperator.Eq,
            "Gt" => RangeOperator.Gt,
            "Gte" => RangeOperator.Gte,
            "Lt" => RangeOperator.Lt,
            "Lte" => RangeOperator.Lte,
            _ => throw Invalid($"unknown range type `{type}`"),
        };
        return new(@operator, FieldPath.Parse(Text(json.GetProperty("fieldPath"))), ValueJson.Parse(json.GetProperty("value"), Operands));
    }

    private static QueryOperator ReadOperator(JsonElement json)
    {
        if (json.TryGetProperty("filter", out var filter)) return new FilterOperator(ExpressionParser.Parse(filter));
        var count = json.GetProperty("limit").GetDouble();
        return count >= 0 && count == Math.Floor(count)
            ? new LimitOperator((int)Math.Min(count, int.MaxValue))
            : throw Invalid("`limit` must be a non-negative integer");
    }

    /// <summary>A text: <see cref="JsonElement.GetString"/> alone takes null for one.</summary>
    internal static string Text(JsonElement json) => json.GetString() ?? throw Invalid("null stands where a text must");

    internal static DeveloperException Invalid(string cause) => new("InvalidArgument", $"Invalid argument `query` for `db.query`: {cause}");
}
