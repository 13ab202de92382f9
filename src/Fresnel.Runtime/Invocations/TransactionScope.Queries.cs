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

    /// <summary>A limit that was crossed by documents which had been handed out ahead: told at the next syscall, or at the end.</summary>
    public DeveloperException? Overdrawn { get; private set; }

    /// <inheritdoc/>
    public override void OpenQuery(int queryId, ReadOnlyMemory<byte> query)
    {
        lock (_openLock)
        {
            if (_open.Count < MostOpen) _open[queryId] = new ScopeQuery(query);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<StreamRows> NextAsync(int queryId, CancellationToken cancellationToken)
    {
        var query = FindQuery(queryId);
        query.Ahead.Clear();
        if (await NextAsync(query, cancellationToken) is not { } document)
        {
            CloseQuery(queryId);
            return new([], IsEnd: true);
        }

        var isEnd = query.LookAhead(Headroom());
        return new([document.Json, .. query.Ahead.Select(ahead => ahead.Json)], isEnd);
    }

    /// <inheritdoc/>
    public override void Consume(int queryId, int count)
    {
        var query = FindQuery(queryId);
        if (count < 0 || count > query.Promised) throw new InvalidOperationException($"{count} documents were consumed of {query.Promised}.");
        query.Promised -= count;
        try
        {
            for (; count > 0; count--)
            {
                // They were looked at and nothing was written since, so nothing is waited for.
                var taken = query.Stream!.NextAsync(CancellationToken.None);
                if (!taken.IsCompleted) throw new InvalidOperationException("A document that was looked at is gone.");
                _ = taken.Result;
            }

            _ceilings?.Check(Transaction.Usage, _tree.Scheduled);
        }
        catch (DeveloperException limit)
        {
            Overdrawn ??= limit;
        }
    }

    /// <inheritdoc/>
    public override void CloseQuery(int queryId)
    {
        ScopeQuery? query;
        lock (_openLock) _open.Remove(queryId, out query);
        query?.Stream?.Close();
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

    private ScopeQuery FindQuery(int queryId)
    {
        lock (_openLock) return _open.GetValueOrDefault(queryId) ?? throw new DeveloperException("QueryNotFound", "in-progress query not found");
    }

    /// <summary>Documents and bytes that may be read before a limit is met: so many may be handed out ahead.</summary>
    private (int Documents, long Bytes) Headroom()
    {
        var most = _ceilings ?? _tree.Parts.Ceilings;
        var (documents, bytes) = Transaction.ReadSoFar;
        return ((int)Math.Min(most.DocumentsRead - documents, int.MaxValue), (long)Math.Min(most.BytesRead - bytes, long.MaxValue >> 1));
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
