using System.Collections.Immutable;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <content>Changing the shape of data: what a push does to tables and indexes, and making a component.</content>
public sealed partial class Transaction
{
    /// <summary>The system tables as each component must have them.</summary>
    internal IReadOnlyList<SystemTable> SystemTables { get; init; } = [];

    /// <summary>Makes an index. It is filled in the background once this is committed; then <see cref="EnableIndex"/> makes it readable.</summary>
    /// <param name="table">The table. When this transaction made it, the index is complete at once.</param>
    /// <param name="name">Its name; another index of this name may go on serving reads beside it.</param>
    /// <param name="fields">The fields of the schema; <c>_creationTime</c> and <c>_id</c> are added.</param>
    /// <param name="staged">Whether the schema lists it as staged.</param>
    /// <returns>The index: <see cref="IndexState.Backfilling"/>, or <see cref="IndexState.Backfilled"/> in a table made by this transaction.</returns>
    public Tables.Index CreateIndex(Table table, string name, IReadOnlyList<FieldPath> fields, bool staged = false) =>
        CreateIndex(table, name, [.. fields, FieldPath.CreationTime, FieldPath.Id], IsNew(table) ? IndexState.Backfilled : IndexState.Backfilling, staged);

    /// <summary>Makes a complete index readable; one that is readable stays so. The same name must not belong to another readable one: drop that first.</summary>
    public Tables.Index EnableIndex(Tables.Index index)
    {
        var current = Current(index);
        if (current.State == IndexState.Backfilling) throw new InvalidOperationException($"Index {index.Name} is still being filled.");
        return Change(current, current with { State = IndexState.Enabled, Staged = false });
    }

    /// <summary>Makes a readable index unreadable but keeps it complete: it became staged.</summary>
    public Tables.Index StageIndex(Tables.Index index)
    {
        var current = Current(index);
        return Change(current, current with { State = current.State == IndexState.Enabled ? IndexState.Backfilled : current.State, Staged = true });
    }

    /// <summary>Drops an index. Its entries go with the commit.</summary>
    public void DropIndex(Tables.Index index)
    {
        var current = Current(index);
        if (current.State == IndexState.Backfilling) RemoveBackfill(current);
        var document = Stored(CatalogTables.Indexes, current.DocumentId!.Value);
        Write(CatalogTables.Indexes, document.Id, document, null);
    }

    /// <summary>Drops a table with all its documents and indexes, in this one commit.</summary>
    /// <exception cref="DeveloperException"><c>SchemaEnforcementError</c>: the active schema speaks of it.</exception>
    public void DropTable(Table table)
    {
        DependOn(table);
        if (!table.IsSystem) EnforceDeletion(table);
        var current = Catalog.Find(table.Key) ?? throw new InvalidOperationException($"There is no table {table.Name} any more.");
        foreach (var index in current.Indexes.Where(index => index.DocumentId is not null)) DropIndex(index);
        var document = TableDocumentOf(current);
        Write(CatalogTables.Tables, document.Id, document, null);
    }

    /// <summary>Makes the system tables of a component, which makes it one; does nothing when it has them.</summary>
    public void CreateComponent(string component)
    {
        foreach (var system in SystemTables.Where(system => system.PerComponent || component.Length == 0)) CreateSystemTable(component, system);
    }

    /// <summary>Moves the cursor of an index that is being filled, or completes it. Applying the commit adds the entries up to there.</summary>
    /// <param name="index">The index.</param>
    /// <param name="cursor">The last key of <c>by_id</c> that is to be in it; null when all are.</param>
    internal void MoveBackfill(Tables.Index index, byte[]? cursor)
    {
        var backfill = First(CatalogTables.Backfills, CatalogTables.ByIndex, IndexKey.Encode(Value.Int64(index.Key.Number)))
            ?? throw new InvalidOperationException($"Index {index.Name} has no cursor.");
        if (cursor is not null) Update(CatalogTables.Backfills, backfill, backfill.Fields.With("cursor", Value.Bytes(cursor)));
        else
        {
            Change(Current(index), Current(index) with { State = IndexState.Backfilled });
            Write(CatalogTables.Backfills, backfill.Id, backfill, null);
        }
    }

    /// <summary>Makes a system table, or those of its indexes that are lacking.</summary>
    private void CreateSystemTable(string component, SystemTable system)
    {
        // By creation time, a table is born with.
        var byCreationTime = system.Indexes.Any(index => index.Name == IndexName.ByCreationTime);
        var table = FindTable(component, system.Name) ?? CreateTable(component, system.Name, system.Number, byCreationTime);
        foreach (var (name, fields) in system.Indexes)
        {
            if (name == IndexName.ByCreationTime || table.Indexes.Any(index => index.Name == name)) continue;
            CreateIndex(table, name, [.. fields.Select(FieldPath.Parse), FieldPath.Id], IsNew(table) ? IndexState.Enabled : IndexState.Backfilling, staged: false);
        }
    }

    private Tables.Index CreateIndex(Table table, string name, ImmutableArray<FieldPath> fields, IndexState state, bool staged)
    {
        DependOn(table);
        var index = new Tables.Index(new(_keys.Next()), table.Key, name, fields, state, staged, null, null);
        Insert(CatalogTables.Indexes, IndexDocument.Write(index));
        if (state == IndexState.Backfilling) Insert(CatalogTables.Backfills, BackfillDocument.Write(index.Key, cursor: null));
        return Current(index);
    }

    private Tables.Index Change(Tables.Index current, Tables.Index changed)
    {
        var document = Stored(CatalogTables.Indexes, current.DocumentId!.Value);
        Update(CatalogTables.Indexes, document, document.Fields.Merge(new([.. IndexDocument.Write(changed)])));
        return Current(changed);
    }

    private Tables.Index Current(Tables.Index index) => Catalog.Find(index.Key) ?? throw new InvalidOperationException($"There is no index {index.Name} any more.");

    private bool IsNew(Table table) => Snapshot.Catalog.Find(table.Key) is null;

    private Document Stored(Table table, DocumentId id) => FindInCatalog(table, id) ?? throw new InvalidOperationException($"There is no document {id} in {table.Name}.");

    private Document TableDocumentOf(Table table) =>
        First(CatalogTables.Tables, CatalogTables.ByName, IndexKey.Encode(table.Component, table.Name))
        ?? throw new InvalidOperationException($"Table {table.Name} has no document.");

    private void RemoveBackfill(Tables.Index index)
    {
        if (First(CatalogTables.Backfills, CatalogTables.ByIndex, IndexKey.Encode(Value.Int64(index.Key.Number))) is { } backfill)
            Write(CatalogTables.Backfills, backfill.Id, backfill, null);
    }

    /// <summary>The first document whose key begins with these values. Catalog tables are in memory always, so nothing is waited for.</summary>
    private Document? First(Table table, Tables.Index index, byte[] prefix)
    {
        var next = Read(table, index, KeyInterval.Prefix(prefix)).NextAsync(CancellationToken.None);
        return next.IsCompletedSuccessfully ? next.Result?.WithFields() : throw new InvalidOperationException("A catalog table was not in memory.");
    }
}
