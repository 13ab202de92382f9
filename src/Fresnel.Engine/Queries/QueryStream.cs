using System.Collections.Immutable;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;
using Index = Fresnel.Engine.Tables.Index;

namespace Fresnel.Engine.Queries;

/// <summary>A query that runs in a transaction: documents come one by one, and only those that were asked for are read. Source: <c>spec/data-model.md</c> §3.</summary>
public sealed class QueryStream
{
    private readonly DocumentStream? _documents;
    private readonly ImmutableArray<QueryOperator> _operators;

    /// <summary>How many more each limit lets through, by the place of the operator; unused for filters.</summary>
    private readonly int[] _left;

    private QueryStream(DocumentStream? documents, ImmutableArray<QueryOperator> operators)
    {
        _documents = documents;
        _operators = operators;
        _left = [.. operators.Select(step => step is LimitOperator limit ? limit.Count : 0)];
    }

    /// <summary>Finds the table and the index and compiles the range; reads no document yet.</summary>
    /// <param name="transaction">What is read.</param>
    /// <param name="component">The component path.</param>
    /// <param name="query">The query. A scan of a table that does not exist has no documents, and depends on the table's creation.</param>
    /// <exception cref="DeveloperException">The index cannot be read, or the range does not suit it.</exception>
    public static QueryStream Open(Transaction transaction, string component, QueryDefinition query)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(query);
        return new(Source(transaction, transaction.FindTable(component, query.Source.Table), query.Source), query.Operators);
    }

    /// <summary>The next document, or null at the end.</summary>
    /// <exception cref="DeveloperException"><c>EvalError</c> of a filter; a limit of the transaction.</exception>
    public async ValueTask<Document?> NextAsync(CancellationToken cancellationToken)
    {
        // A limit that let its last one through ends the stream before anything more is read, even if the steps before it would drop it.
        while (_documents is not null && !IsUsedUp())
        {
            var document = await _documents.NextAsync(cancellationToken);
            if (document is null || Passes(document)) return document;
        }

        return null;
    }

    private bool IsUsedUp()
    {
        for (var i = 0; i < _left.Length; i++)
        {
            if (_operators[i] is LimitOperator && _left[i] == 0) return true;
        }

        return false;
    }

    private bool Passes(Document document)
    {
        for (var i = 0; i < _left.Length; i++)
        {
            if (_operators[i] is LimitOperator) _left[i]--;
            else if (_operators[i] is FilterOperator filter && !filter.Condition.IsTrue(document.Fields)) return false;
        }

        return true;
    }

    private static DocumentStream? Source(Transaction transaction, Table? table, QuerySource source)
    {
        switch (source)
        {
            case FullTableScan scan:
                if (table is null) return null;
                var order = table.ByCreationTime ?? table.ById;
                return transaction.Read(table, order, KeyInterval.Prefix(default), scan.Descending);
            case IndexScan scan:
                var name = $"{scan.Table}.{scan.Index}";
                var index = FindIndex(table, scan.Index, name);
                return transaction.Read(table!, index, IndexRangeCompiler.Compile(name, index.Fields, scan.Range), scan.Descending);
            default:
                throw new DeveloperException("NotBuiltYet", "Text search is not built yet in this version of Fresnel.");
        }
    }

    private static Index FindIndex(Table? table, string index, string name)
    {
        if (table?.FindIndex(index) is { } readable) return readable;
        var found = table?.Indexes.FirstOrDefault(one => one.Name == index) ?? throw new DeveloperException("IndexNotFoundError", $"Index {name} not found.");
        throw found.Staged
            ? new DeveloperException("IndexStagedError", $"Index {name} is currently staged and not available to query until it is enabled.")
            : new DeveloperException("IndexBackfillingError", $"Index {name} is currently backfilling and not available to query yet.");
    }
}
