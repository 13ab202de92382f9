using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Fresnel.Engine;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <content>Documents by id. Source: <c>spec/function-runtime.md</c> §3.4, <c>spec/data-model.md</c> §1.5 to 1.7.</content>
internal sealed partial class TransactionScope
{
    private static readonly ConditionalWeakTable<IReadOnlyDictionary<string, uint>, FrozenDictionary<string, uint>> Visible = [];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, uint> TableNumbers => Visible.GetValue(
        Transaction.TableNumbers(Component),
        all => all.Where(table => IsVisibleToAll(table.Key)).ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>The document, or null when there is none or no table of the id's number.</summary>
    /// <param name="id">Text of an id.</param>
    /// <param name="table">The table it must be of, or null.</param>
    /// <param name="isSystem">Whether it was asked for through <c>db.system</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Document?> GetAsync(string id, string? table, bool isSystem, CancellationToken cancellationToken)
    {
        var method = isSystem ? "db.system.get" : "db.get";
        var documentId = ParseId(id, method);
        return InTurnAsync(
            (transaction, token) => FindTable(documentId, table, isSystem, method) is { } found ? transaction.GetAsync(found, documentId.InternalId, token) : new((Document?)null),
            cancellationToken);
    }

    /// <summary>Inserts a document; a table that does not exist is made.</summary>
    public ValueTask<Document> InsertAsync(string table, ValueObject fields, CancellationToken cancellationToken)
    {
        RequireMutation("db.insert");
        if (TableName.IsSystem(table) && !IsSystem) throw IsVisible(table) ? SyscallErrors.ReadOnlyTable(table) : SyscallErrors.MetadataTable(table);
        return InTurnAsync(
            (transaction, token) => transaction.InsertAsync(transaction.FindTable(Component, table) ?? transaction.CreateTable(Component, table), fields, token),
            cancellationToken);
    }

    /// <summary>Merges fields into a document; undefined ones are removed.</summary>
    public ValueTask<Document> PatchAsync(string id, ValuePatch patch, string? table, CancellationToken cancellationToken) =>
        WriteAsync(id, table, "db.patch", (transaction, found, documentId, token) => transaction.PatchAsync(found, documentId, patch, token), cancellationToken);

    /// <summary>Replaces all fields of a document but the system fields.</summary>
    public ValueTask<Document> ReplaceAsync(string id, ValueObject fields, string? table, CancellationToken cancellationToken) =>
        WriteAsync(id, table, "db.replace", (transaction, found, documentId, token) => transaction.ReplaceAsync(found, documentId, fields, token), cancellationToken);

    /// <summary>Deletes a document and returns what it was.</summary>
    public ValueTask<Document> DeleteAsync(string id, string? table, CancellationToken cancellationToken) =>
        WriteAsync(id, table, "db.delete", (transaction, found, documentId, token) => transaction.DeleteAsync(found, documentId, token), cancellationToken);

    /// <summary>How many documents a table has: reads all of it.</summary>
    public ValueTask<long> CountAsync(string table, CancellationToken cancellationToken) => InTurnAsync(
        async (transaction, token) =>
        {
            var count = 0L;
            if (!IsVisible(table) || transaction.FindTable(Component, table) is not { } found) return count;
            var stream = transaction.Read(found, found.ById, KeyInterval.All);
            while (await stream.NextAsync(token) is not null) count++;
            return count;
        },
        cancellationToken);

    /// <summary>The id when it is one of the table, or null.</summary>
    public ValueTask<string?> NormalizeIdAsync(string table, string id, CancellationToken cancellationToken) => InTurnAsync(
        (transaction, _) => new ValueTask<string?>(
            DocumentId.TryParse(id, out var documentId) && IsVisible(table) && transaction.FindTable(Component, table)?.Number == documentId.TableNumber ? documentId.ToString() : null),
        cancellationToken);

    private ValueTask<Document> WriteAsync(
        string id,
        string? table,
        string method,
        Func<Transaction, Table, DocumentId, CancellationToken, ValueTask<Document>> write,
        CancellationToken cancellationToken)
    {
        RequireMutation(method);
        var documentId = ParseId(id, method);
        return InTurnAsync(
            (transaction, token) => write(
                transaction,
                FindTable(documentId, table, isSystem: IsSystem, method) ?? throw SyscallArguments.Invalid("id", method, $"Table for ID \"{id}\" not found"),
                documentId,
                token),
            cancellationToken);
    }

    /// <summary>The table of an id, or null when this component has none of its number.</summary>
    private Table? FindTable(DocumentId id, string? expected, bool isSystem, string method)
    {
        if (Transaction.FindTable(Component, id.TableNumber) is not { } table) return null;
        if (expected is not null && expected != table.Name)
            throw SyscallArguments.Invalid("id", method, $"expected to be an Id<\"{expected}\">, got Id<\"{table.Name}\"> instead.");
        if (IsSystem) return table;
        if (!isSystem && TableName.IsSystem(table.Name)) throw SyscallErrors.SystemTable();
        if (isSystem && !TableName.IsSystem(table.Name)) throw SyscallErrors.UserTable();
        return IsVisible(table.Name) ? table : null;
    }

    /// <summary>Whether the function may know of a table of this name. Of the system's, there are two that everybody reads.</summary>
    private bool IsVisible(string table) => IsSystem || IsVisibleToAll(table);

    private static bool IsVisibleToAll(string table) =>
        !TableName.IsSystem(table) || table == SystemTables.Storage.Name || table == SystemTables.ScheduledFunctions.Name;

    private static DocumentId ParseId(string id, string method)
    {
        try
        {
            return DocumentId.Parse(id);
        }
        catch (DeveloperException exception)
        {
            throw SyscallArguments.Invalid("id", method, exception.Message);
        }
    }
}
