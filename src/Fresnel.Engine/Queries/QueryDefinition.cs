using System.Collections.Immutable;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Engine.Queries;

/// <summary>A query as the client library sends it: where documents come from, and what is done to them on the way.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Operators">What is done, in this order.</param>
/// <remarks>Source: <c>spec/data-model.md</c> §3.1.</remarks>
public sealed record QueryDefinition(QuerySource Source, ImmutableArray<QueryOperator> Operators)
{
    /// <summary>Most operators of one query.</summary>
    public const int MostOperators = 256;

    /// <summary>Reads the JSON. It is not an encoded value: <c>$eq</c> and the like stand in it.</summary>
    /// <exception cref="DeveloperException">It is not a query; or a value in it is not one.</exception>
    public static QueryDefinition Parse(JsonElement json) => QueryParser.Parse(json);

    /// <inheritdoc cref="Parse(JsonElement)"/>
    public static QueryDefinition Parse(ReadOnlyMemory<byte> json) => QueryParser.Parse(json);
}

/// <summary>Where a query's documents come from.</summary>
/// <param name="Table">The table's name.</param>
public abstract record QuerySource(string Table);

/// <summary>A whole table in order of creation.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Descending">From the last to the first.</param>
public sealed record FullTableScan(string Table, bool Descending) : QuerySource(Table);

/// <summary>A range of an index.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Index">The index's name within the table.</param>
/// <param name="Range">What the keys must satisfy.</param>
/// <param name="Descending">From the last to the first.</param>
public sealed record IndexScan(string Table, string Index, ImmutableArray<RangeExpression> Range, bool Descending) : QuerySource(Table);

/// <summary>A full-text search.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Index">The index's name within the table.</param>
public sealed record TextSearch(string Table, string Index) : QuerySource(Table);

/// <summary>A step between the source and whoever asked.</summary>
public abstract record QueryOperator;

/// <summary>Lets through what the expression says true of.</summary>
/// <param name="Condition">Must be a Boolean for every document.</param>
public sealed record FilterOperator(Expression Condition) : QueryOperator;

/// <summary>Lets through the first ones.</summary>
/// <param name="Count">How many.</param>
public sealed record LimitOperator(int Count) : QueryOperator;
