using System.Diagnostics.CodeAnalysis;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>What a transaction will write, document by document, with the way back to each savepoint.</summary>
/// <remarks>
/// For range reads of a table that was written to, an overlay per index holds the new versions by key; it is made at the first such read and dropped when
/// a roll-back touches the table.
/// </remarks>
internal sealed class WriteSet
{
    private readonly Dictionary<(TableKey Table, InternalId Id), PendingWrite> _writes = [];
    private readonly List<Undo> _undo = [];
    private readonly Dictionary<TableKey, int> _tables = [];
    private readonly Dictionary<IndexKeyId, PersistentBTree> _overlays = [];
    private readonly BatchOwner _owner = new();

    /// <summary>Grows with every change: whoever iterates over an overlay looks here whether to seek again.</summary>
    public int Version { get; private set; }

    /// <summary>How many changes there were: where a savepoint stands.</summary>
    public int Position => _undo.Count;

    public IEnumerable<PendingWrite> Writes => _writes.Values.Where(write => !write.IsNothing);

    public bool IsEmpty => _writes.Count == 0 || !Writes.Any();

    /// <summary>Whether any document of the table was written.</summary>
    public bool Touches(TableKey table) => _tables.ContainsKey(table);

    public bool TryGet(TableKey table, InternalId id, [NotNullWhen(true)] out PendingWrite? write)
    {
        write = null;
        return Touches(table) && _writes.TryGetValue((table, id), out write);
    }

    /// <summary>Writes a version.</summary>
    /// <param name="table">The table with its indexes as they are in this transaction.</param>
    /// <param name="id">The document.</param>
    /// <param name="write">What is to be; it replaces what was to be before.</param>
    /// <param name="catalog">The transaction's catalog before this write, to return to.</param>
    public void Set(Table table, InternalId id, PendingWrite write, Catalog catalog)
    {
        _writes.TryGetValue((table.Key, id), out var replaced);
        _undo.Add(new(table.Key, id, replaced, catalog));
        _writes[(table.Key, id)] = write;
        _tables[table.Key] = _tables.GetValueOrDefault(table.Key) + 1;
        Version++;
        if (_overlays.Count == 0) return;
        foreach (var index in table.Indexes)
        {
            if (!_overlays.TryGetValue(index.Key, out var overlay)) continue;
            if (replaced?.After is { } old) overlay.Remove(_owner, KeyOf(index, old, write.IdKey), out _);
            if (write.After is { } made) overlay.Put(_owner, KeyOf(index, made, write.IdKey), made);
        }
    }

    /// <summary>Undoes every change behind a position; returns the catalog as it was, or null when nothing was undone.</summary>
    public Catalog? RollBackTo(int position)
    {
        Catalog? catalog = null;
        while (_undo.Count > position)
        {
            var undo = _undo[^1];
            _undo.RemoveAt(_undo.Count - 1);
            catalog = undo.Catalog;
            if (undo.Replaced is { } replaced) _writes[(undo.Table, undo.Id)] = replaced;
            else _writes.Remove((undo.Table, undo.Id));
            if (--_tables[undo.Table] == 0) _tables.Remove(undo.Table);
        }

        if (catalog is not null)
        {
            _overlays.Clear();
            Version++;
        }

        return catalog;
    }

    /// <summary>The new versions of a table by the keys of one of its indexes.</summary>
    public PersistentBTree OverlayOf(Table table, Tables.Index index)
    {
        if (_overlays.TryGetValue(index.Key, out var overlay)) return overlay;
        overlay = new PersistentBTree(keyOnly: false).EditableBy(_owner);
        foreach (var ((owner, _), write) in _writes)
        {
            if (owner == table.Key && write.After is { } after) overlay.Put(_owner, KeyOf(index, after, write.IdKey), after);
        }

        _overlays.Add(index.Key, overlay);
        return overlay;
    }

    private static byte[] KeyOf(Tables.Index index, Document document, byte[] idKey) =>
        index.Fields.Length == 1 && index.Name == IndexName.ById ? idKey : IndexKey.Encode(document.Fields, index.Fields);

    private readonly record struct Undo(TableKey Table, InternalId Id, PendingWrite? Replaced, Catalog Catalog);
}
