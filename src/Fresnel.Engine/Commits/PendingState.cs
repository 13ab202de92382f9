using Fresnel.Engine.Pages;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Commits;

/// <summary>The roots that the current batch edits. The committer applies commits to it, start-up applies the log; both by the same steps.</summary>
/// <remarks>Nobody else sees it; what others see comes out of <see cref="Seal"/> and is never edited again.</remarks>
internal sealed class PendingState
{
    private readonly NodeCache _nodes;
    private BatchOwner _owner = new();
    private RootTable _roots;

    public PendingState(RootTable roots, Catalog catalog, NodeCache nodes)
    {
        _nodes = nodes;
        _roots = roots.EditableBy(_owner);
        Catalog = catalog;
    }

    /// <summary>The tables as of the last change.</summary>
    public Catalog Catalog { get; private set; }

    /// <summary>A database that holds nothing but the empty catalog tables.</summary>
    public static PendingState Empty(NodeCache nodes)
    {
        var state = new PendingState(new(), Catalog.Initial, nodes);
        foreach (var table in CatalogTables.All) state.HookIn(table);
        return state;
    }

    /// <summary>Ends the batch: its roots become a snapshot, and the next batch begins on top of them.</summary>
    public Snapshot Seal(Timestamp timestamp, Lineage lineage)
    {
        var snapshot = new Snapshot(timestamp, _roots, Catalog, lineage, _nodes.Epoch);
        _nodes.Count(_owner);
        _owner = new();
        _roots = _roots.EditableBy(_owner);
        return snapshot;
    }

    /// <summary>The document that is there now, if nothing that tells so is missing.</summary>
    public Document? Find(Table table, ReadOnlySpan<byte> idKey, out Missing? missing)
    {
        _roots.Find(table.ById.Key)!.TryGet(idKey, out var document, out missing);
        return document;
    }

    /// <summary>What must be loaded before a write can be applied to these roots; null when it may be.</summary>
    public Missing? FindMissing(PreparedWrite write) => Residency.FindMissing(_roots, Catalog, write);

    /// <summary>What must be loaded before a commit can be applied to these roots; null when it may be.</summary>
    public Missing? FindMissing(PreparedCommit commit)
    {
        foreach (var write in commit.Writes)
        {
            if (FindMissing(write) is { } missing) return missing;
        }

        return null;
    }

    /// <summary>Applies one write. The versions and keys that it names as those before are there, or nothing can be trusted any more.</summary>
    /// <exception cref="BrokenInvariantException">They are not.</exception>
    public void Apply(Timestamp timestamp, PreparedWrite write)
    {
        var document = write.After is null ? null : new Document(write.Id, timestamp, write.After.Json);
        var byId = _roots.Edit(_owner, write.Table.ById.Key);
        Document? previous;
        if (document is null) byId.Remove(_owner, write.IdKey, out previous);
        else previous = byId.Put(_owner, write.IdKey, document);
        if (previous?.Timestamp != write.Before?.Timestamp)
            throw new BrokenInvariantException($"Document {write.Id} of {write.Table.Name} is not the version that the commit replaces.");

        foreach (var change in write.Changes)
        {
            if (!change.Moves || !Residency.IsMaintained(Catalog, change.Index, write.IdKey)) continue;
            var tree = _roots.Edit(_owner, change.Index.Key);
            if (change.Before is not null && !tree.Remove(_owner, change.Before, out _))
                throw new BrokenInvariantException($"Index {change.Index.Name} of {write.Table.Name} lacks document {write.Id}.");
            if (change.After is not null) tree.Put(_owner, change.After, null);
        }

        if (CatalogTables.Contains(write.Table.Key)) Follow(write.Table.Key, write.Before, document);
    }

    /// <summary>Keeps the catalog and the trees in step with a document of a catalog table.</summary>
    private void Follow(TableKey table, Document? before, Document? after)
    {
        var old = Catalog;
        Catalog = old.With(table, before, after);
        if (table == CatalogTables.Tables.Key)
        {
            if (before is null) HookIn(Catalog.Find(TableDocument.KeyOf(after!))!);
            else if (after is null)
            {
                foreach (var index in old.Find(TableDocument.KeyOf(before))!.Indexes) Unhook(index.Key);
            }
        }
        else if (table == CatalogTables.Indexes.Key)
        {
            if (before is null) _roots.Set(_owner, IndexDocument.Read(after!).Key, EmptyTree(keyOnly: true));
            else if (after is null) Unhook(IndexDocument.Read(before).Key);
        }
        else if (table == CatalogTables.Backfills.Key && before is not null && Catalog.Find(BackfillDocument.IndexOf(before)) is { } index)
        {
            Fill(index, BackfillDocument.CursorOf(before), after is null ? null : BackfillDocument.CursorOf(after));
        }
    }

    private void Unhook(IndexKeyId index)
    {
        // A table may have gone before its index.
        if (_roots.Find(index) is not { } tree) return;
        _owner.TakeOut(tree.Root);
        _roots.Set(_owner, index, null);
    }

    private void HookIn(Table table)
    {
        foreach (var index in table.Indexes) _roots.Set(_owner, index.Key, EmptyTree(keyOnly: index.Key != table.ById.Key));
    }

    /// <summary>A tree without keys; its one leaf is counted like every other node of the batch.</summary>
    private PersistentBTree EmptyTree(bool keyOnly) => new(_owner.Make(new Leaf(keyOnly)), 0, keyOnly);

    /// <summary>Adds the documents between two cursors to an index, as they are at this point of the log.</summary>
    /// <param name="index">The index that is being filled.</param>
    /// <param name="from">The last key of <c>by_id</c> that is in it; null when none is.</param>
    /// <param name="to">The last that is to be in it; null for all that there are.</param>
    private void Fill(Tables.Index index, ReadOnlyMemory<byte>? from, ReadOnlyMemory<byte>? to)
    {
        var byId = _roots.Find(Catalog.Find(index.Table)!.ById.Key)!;
        var tree = _roots.Edit(_owner, index.Key);
        var cursor = new TreeCursor(byId, Residency.Between(from, to), descending: false);
        while (cursor.MoveNext()) tree.Put(_owner, IndexKey.Encode(cursor.Document!.Fields, index.Fields), null);
    }
}

/// <summary>Something that must always hold does not. The committer stops; nothing more is written.</summary>
internal sealed class BrokenInvariantException(string message) : Exception(message);
