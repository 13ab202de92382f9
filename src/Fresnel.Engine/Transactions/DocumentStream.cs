using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>Documents as they come out of an index. Consuming one records the interval up to it; reaching the end records the whole interval.</summary>
/// <remarks>It merges the snapshot with the transaction's own writes, those that are made while it is being consumed included.</remarks>
public sealed class DocumentStream
{
    private const int FewDocuments = 4;

    /// <summary>No version of the writes.</summary>
    private const int Unknown = -1;

    private readonly Transaction _transaction;
    private readonly Table _table;
    private readonly Tables.Index _index;
    private readonly KeyInterval _interval;
    private readonly bool _descending;
    private PersistentBTree _tree;
    private PersistentBTree _byId;
    private readonly byte[] _idKey;

    /// <summary>A place in the snapshot's tree; its entry is the next one when <see cref="_isOnEntry"/>.</summary>
    private TreeCursor? _stored;
    private bool _isOnEntry;

    /// <summary>The next entry of the snapshot that is not hidden by a write, once <see cref="_isStoredKnown"/>; null at its end.</summary>
    private Document? _storedDocument;
    private bool _isStoredKnown;

    /// <summary>The next entry among the transaction's writes; null when there are none.</summary>
    private TreeCursor? _written;
    private bool _writtenReady;
    private int _version;
    private Snapshot _snapshot;

    /// <summary>What was looked at ahead of the document that came last; from <see cref="_aheadFrom"/> on it was not consumed yet.</summary>
    private List<Found>? _ahead;
    private int _aheadFrom;

    /// <summary>The key of the document that came last: either a place in a sealed leaf, or a copy.</summary>
    private KeyBlock? _lastKeys;
    private int _lastAt;
    private byte[]? _lastKey;

    /// <summary>Whether something was consumed that no read set knows of yet.</summary>
    private bool _hasNews;

    private int _consumed;

    /// <summary>Whether it counts as a query already: from its first document or its end on, since what is not consumed is not read.</summary>
    private bool _isCounted;

    internal DocumentStream(Transaction transaction, Table table, Tables.Index index, KeyInterval interval, bool descending)
    {
        _transaction = transaction;
        _table = table;
        _index = index;
        _interval = interval;
        _descending = descending;
        _version = transaction.Writes.Version;
        _idKey = new byte[DocumentKey.LengthFor(table.Number)];
        _snapshot = transaction.Snapshot;
        (_tree, _byId) = Roots();
        Seek(interval);
    }

    private static PersistentBTree Empty { get; } = new(keyOnly: false);

    /// <summary>The key in the index of the document that came last; empty before the first.</summary>
    public ReadOnlyMemory<byte> LastKey => _lastKey ??= _lastKeys?.CopyKey(_lastAt) ?? [];

    /// <summary>Whether everything was consumed and the end was reached.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether it has looked at documents that were not consumed yet.</summary>
    internal bool HasLookedAhead => _ahead is { } ahead && _aheadFrom < ahead.Count;

