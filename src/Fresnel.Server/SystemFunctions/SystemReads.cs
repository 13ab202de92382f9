using Fresnel.Engine;
using Fresnel.Engine.Tables;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>How system functions find documents in system tables: by the first fields of an index.</summary>
internal static class SystemReads
{
    /// <summary>All documents whose key in the index begins with these values, in order.</summary>
    public static ValueTask<List<Document>> ListAsync(
        this SystemQueryContext context, SystemTable systemTable, string index, Value[] prefix, CancellationToken cancellationToken) =>
        context.ReadAsync(
            async (transaction, token) =>
            {
                var documents = new List<Document>();
                if (transaction.FindTable("", systemTable.Name) is not { } table || table.FindIndex(index) is not { } readable) return documents;
                var stream = transaction.Read(table, readable, KeyInterval.Prefix(IndexKey.Encode(prefix)));
                while (await stream.NextAsync(token) is { } document) documents.Add(document);
                return documents;
            },
            cancellationToken);

    /// <summary>The only document whose key in the index begins with these values, or null.</summary>
    public static async ValueTask<Document?> FindAsync(
        this SystemQueryContext context, SystemTable systemTable, string index, Value[] prefix, CancellationToken cancellationToken) =>
        (await context.ListAsync(systemTable, index, prefix, cancellationToken)).FirstOrDefault();
}
