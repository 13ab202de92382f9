using System.Buffers.Binary;
using System.Security.Cryptography;
using Fresnel.Engine;
using Fresnel.Functions;
using Fresnel.Runtime.Clr;
using Fresnel.Values;

namespace Fresnel.Server.SystemFunctions;

/// <summary>How many documents a table has. Source: <c>spec/deploy-api.md</c> §10.</summary>
[FunctionModule("_system/cli/tableSize")]
internal static class TableSizeFunctions
{
    /// <summary>The number; zero when there is no such table.</summary>
    [Query(Name = "default")]
    public static async ValueTask<double> CountAsync(SystemQueryContext context, string tableName, CancellationToken cancellationToken)
    {
        var count = 0d;
        await context.VisitAsync(tableName, _ => count++, cancellationToken);
        return count;
    }
}

/// <summary>Whether a table changed: <c>dev</c> waits for it after data did not fit a schema. Source: <c>spec/deploy-api.md</c> §10.</summary>
[FunctionModule("_system/cli/queryTable")]
internal static class TableChangeFunctions
{
    /// <summary>A number that is another one for other versions of documents, and the same for the same ones.</summary>
    [Query(Name = "default")]
    public static async ValueTask<double> FingerprintAsync(SystemQueryContext context, string tableName, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await context.VisitAsync(tableName, document => Append(hash, document), cancellationToken);

        // A double holds 53 bits exactly.
        return BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset()) >> 11;
    }

    private static void Append(IncrementalHash hash, Document document)
    {
        Span<byte> version = stackalloc byte[28];
        BinaryPrimitives.WriteUInt32LittleEndian(version, document.Id.TableNumber);
        document.Id.InternalId.Write(version[4..20]);
        BinaryPrimitives.WriteInt64LittleEndian(version[20..], document.Timestamp.Nanoseconds);
        hash.AppendData(version);
    }
}

/// <summary>Reading a whole table.</summary>
internal static class TableVisits
{
    /// <summary>Shows every document of a user table.</summary>
    public static ValueTask<bool> VisitAsync(this SystemQueryContext context, string name, Action<Document> visit, CancellationToken cancellationToken) =>
        context.ReadAsync(
            async (transaction, token) =>
            {
                if (TableName.IsSystem(name) || transaction.FindTable(context.Component, name) is not { } table) return false;
                var stream = transaction.Read(table, table.ById, KeyInterval.All);
                while (await stream.NextAsync(token) is { } document) visit(document);
                return true;
            },
            cancellationToken);
}
