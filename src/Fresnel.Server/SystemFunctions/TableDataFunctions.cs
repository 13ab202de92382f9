using Fresnel.Engine.Transactions;
using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>The documents of a table, page by page, for <c>data</c>. Source: <c>spec/deploy-api.md</c> §6.6, 10.</summary>
[FunctionModule("_system/cli/tableData")]
internal static class TableDataFunctions
{
    private const double MostItems = 32_000;

    /// <summary>A page of documents in order of creation. A table that does not exist is an empty one.</summary>
    [Query(Name = "default")]
    public static ValueTask<ValueObject> PageAsync(
        SystemQueryContext context, string table, string order, ValueObject paginationOpts, CancellationToken cancellationToken) =>
        context.ReadAsync((transaction, token) => ReadAsync(transaction, context.Component, table, order == "desc", paginationOpts, token), cancellationToken);

    private static async ValueTask<ValueObject> ReadAsync(
        Transaction transaction, string component, string name, bool isDescending, ValueObject paginationOpts, CancellationToken cancellationToken)
    {
        var count = CountOf(paginationOpts["numItems"]);
        var cursor = paginationOpts["cursor"] is { Kind: ValueKind.String } text ? text.AsString() : null;
        if (cursor == PageCursor.End || !IsReadable(name) || transaction.FindTable(component, name) is not { } table) return Page([], PageCursor.End);

        var stream = transaction.Read(table, table.ByCreationTime ?? table.ById, PageCursor.Rest(cursor, table.Number, isDescending), isDescending);
        var documents = new List<Value>();
        while (documents.Count < count)
        {
            if (await stream.NextAsync(cancellationToken) is not { } document) return Page(documents, PageCursor.End);
            documents.Add(document.Fields);
        }

        return Page(documents, PageCursor.Write(table.Number, isDescending, stream.LastKey.Span));
    }

    private static bool IsReadable(string table) =>
        !TableName.IsSystem(table) || table == SystemTables.Storage.Name || table == SystemTables.ScheduledFunctions.Name;

    private static double CountOf(Value numItems) => numItems switch
    {
        { Kind: not ValueKind.Float64 } => throw new DeveloperException("InvalidArgument", "Invalid argument `numItems` for `paginate`: Expected a number"),
        _ when numItems.AsFloat64() is not >= 1 => throw new DeveloperException("NoDocumentsForPagination", "Must request at least 1 document while paginating"),
        _ when numItems.AsFloat64() > MostItems => throw new DeveloperException("PageSizeTooLarge", $"Requested too many items: {numItems.AsFloat64()}"),
        _ => numItems.AsFloat64(),
    };

    private static ValueObject Page(List<Value> documents, string cursor) =>
        ValueObject.Create(("page", Value.Array([.. documents])), ("isDone", cursor == PageCursor.End), ("continueCursor", cursor));
}
