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
    /// <summary>Writes up to which a look through all of them is quicker than a hash table.</summary>
    private const int FewWrites = 12;

    /// <summary>In the order in which their documents were first written; so a roll-back takes from the end.</summary>
    private readonly List<PendingWrite> _writes = [];
    private readonly List<Undo> _undo = [];

    /// <summary>Where the write of a document is, and how many there are of a table, once they are many.</summary>
    private Dictionary<DocumentPlace, int>? _places;
    private Dictionary<TableKey, int>? _tables;
    private Dictionary<IndexKeyId, PersistentBTree>? _overlays;
    private BatchOwner? _owner;

    /// <summary>Grows with every change: whoever iterates over an overlay looks here whether to seek again.</summary>
    public int Version { get; private set; }

    /// <summary>How many changes there were: where a savepoint stands.</summary>
    public int Position => _undo.Count;

    /// <summary>The writes, those included that come to nothing (<see cref="PendingWrite.IsNothing"/>).</summary>
    public IReadOnlyList<PendingWrite> Writes => _writes;

    /// <summary>Whether there is nothing to be done.</summary>
    public bool IsEmpty => _writes.TrueForAll(static write => write.IsNothing);

    /// <summary>Whether any document of the table was written.</summary>
    public bool Touches(TableKey table)
    {
        if (_tables is not null) return _tables.ContainsKey(table);
        foreach (var write in _writes)
        {
            if (write.Table == table) return true;
        }

        return false;
    }

    /// <summary>The write of a document, if it was written.</summary>
    public bool TryGet(TableKey table, InternalId id, [NotNullWhen(true)] out PendingWrite? write)
    {
        var at = IndexOf(table, id);
        write = at < 0 ? null : _writes[at];
        return write is not null;
    }

    /// <summary>Writes a version.</summary>
    /// <param name="table">The table with its indexes as they are in this transaction.</param>
    /// <param name="write">What is to be; it replaces what was to be before.</param>
    /// <param name="catalog">The transaction's catalog before this write, to return to.</param>
    public void Set(Table table, PendingWrite write, Catalog catalog)
    {
        var at = IndexOf(table.Key, write.Id);
        var replaced = at < 0 ? null : _writes[at];
        _undo.Add(new(at, replaced, catalog));
        if (at < 0) Append(write);
        else _writes[at] = write;
        Version++;
        if (_overlays is null) return;
        foreach (var index in table.Indexes)
        {
            if (!_overlays.TryGetValue(index.Key, out var overlay)) continue;
            if (replaced?.After is { } old) overlay.Remove(_owner!, KeyOf(index, old, write.IdKey), out _);
            if (write.After is { } made) overlay.Put(_owner!, KeyOf(index, made, write.IdKey), made);
        }
    }

    /// <summary>Undoes every change behind a position; returns the catalog as it was, or null when nothing was undone.</summary>
    public Catalog? RollBackTo(int position)
    {
        Catalog? catalog = null;
        for (; _undo.Count > position; _undo.RemoveAt(_undo.Count - 1))
        {
            var undo = _undo[^1];
            catalog = undo.Catalog;
            if (undo.Replaced is { } replaced) _writes[undo.At] = replaced;
            else RemoveLast();
        }

        if (catalog is not null)
        {
            _overlays = null;
            Version++;
        }

        return catalog;
    }

    /// <summary>The new versions of a table by the keys of one of its indexes.</summary>
    public PersistentBTree OverlayOf(Table table, Tables.Index index)
    {
        _overlays ??= [];
        _owner ??= new();
        if (_overlays.TryGetValue(index.Key, out var overlay)) return overlay;
        overlay = new PersistentBTree(keyOnly: false).EditableBy(_owner);
        foreach (var write in _writes)
        {
            if (write.Table == table.Key && write.After is { } after) overlay.Put(_owner, KeyOf(index, after, write.IdKey), after);
        }

        _overlays.Add(index.Key, overlay);
        return overlay;
    }

    private int IndexOf(TableKey table, InternalId id)
    {
        if (_places is not null) return _places.GetValueOrDefault(new(table, id), -1);
        for (var i = 0; i < _writes.Count; i++)
        {
            if (_writes[i].Table == table && _writes[i].Id == id) return i;
        }

        return -1;
    }

    private void Append(PendingWrite write)
    {
        _writes.Add(write);
        if (_places is not null) Place(_writes.Count - 1);
        else if (_writes.Count > FewWrites)
        {
            (_places, _tables) = ([], []);
            for (var i = 0; i < _writes.Count; i++) Place(i);
        }
    }

    private void Place(int at)
    {
        var write = _writes[at];
        _places!.Add(new(write.Table, write.Id), at);
        _tables![write.Table] = _tables.GetValueOrDefault(write.Table) + 1;
    }

    private void RemoveLast()
    {
        var write = _writes[^1];
        _writes.RemoveAt(_writes.Count - 1);
        if (_places is null) return;
        _places.Remove(new(write.Table, write.Id));
        if (--_tables![write.Table] == 0) _tables.Remove(write.Table);
    }

    private static byte[] KeyOf(Tables.Index index, Document document, byte[] idKey) =>
        index.Fields.Length == 1 && index.Name == IndexName.ById ? idKey : IndexKey.Encode(document.Fields, index.Fields);

    private readonly record struct DocumentPlace(TableKey Table, InternalId Id);

    /// <param name="At">Where the write is; negative when it came at the end.</param>
    /// <param name="Replaced">What was there before.</param>
    /// <param name="Catalog">The transaction's catalog before.</param>
    private readonly record struct Undo(int At, PendingWrite? Replaced, Catalog Catalog);
}
