using Fresnel.Engine;
using Fresnel.Engine.Queries;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <content>Queries: opened without reading, then consumed document by document. Source: <c>spec/function-runtime.md</c> §3.4, §4.</content>
internal sealed partial class TransactionScope
{
    /// <summary>Streams that are open at once; a query costs at least one read of the transaction's limit of as many.</summary>
    private const int MostOpen = 4_096;

    // The worker's reader opens and closes streams while a syscall runs, so these are locked.
    private readonly Lock _openLock = new();
    private readonly Dictionary<int, ScopeQuery> _open = [];
    private int _nextQueryId;

    /// <inheritdoc/>
    public override void OpenQuery(int queryId, ReadOnlyMemory<byte> query)
    {
        lock (_openLock)
        {
            if (_open.Count < MostOpen) _open[queryId] = new ScopeQuery(query);
        }
    }

    /// <inheritdoc/>
    public override void CloseQuery(int queryId)
    {
        lock (_openLock) _open.Remove(queryId);
    }

    /// <summary>The next document of a query, or null at its end. What is not consumed is not read.</summary>
    /// <exception cref="DeveloperException">At the first document also what is wrong with the query.</exception>
    public ValueTask<Document?> NextAsync(ScopeQuery query, CancellationToken cancellationToken) => InTurnAsync(
        async (transaction, token) =>
        {
            if (query.Stream is null)
            {
                var definition = query.Parse();
                if (!IsReadable(definition.Source)) return null;
                query.Stream = QueryStream.Open(transaction, Component, definition);
            }

            return await query.Stream.NextAsync(token);
        },
        cancellationToken);

    private async ValueTask<Document?> NextAsync(int queryId, CancellationToken cancellationToken)
    {
        ScopeQuery? query;
        lock (_openLock) _open.TryGetValue(queryId, out query);
        if (query is null) throw new DeveloperException("QueryNotFound", "in-progress query not found");
        var document = await NextAsync(query, cancellationToken);
        if (document is null) CloseQuery(queryId);
        return document;
    }

    private int Open(ReadOnlyMemory<byte> query)
    {
        lock (_openLock)
        {
            while (_open.ContainsKey(_nextQueryId)) _nextQueryId++;
            if (_open.Count >= MostOpen) throw SyscallErrors.TooManyConcurrent();
            _open.Add(_nextQueryId, new ScopeQuery(query));
            return _nextQueryId++;
        }
    }

    /// <summary>A private system table is to user code like one that does not exist.</summary>
    private bool IsReadable(QuerySource source)
    {
        if (source is TextSearch) throw NotBuiltYet.Error(NotBuiltYet.TextSearch);
        if (IsVisible(source.Table)) return true;
        return source is not IndexScan scan ? false : throw new DeveloperException("IndexNotFoundError", $"Index {scan.Table}.{scan.Index} not found.");
    }
}

/// <summary>A query of a function: as text until its first document is asked for.</summary>
internal sealed class ScopeQuery
{
    private readonly ReadOnlyMemory<byte> _json;
    private readonly QueryDefinition? _definition;

    /// <summary>Takes the arguments of <c>1.0/queryStream</c>, or the query alone.</summary>
    public ScopeQuery(ReadOnlyMemory<byte> json) => _json = json;

    /// <summary>Takes a query that was built.</summary>
    public ScopeQuery(QueryDefinition definition) => _definition = definition;

    /// <summary>Null until the first document is asked for.</summary>
    public QueryStream? Stream { get; set; }

    /// <summary>What is asked.</summary>
    /// <exception cref="DeveloperException">The JSON is not a query.</exception>
    public QueryDefinition Parse()
    {
        if (_definition is not null) return _definition;
        using var json = SyscallArguments.Parse("1.0/queryStream", _json);
        return QueryDefinition.Parse(json.RootElement.TryGetProperty("query", out var query) ? query : json.RootElement);
    }
}
