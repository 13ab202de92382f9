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
    /// <summary>A page of documents in order of creation. A table that does not exist is an empty one.</summary>
    [Query(Name = "default")]
    public static ValueTask<ValueObject> PageAsync(
        SystemQueryContext context, string table, string order, ValueObject paginationOpts, CancellationToken cancellationToken) =>
        context.ReadAsync((transaction, token) => ReadAsync(transaction, context.Component, table, order == "desc", paginationOpts, token), cancellationToken);

    private static async ValueTask<ValueObject> ReadAsync(
        Transaction transaction, string component, string name, bool isDescending, ValueObject paginationOpts, CancellationToken cancellationToken)
    {
        var count = SystemPage.CountOf(paginationOpts);
        var cursor = SystemPage.CursorOf(paginationOpts);
        if (cursor == PageCursor.End || !IsReadable(name) || transaction.FindTable(component, name) is not { } table) return SystemPage.Of([], PageCursor.End);

        var stream = transaction.Read(table, table.ByCreationTime ?? table.ById, PageCursor.Rest(cursor, table.Number, isDescending), isDescending);
        var documents = new List<Value>();
        while (documents.Count < count)
        {
            if (await stream.NextAsync(cancellationToken) is not { } document) return SystemPage.Of(documents, PageCursor.End);
            documents.Add(document.Fields);
        }

        return SystemPage.Of(documents, PageCursor.Write(table.Number, isDescending, stream.LastKey.Span));
    }

    private static bool IsReadable(string table) =>
        !TableName.IsSystem(table) || table == SystemTables.Storage.Name || table == SystemTables.ScheduledFunctions.Name;
}
