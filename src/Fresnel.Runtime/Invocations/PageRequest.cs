using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>What a function asks of a page: the arguments of <c>1.0/queryPage</c>. Source: <c>spec/data-model.md</c> §3.5.</summary>
/// <param name="Cursor">Where the page begins; null for the beginning.</param>
/// <param name="EndCursor">Where it must end; null to let sizes decide.</param>
/// <param name="PageSize">Documents of the page.</param>
/// <param name="MostRows">Rows that may be scanned for it, those that a filter drops included.</param>
/// <param name="MostBytes">Bytes that may be scanned for it.</param>
internal sealed record PageRequest(string? Cursor, string? EndCursor, int PageSize, double MostRows, double MostBytes)
{
    /// <summary>Reads and checks the arguments.</summary>
    /// <param name="given">The arguments.</param>
    /// <param name="most">What one transaction may read: a page cannot have more.</param>
    /// <exception cref="DeveloperException">A size makes no sense.</exception>
    public static PageRequest Read(JsonElement given, UsageCeilings most)
    {
        var size = Number(given, "pageSize") ?? throw SyscallArguments.Invalid("pageSize", "db.query.paginate", "Expected a number");
        var rows = Number(given, "maximumRowsRead");
        var bytes = Number(given, "maximumBytesRead");
        if (size <= 0) throw new DeveloperException("NoDocumentsForPagination", "Must request at least 1 document while paginating");
        if (size > most.DocumentsRead) throw new DeveloperException("PageSizeTooLarge", $"Requested too many items: {size}");
        if (rows <= 0 || bytes <= 0) throw new DeveloperException("InvalidPaginationLimit", "maximumRowsRead and maximumBytesRead must be greater than 0");
        return new PageRequest(given.Text("cursor"), given.Text("endCursor"), (int)Math.Ceiling(size), rows ?? double.PositiveInfinity, bytes ?? double.PositiveInfinity);
    }

    private static double? Number(JsonElement given, string name) =>
        given.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
