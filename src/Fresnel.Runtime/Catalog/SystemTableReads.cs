using Fresnel.Engine;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>How the runtime finds its documents in system tables: by the first fields of an index. Each read is recorded like any other.</summary>
internal static class SystemTableReads
{
    /// <summary>The system table of a component; there from the first start.</summary>
    public static Table Find(this Transaction transaction, SystemTable table, string component = "") =>
        transaction.FindTable(component, table.Name) ?? throw new InvalidOperationException($"The system table {table.Name} of component '{component}' is missing.");

    /// <summary>The first document whose index key begins with these values, or null.</summary>
    public static ValueTask<Document?> FindFirstAsync(
        this Transaction transaction, SystemTable table, string index, ReadOnlySpan<Value> prefix, CancellationToken cancellationToken) =>
        transaction.ReadIndex(transaction.Find(table), index, KeyInterval.Prefix(IndexKey.Encode(prefix))).NextAsync(cancellationToken);

    /// <summary>All documents whose index key begins with these values, in order.</summary>
    public static ValueTask<List<Document>> ListAsync(
        this Transaction transaction, SystemTable table, string index, ReadOnlySpan<Value> prefix, CancellationToken cancellationToken) =>
        DrainAsync(transaction.ReadIndex(transaction.Find(table), index, KeyInterval.Prefix(IndexKey.Encode(prefix))), cancellationToken);

    /// <summary>Reads a part of an index of a system table.</summary>
    public static DocumentStream ReadIndex(this Transaction transaction, Table table, string index, KeyInterval interval, bool descending = false) =>
        transaction.Read(
            table,
            table.FindIndex(index) ?? throw new InvalidOperationException($"The system table {table.Name} has no index {index}."),
            interval,
            descending);

    private static async ValueTask<List<Document>> DrainAsync(DocumentStream stream, CancellationToken cancellationToken)
    {
        var documents = new List<Document>();
        while (await stream.NextAsync(cancellationToken) is { } document) documents.Add(document);
        return documents;
    }
}
