using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>A query on one table, described step by step and run when its documents are asked for. Immutable.</summary>
/// <remarks>
/// Every document that is consumed counts as read, so choose an index and take no more than is needed; a LINQ <c>Where</c> behind it reads what it drops.
/// Without an index, documents come in order of their creation.
/// </remarks>
public sealed class DocumentQuery : IAsyncEnumerable<ValueObject>
{
    private readonly DatabaseReader _reader;

    internal DocumentQuery(DatabaseReader reader, string table)
    {
        _reader = reader;
        Table = table;
    }

    /// <summary>The table.</summary>
    public string Table { get; }

    /// <summary>The index, or null to read in order of creation.</summary>
    public string? Index { get; private init; }

    /// <summary>The part of the index that is read.</summary>
    public IndexRange Range { get; private init; } = IndexRange.All;

    /// <summary>Whether documents come from the last to the first.</summary>
    public bool IsDescending { get; private init; }

    /// <summary>Most documents that are read, or null.</summary>
    public int? Limit { get; private init; }

    /// <summary>Reads an index, in order of its fields, or a part of it.</summary>
    /// <param name="index">The name of an index of the table.</param>
    /// <param name="range">Narrows what is read: <c>range => range.Eq("channel", channel)</c>. Everything when null.</param>
    public DocumentQuery WithIndex(string index, Func<IndexRange, IndexRange>? range = null) =>
        new(_reader, Table) { Index = index, Range = range is null ? IndexRange.All : range(IndexRange.All), IsDescending = IsDescending };

    /// <summary>Reads from the last to the first.</summary>
    public DocumentQuery Descending() => new(_reader, Table) { Index = Index, Range = Range, IsDescending = true };

    /// <summary>Everything. Only for what is known to be small.</summary>
    public ValueTask<IReadOnlyList<ValueObject>> CollectAsync(CancellationToken cancellationToken = default) => ListAsync(this, cancellationToken);

    /// <summary>The first documents, as many as there are up to <paramref name="count"/>.</summary>
    public ValueTask<IReadOnlyList<ValueObject>> TakeAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return ListAsync(WithLimit(count), cancellationToken);
    }

    /// <summary>The first document, or null.</summary>
    public async ValueTask<ValueObject?> FirstAsync(CancellationToken cancellationToken = default)
    {
        var documents = await ListAsync(WithLimit(1), cancellationToken);
        return documents is [var first] ? first : null;
    }

    /// <summary>The only document, or null when there is none.</summary>
    /// <exception cref="DeveloperException">There are several.</exception>
    public async ValueTask<ValueObject?> UniqueAsync(CancellationToken cancellationToken = default)
    {
        var documents = await ListAsync(WithLimit(2), cancellationToken);
        return documents switch
        {
            [] => null,
            [var only] => only,
            _ => throw new DeveloperException(
                "NotUnique",
                $"unique() query returned more than one result from table {Table}:\n [{documents[0]["_id"].AsString()}, {documents[1]["_id"].AsString()}, ...]"),
        };
    }

    /// <summary>Documents as they are consumed; what is not consumed is not read.</summary>
    public IAsyncEnumerator<ValueObject> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(this, cancellationToken).GetAsyncEnumerator(cancellationToken);

    private DocumentQuery WithLimit(int limit) => new(_reader, Table) { Index = Index, Range = Range, IsDescending = IsDescending, Limit = limit };

    private static async ValueTask<IReadOnlyList<ValueObject>> ListAsync(DocumentQuery query, CancellationToken cancellationToken)
    {
        var documents = new List<ValueObject>();
        await foreach (var document in query.WithCancellation(cancellationToken)) documents.Add(document);
        return documents;
    }
}
