using System.Collections.Immutable;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;
using Index = Fresnel.Engine.Tables.Index;

namespace Fresnel.Engine.Queries;

/// <summary>A query that runs in a transaction: documents come one by one, and only those that were asked for are read. Source: <c>spec/data-model.md</c> §3.</summary>
public sealed class QueryStream
{
    /// <summary>No step dropped it.</summary>
    private const int Nowhere = int.MaxValue;

    private readonly Transaction _transaction;
    private readonly QuerySourcePlan? _source;
    private readonly ImmutableArray<QueryOperator> _operators;

    /// <summary>How many more each limit lets through, by the place of the operator; unused for filters.</summary>
    private readonly int[] _left;

    private readonly bool _hasFilter;

    /// <summary>Null until the first document is asked for.</summary>
    private DocumentStream? _documents;
    private KeyInterval _interval;

    /// <summary>Which step dropped each document that was looked at and not read yet: filters are evaluated once. Empty when there is no filter.</summary>
    private Queue<int>? _dropped;
    private int _version; // Of the writes when it was filled.

    private QueryStream(Transaction transaction, QuerySourcePlan? source, ImmutableArray<QueryOperator> operators)
    {
        _transaction = transaction;
        _source = source;
        _interval = source?.Interval ?? KeyInterval.All;
        _operators = operators;
        _hasFilter = operators.Any(step => step is FilterOperator);
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
        return new(transaction, Plan(transaction.FindTable(component, query.Source.Table), query.Source), query.Operators);
    }

    /// <summary>The fields of the index that is read; empty when there is no table.</summary>
    public ImmutableArray<FieldPath> Fields => _source?.Index.Fields ?? [];

    /// <summary>The key of the document that was scanned last; empty before the first.</summary>
    public ReadOnlyMemory<byte> LastKey => _documents?.LastKey ?? default;

    /// <summary>The document that was scanned last, when it passed all steps.</summary>
    public Document? Current { get; private set; }

    /// <summary>The size of the document that was scanned last, whether it passed or not: the length of its JSON.</summary>
    public int ScannedBytes { get; private set; }

    /// <summary>Leaves out what lies before a page and behind it. To be said before the first document is asked for.</summary>
    /// <param name="after">The key of the last document before the page, in the order of the query; null for none.</param>
    /// <param name="through">The key of the last document of the page; null for none.</param>
    public void Restrict(ReadOnlyMemory<byte>? after, ReadOnlyMemory<byte>? through)
    {
        if (_documents is not null) throw new InvalidOperationException("The query is being read.");
        var (first, last) = _source is { Descending: true } ? (through, after) : (after, through);
        if (first is { } from) _interval = Narrowed(lower: _source is { Descending: true } ? from : KeyInterval.Successor(from.Span), upper: null);
        if (last is { } to) _interval = Narrowed(lower: null, upper: _source is { Descending: true } ? to : KeyInterval.Successor(to.Span));
    }

    /// <summary>The next document, or null at the end.</summary>
    /// <exception cref="DeveloperException"><c>EvalError</c> of a filter; a limit of the transaction.</exception>
    public async ValueTask<Document?> NextAsync(CancellationToken cancellationToken)
    {
        while (await ScanAsync(cancellationToken))
        {
            if (Current is not null) return Current;
        }

        return null;
    }

    /// <summary>Looks at the documents that will come, without reading them: what of them is asked for afterwards is read then, by <see cref="NextAsync"/>.</summary>
    /// <param name="into">Takes them. They hold as long as the transaction writes nothing.</param>
    /// <param name="most">Documents that may be scanned, those that a filter drops included.</param>
    /// <param name="mostBytes">Bytes of them.</param>
    /// <returns>Whether nothing comes after them. Also false where the next one is not in memory, or its filter fails.</returns>
    public bool Peek(List<Document> into, int most, long mostBytes)
    {
        ArgumentNullException.ThrowIfNull(into);
        if (_source is null) return true;
        if (_documents is null) return false;
        Span<int> left = _left.Length <= 16 ? stackalloc int[_left.Length] : new int[_left.Length];
        _left.CopyTo(left);
        ForgetDropped();
        for (var at = 0; !IsUsedUp(left); at++)
        {
            if (at >= most || !_documents.TryPeek(at, out var document)) return false;
            if (document is null) return true;
            if ((mostBytes -= document.Json.Length) < 0) return false;
            try
            {
                var dropped = FindDropping(document);
                if (_hasFilter) (_dropped ??= []).Enqueue(dropped);
                Pass(left, dropped);
                if (dropped == Nowhere) into.Add(document);
            }
            catch (DeveloperException)
            {
                return false; // Told when it is read.
            }
        }

        return true;
    }