    /// <summary>The next document, or null at the end.</summary>
    /// <exception cref="DeveloperException">The transaction has read too much.</exception>
    public ValueTask<Document?> NextAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (IsAtEnd) return default;
        if (!_isCounted && _transaction.FindLine(_index, _interval) is { } line) return WaitAndTakeAsync(line, cancellationToken);
        return NextOrLoadAsync(cancellationToken);
    }

    private async ValueTask<Document?> WaitAndTakeAsync(WrittenKey line, CancellationToken cancellationToken)
    {
        await _transaction.TakeTurnAsync(line, cancellationToken);
        _version = Unknown; // What came next was taken in vain.
        return await NextOrLoadAsync(cancellationToken);
    }

    private ValueTask<Document?> NextOrLoadAsync(CancellationToken cancellationToken)
    {
        FollowWrites();
        if (_ahead is { } ahead && _aheadFrom < ahead.Count) return new(Consume(ahead[_aheadFrom++]));
        if (FindStored() is { } missing) return LoadAndTakeAsync(missing, cancellationToken);
        var next = Advance();
        return FindLine(next) is { } line ? WaitAndTakeAsync(line, cancellationToken) : new(Consume(next));
    }

    /// <summary>Looks at what will come, without reading it: nothing is recorded or counted. False when that is not in memory.</summary>
    /// <param name="ahead">0 for the next document, 1 for the one behind it; all before it were looked at.</param>
    /// <param name="document">Null at the end.</param>
    internal bool TryPeek(int ahead, out Document? document)
    {
        document = null;
        FollowWrites();
        _ahead ??= [];
        if (_aheadFrom == _ahead.Count && _aheadFrom > 0)
        {
            _ahead.Clear();
            _aheadFrom = 0;
        }

        while (_aheadFrom + ahead >= _ahead.Count)
        {
            if (IsAtEnd || _ahead is [.., { Document: null }]) return true;
            if (FindStored() is not null) return false;
            _ahead.Add(Advance());
        }

        document = _ahead[_aheadFrom + ahead].Document;
        return true;
    }

    /// <summary>Forgets what it has looked at. Should it be read on after all, it looks again from where it was read.</summary>
    internal void Forget()
    {
        (_ahead, _aheadFrom) = (null, 0);
        _version = Unknown;
    }

    private async ValueTask<Document?> LoadAndTakeAsync(Missing? missing, CancellationToken cancellationToken)
    {
        while (missing is not null)
        {
            await _transaction.LoadAsync(missing, cancellationToken);
            FollowWrites();
            missing = FindStored();
        }

        var next = Advance();
        return FindLine(next) is { } line ? await WaitAndTakeAsync(line, cancellationToken) : Consume(next);
    }

    /// <summary>Whether others stand in line for a document that is about to be handed out. Who reads many will not write each of them.</summary>
    private WrittenKey? FindLine(Found next) => next.Document is { } document && _consumed < FewDocuments ? _transaction.FindLine(_table, document.Id) : null;

    /// <summary>Takes what comes next in either of the two that are merged.</summary>
    private Found Advance()
    {
        if (_writtenReady && (_storedDocument is null || WrittenComesFirst()))
        {
            var written = new Found(_written!.Document, null, 0, _written.CopyKey());
            _writtenReady = _written.MoveNext();
            return written;
        }

        if (_storedDocument is null) return default;
        var stored = new Found(_storedDocument, _stored!.Keys, _stored.At, null);
        (_isStoredKnown, _isOnEntry) = (false, false);
        return stored;
    }

    private Document? Consume(Found next)
    {
        _hasNews = true;
        if (next.Document is null)
        {
            IsAtEnd = true;
            Count();
            return null;
        }

        _consumed++;
        (_lastKeys, _lastAt, _lastKey) = (next.Keys, next.At, next.Key);
        // Last, because a refusal depends on this document too.
        Count();
        _transaction.CountRead(_table, next.Document);
        return next.Document;
    }

    private void Count()
    {
        if (_isCounted) return;
        _isCounted = true;
        _transaction.CountQuery(_table);
    }

    /// <summary>Adds what was consumed so far to a read set.</summary>
    internal void Report(ReadSet reads)
    {
        if (!_hasNews) return;
        _hasNews = false;
        var consumed = _interval;
        if (!IsAtEnd)
        {
            if (LastKey.IsEmpty) return;
            consumed = _descending ? _interval.From(LastKey) : _interval.Through(LastKey.Span);
        }

        reads.Add(_index.Key, consumed, counts: !_table.IsSystem);
    }

    private bool WrittenComesFirst()
    {
        var order = _stored!.Keys.Compare(_stored.At, _written!.CopyKey());
        return _descending ? order < 0 : order > 0;
    }

    /// <summary>When the transaction wrote or rolled back since the last document: looks again for what lies behind the place reached.</summary>
    private void FollowWrites()
    {
        if (_version == _transaction.Writes.Version && ReferenceEquals(_snapshot, _transaction.Snapshot)) return;
        (_version, _snapshot) = (_transaction.Writes.Version, _transaction.Snapshot);
        (_tree, _byId) = Roots();
        _ahead?.Clear();
        _aheadFrom = 0;
        if (LastKey.IsEmpty) Seek(_interval);
        else Seek(_descending ? _interval with { Upper = LastKey } : _interval with { Lower = KeyInterval.Successor(LastKey.Span) });
    }

    private (PersistentBTree Tree, PersistentBTree ById) Roots() => (_snapshot.Roots.Find(_index.Key) ?? Empty, _snapshot.Roots.Find(_table.ById.Key) ?? Empty);

    private void Seek(KeyInterval rest)
    {
        _stored = new(_tree, rest, _descending);
        (_isStoredKnown, _isOnEntry) = (false, false);
        _writtenReady = false;
        if (!_transaction.Writes.Touches(_table.Key)) return;
        _written = new(_transaction.Writes.OverlayOf(_table, _index), rest, _descending);
        _writtenReady = _written.MoveNext();
    }

    /// <summary>Finds the snapshot's next entry, if it is not known; returns what must be loaded first.</summary>
    private Missing? FindStored()
    {
        while (!_isStoredKnown)
        {
            if (!_isOnEntry && !_stored!.MoveNext())
            {
                if (_stored.Missing is { } node) return node;
                (_storedDocument, _isStoredKnown) = (null, true);
                return null;
            }

            _isOnEntry = true;
            var document = DocumentOf(_stored!, out var missing);
            if (document is not null && IsHidden(document)) _isOnEntry = false;
            else if (missing is not null) return missing;
            else (_storedDocument, _isStoredKnown) = (document, true);
        }

        return null;
    }

    private bool IsHidden(Document document) => _transaction.Writes.TryGet(_table.Key, document.Id.InternalId, out _);

    private Document? DocumentOf(TreeCursor cursor, out Missing? missing)
    {
        if (!_tree.IsKeyOnly)
        {
            missing = cursor.Missing;
            return cursor.Document;
        }

        cursor.Keys.CopyTail(cursor.At, _idKey);
        if (_byId.TryGet(_idKey, out var document, out missing) || missing is not null) return document;
        throw new InvalidOperationException($"Index {_index.Name} of {_table.Name} names a document that is not there.");
    }

    /// <summary>A document with its place in the index: in a sealed leaf, or as a copy of its key. Without a document it is the end.</summary>
    private readonly record struct Found(Document? Document, KeyBlock? Keys, int At, byte[]? Key);
}
