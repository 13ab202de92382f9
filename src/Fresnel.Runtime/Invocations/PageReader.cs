using Fresnel.Engine;
using Fresnel.Engine.Queries;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Reads one page of a query. Source: <c>spec/data-model.md</c> §3.5, whose steps are numbered here.</summary>
internal sealed class PageReader(QueryStream query, PageRequest request, PagePosition? begin, PagePosition? end, UsageCeilings most)
{
    private const double Much = 0.75;
    private const int ManyDocuments = 6_144;

    private readonly List<Document> _page = [];

    /// <summary>The key of every row scanned, for the place where the page may be split.</summary>
    private readonly List<ReadOnlyMemory<byte>> _keys = [];
    private long _bytes;

    /// <summary>Reads it.</summary>
    public async ValueTask<Page> ReadAsync(CancellationToken cancellationToken)
    {
        // (1) A page behind the end is empty.
        if (begin is { IsEnd: true }) return new Page([], PagePosition.End, null, null);
        query.Restrict(begin?.Key, end?.Key);

        // (3) A fixed end is reached whatever the sizes say.
        var isCut = false;
        var isExhausted = false;
        while (end is not null || _page.Count < request.PageSize)
        {
            if (end is null && _keys.Count > 0 && (_keys.Count >= request.MostRows || _bytes >= request.MostBytes))
            {
                isCut = true;
                break;
            }

            try
            {
                if (!await query.ScanAsync(cancellationToken))
                {
                    isExhausted = true;
                    break;
                }
            }
            catch (DeveloperException limit) when (_keys.Count > 0 && limit.Code is "TooManyDocumentsRead" or "TooManyBytesRead")
            {
                isCut = true;
                break;
            }

            _keys.Add(query.LastKey);
            _bytes += query.ScannedBytes;
            if (query.Current is { } document) _page.Add(document);
        }

        // (4) to (7)
        var next = end ?? (isExhausted ? PagePosition.End : _keys.Count > 0 ? new PagePosition(_keys[^1]) : begin ?? PagePosition.End);
        PagePosition? split = _keys.Count > 2 ? new PagePosition(_keys[_keys.Count / 2]) : null;
        return new Page(_page, next, split, isCut ? "SplitRequired" : IsMuch() ? "SplitRecommended" : null);
    }

    private bool IsMuch() =>
        _keys.Count > Much * Math.Min(request.MostRows, most.DocumentsRead)
        || _page.Sum(document => (long)document.Json.Length) > Much * Math.Min(request.MostBytes, most.BytesRead)
        || _page.Count > ManyDocuments;
}

/// <summary>A page.</summary>
/// <param name="Documents">Its documents.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Split">Where it may be split in two, or null.</param>
/// <param name="Status">Whether it should or must be, or null.</param>
internal sealed record Page(IReadOnlyList<Document> Documents, PagePosition End, PagePosition? Split, string? Status);