    /// <summary>Nobody reads on: what was looked at is forgotten, and does not hold the transaction's snapshot any more.</summary>
    public void Close()
    {
        _documents?.Forget();
        ForgetDropped();
    }

    /// <summary>Reads one document, which may not pass; false at the end.</summary>
    /// <exception cref="DeveloperException"><c>EvalError</c> of a filter; a limit of the transaction.</exception>
    public async ValueTask<bool> ScanAsync(CancellationToken cancellationToken)
    {
        Current = null;

        // A limit that let its last one through ends the stream before anything more is read, even if the steps before it would drop it.
        if (_source is null || IsUsedUp(_left)) return false;
        _documents ??= _transaction.Read(_source.Table, _source.Index, _interval, _source.Descending);
        if (_version != _transaction.Writes.Version) ForgetDropped();
        // Before the document is taken: it may be refused, and the next one is another.
        var dropped = 0;
        var isKnown = _dropped is not null && _dropped.TryDequeue(out dropped);
        if (await _documents.NextAsync(cancellationToken) is not { } document) return false;
        ScannedBytes = document.Json.Length;
        if (!isKnown) dropped = FindDropping(document);
        Pass(_left, dropped);
        if (dropped == Nowhere) Current = document;
        return true;
    }

    private KeyInterval Narrowed(ReadOnlyMemory<byte>? lower, ReadOnlyMemory<byte>? upper) => new(
        lower is { } from && from.Span.SequenceCompareTo(_interval.Lower.Span) > 0 ? from : _interval.Lower,
        upper is { } to && (_interval.Upper is not { } end || to.Span.SequenceCompareTo(end.Span) < 0) ? to : _interval.Upper);

    private bool IsUsedUp(ReadOnlySpan<int> left)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (_operators[i] is LimitOperator && left[i] == 0) return true;
        }

        return false;
    }

    private void ForgetDropped()
    {
        _dropped?.Clear();
        _version = _transaction.Writes.Version;
    }

    /// <summary>The step that drops a document, or <see cref="Nowhere"/>.</summary>
    private int FindDropping(Document document)
    {
        // Parsed for the first filter, if there is one.
        ValueObject? fields = null;
        for (var i = 0; i < _operators.Length; i++)
        {
            if (_operators[i] is FilterOperator filter && !filter.Condition.IsTrue(fields ??= document.Fields)) return i;
        }

        return Nowhere;
    }

    /// <summary>Lets a document through the limits as far as it came.</summary>
    private void Pass(Span<int> left, int dropped)
    {
        for (var i = 0; i < Math.Min(left.Length, dropped); i++)
        {
            if (_operators[i] is LimitOperator) left[i]--;
        }
    }

    private static QuerySourcePlan? Plan(Table? table, QuerySource source)
    {
        switch (source)
        {
            case FullTableScan scan:
                return table is null ? null : new(table, table.ByCreationTime ?? table.ById, KeyInterval.Prefix(default), scan.Descending);
            case IndexScan scan:
                var name = $"{scan.Table}.{scan.Index}";
                var index = FindIndex(table, scan.Index, name);
                return new(table!, index, IndexRangeCompiler.Compile(name, index.Fields, scan.Range), scan.Descending);
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

/// <summary>What a query reads of an index.</summary>
internal sealed record QuerySourcePlan(Table Table, Index Index, KeyInterval Interval, bool Descending);
