using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>Reads <c>paginationOpts</c> of system functions, and makes the pages that answer them.</summary>
internal static class SystemPage
{
    private const double MostItems = 32_000;

    /// <summary>How many documents a page shall have.</summary>
    /// <exception cref="DeveloperException">It is no number of documents.</exception>
    public static double CountOf(ValueObject paginationOpts) => paginationOpts["numItems"] switch
    {
        { Kind: not ValueKind.Float64 } => throw new DeveloperException("InvalidArgument", "Invalid argument `numItems` for `paginate`: Expected a number"),
        var count when count.AsFloat64() is not >= 1 => throw new DeveloperException("NoDocumentsForPagination", "Must request at least 1 document while paginating"),
        var count when count.AsFloat64() > MostItems => throw new DeveloperException("PageSizeTooLarge", $"Requested too many items: {count.AsFloat64()}"),
        var count => count.AsFloat64(),
    };

    /// <summary>Where the page begins; null at the beginning.</summary>
    public static string? CursorOf(ValueObject paginationOpts) => paginationOpts["cursor"] is { Kind: ValueKind.String } text ? text.AsString() : null;

    /// <summary>A page.</summary>
    public static ValueObject Of(List<Value> documents, string cursor) =>
        ValueObject.Create(("page", Value.Array([.. documents])), ("isDone", cursor == PageCursor.End), ("continueCursor", cursor));
}
