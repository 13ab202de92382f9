using System.Buffers.Binary;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Turns;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>A snapshot, what was read of it, what is to be written, and limits. Used by one invocation at a time.</summary>
/// <remarks>
/// Reads merge the write set over the snapshot, and every read is recorded as an interval, also one that finds nothing.
/// What the methods throw as <see cref="DeveloperException"/> may reach user code; everything else must end the invocation from outside.
/// Source: <c>spec/data-model.md</c> §1.6 to 1.8, 3.4, 5.
/// </remarks>
public sealed partial class Transaction : IDisposable
{
    private readonly DatabaseOptions _options;
    private readonly KeyAllocator _keys;
    private readonly NodeCache _nodes;
    private readonly TransactionLimits _limits;
    private TableKey? _dependency; // The first table that it depends on; the others are in the set.
    private HashSet<TableKey>? _dependencies;
    private double _nextCreationTime;
    private InternalId? _lastId; // Null until something is inserted.
    private TransactionUsage _usage;
    private bool _closed;

    /// <summary>The two stored versions that were handed out last: what is read is often written next.</summary>
    private (TableKey Table, Document? Document) _read, _readBefore;

    internal Transaction(Snapshot snapshot, bool readOnly, TransactionLimits limits, DatabaseOptions options, KeyAllocator keys, NodeCache nodes, Protection? protection = null)
    {
        Reads = new() { Protection = protection };
        _nodes = nodes;
        snapshot.Epoch.Enter();
        Snapshot = snapshot;
        IsReadOnly = readOnly;
        Catalog = snapshot.Catalog;
        _limits = limits;
        _options = options;
        _keys = keys;
        var now = Timestamp.FromClock(options.Time.GetUtcNow());
        var first = new Timestamp(snapshot.Timestamp.Nanoseconds + 1);
        _nextCreationTime = (now > first ? now : first).ToMilliseconds();
    }

    /// <summary>What is read. While nothing is written and nobody was told its timestamp, it may move forward where what was read so far stays as it was.</summary>
    public Snapshot Snapshot { get; private set; }

    /// <summary>Whether its timestamp was told, so that it stays.</summary>
    public bool IsSnapshotTold { get; set; }

    /// <summary>Every interval read so far, of each index.</summary>
    public ReadSet Reads { get; }

    /// <summary>Whether writes are refused.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Whether nothing was written.</summary>
    public bool IsUnwritten => Writes.IsEmpty;

    /// <summary>Documents read so far and their bytes: what <see cref="Usage"/> says too, but at no cost.</summary>
    public (int Documents, long Bytes) ReadSoFar => (_usage.DocumentsRead, _usage.BytesRead);

    /// <summary>What was used of each limit so far.</summary>
    public TransactionUsage Usage
    {
        get
        {
            Reads.Settle();
            return _usage with { DatabaseQueries = Reads.CountedIntervals };
        }
    }

    /// <summary>Whose run it is; null when it is nobody's who would run it again.</summary>
    internal Contender? Contender { get; init; }

    /// <summary>What its contender has reserved; null when it is not protected.</summary>
    internal Protection? Protection => Reads.Protection;

    /// <summary>What is to be written.</summary>
    internal WriteSet Writes { get; } = new();

    /// <summary>The tables as this transaction sees them: the snapshot's, and what it changed itself.</summary>
    internal Catalog Catalog { get; private set; }

    /// <summary>The document, or null.</summary>
    public ValueTask<Document?> GetAsync(Table table, InternalId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var idKey = DocumentKey.Of(new(table.Number, id));
        var point = KeyInterval.Point(idKey);
        return FindLine(table.ById, point) is { } line ? WaitAndGetAsync(line, table, id, idKey, point, cancellationToken) : Get(table, id, idKey, point, cancellationToken);
    }

    private async ValueTask<Document?> WaitAndGetAsync(WrittenKey line, Table table, InternalId id, byte[] idKey, KeyInterval point, CancellationToken cancellationToken)
    {
        await TakeTurnAsync(line, cancellationToken);
        return await Get(table, id, idKey, point, cancellationToken);
    }

    private ValueTask<Document?> Get(Table table, InternalId id, byte[] idKey, KeyInterval point, CancellationToken cancellationToken)
    {
        Reads.Add(table.ById.Key, point, counts: !table.IsSystem);
        CountQuery(table);
        if (!TryFind(table, id, idKey, out var found, out var missing)) return LoadAndGetAsync(table, id, idKey, missing!, cancellationToken);
        if (found is not null) CountRead(table, found);
        return new(found);
    }

    /// <summary>Reads an index between two keys, lazily, in either direction. What is not consumed is not recorded.</summary>
    /// <param name="table">The table.</param>
    /// <param name="index">One of its readable indexes.</param>
    /// <param name="interval">The keys.</param>
    /// <param name="descending">From the last to the first.</param>
    public DocumentStream Read(Table table, Tables.Index index, KeyInterval interval, bool descending = false)
    {
        if (index.State != IndexState.Enabled) throw new InvalidOperationException($"Index {index.Name} of {table.Name} may not be read: it is {index.State}.");
        Protection?.Reserve(index.Key, interval);
        var stream = new DocumentStream(this, table, index, interval, descending);
        Reads.Open(stream);
        return stream;
    }

    /// <summary>Inserts a document; the id and the creation time are given by the transaction.</summary>
    /// <param name="table">The table; see <see cref="CreateTable(string, string)"/>.</param>
    /// <param name="fields">The fields; <c>_id</c> and <c>_creationTime</c> may not be among them.</param>
    /// <param name="cancellationToken">Ends the wait for a page.</param>
    /// <exception cref="DeveloperException">The fields are no document, a schema mismatch, a limit.</exception>
    public ValueTask<Document> InsertAsync(Table table, ValueObject fields, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Insert(table, fields));
    }

    /// <summary>Merges fields into a document; one that is undefined is removed. An equal result is no write.</summary>
    /// <exception cref="DeveloperException"><c>NonexistentDocument</c>, a schema mismatch, a limit.</exception>
    public async ValueTask<Document> PatchAsync(Table table, DocumentId id, ValuePatch patch, CancellationToken cancellationToken)
    {
        var current = await ExistingAsync(table, id, "Update", cancellationToken);
        return Update(table, current, current.Fields.Merge(patch));
    }

    /// <summary>Replaces all fields but the system fields. An equal result is no write.</summary>
    /// <exception cref="DeveloperException"><c>NonexistentDocument</c>, a schema mismatch, a limit.</exception>
    public async ValueTask<Document> ReplaceAsync(Table table, DocumentId id, ValueObject fields, CancellationToken cancellationToken)
    {
        var current = await ExistingAsync(table, id, "Replace", cancellationToken);
        if (fields["_id"].IsUndefined) fields = fields.With("_id", current.Fields["_id"]);
        if (fields["_creationTime"].IsUndefined) fields = fields.With("_creationTime", current.Fields["_creationTime"]);
        return Update(table, current, fields);
    }

    /// <summary>Deletes a document and returns what it was.</summary>
    /// <exception cref="DeveloperException"><c>NonexistentDocument</c>, a limit.</exception>
    public async ValueTask<Document> DeleteAsync(Table table, DocumentId id, CancellationToken cancellationToken)
    {
        var current = await ExistingAsync(table, id, "Delete", cancellationToken);
        Write(table, id, current, null);
        return current;
    }

    /// <summary>Marks a point to roll back to: the start of a nested call.</summary>
    public Savepoint Save() => new(Writes.Position);

    /// <summary>Undoes all writes since the point. Reads stay recorded and limits stay used.</summary>
    public void RollBackTo(Savepoint savepoint)
    {
        if (Writes.RollBackTo(savepoint.Position) is { } catalog) Catalog = catalog;
    }

    /// <summary>Closes the snapshot. A transaction that was submitted is closed by the engine.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, true)) return;
        Snapshot.Epoch.Leave();
    }

    /// <summary>Loads what a read misses.</summary>
    internal ValueTask LoadAsync(Missing missing, CancellationToken cancellationToken) => _nodes.LoadAsync(missing, Snapshot.Timestamp, cancellationToken);

    /// <summary>Counts a document against the limits, before it is handed out.</summary>
    internal void CountRead(Table table, Document document)
    {
        if (document.Timestamp != Timestamp.Zero) (_read, _readBefore) = ((table.Key, document), _read);
        if (table.IsSystem) return;
        if (_usage.DocumentsRead >= _limits.DocumentsRead) throw TransactionErrors.TooManyDocumentsRead(_limits);
        if (_usage.BytesRead + document.Json.Length > _limits.BytesRead) throw TransactionErrors.TooManyBytesRead(_limits);
        _usage.DocumentsRead++;
        _usage.BytesRead += document.Json.Length;
    }

    /// <summary>Counts an interval against the limit, when it is recorded or about to be reported by its stream.</summary>
    internal void CountQuery(Table table)
    {
        if (table.IsSystem) return;
        // Intervals that touch count once; so the streams' reports are only asked for when the rough count is beyond the limit.
        if (++_usage.DatabaseQueries <= _limits.DatabaseQueries) return;
        Reads.Settle();
        if (Reads.CountedIntervals > _limits.DatabaseQueries) throw TransactionErrors.TooManyReads(_limits);
    }

    private Document Insert(Table table, ValueObject fields)
    {
        var id = new DocumentId(table.Number, NewInternalId());
        if (fields["_id"] is { IsUndefined: false } givenId) throw TransactionErrors.InvalidId(id, givenId);
        if (fields["_creationTime"] is { IsUndefined: false } givenTime) throw TransactionErrors.InvalidCreationTime(_nextCreationTime, fields, givenTime);
        var creationTime = _nextCreationTime;
        _nextCreationTime = Math.BitIncrement(creationTime);
        var document = Valid(table, id, fields.With("_id", id.ToString()).With("_creationTime", Value.Float64(creationTime)));
        Write(table, id, null, document);
        return document;
    }

    private Document Update(Table table, Document current, ValueObject fields)
    {
        if (fields["_id"] != current.Fields["_id"]) throw TransactionErrors.InvalidId(current.Id, fields["_id"]);
        if (fields["_creationTime"] != current.Fields["_creationTime"])
            throw TransactionErrors.InvalidCreationTime(current.Fields["_creationTime"].AsFloat64(), fields, fields["_creationTime"]);
        var changed = Valid(table, current.Id, fields);
        if (changed.Json.Span.SequenceEqual(current.Json.Span)) return current;
        Write(table, current.Id, current, changed);
        return changed;
    }

    private Document Valid(Table table, DocumentId id, ValueObject fields)
    {
        // What the system writes is made by code: sources of modules, results of requests and arguments of jobs may be larger and deeper than documents of users.
        if (!table.IsSystem) DocumentRules.Require(fields, table.Number, _options.Limits.Documents);
        return new(id, Timestamp.Zero, ValueJson.Write(Value.Object(fields)), fields);
    }

    private async ValueTask<Document> ExistingAsync(Table table, DocumentId id, string operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (id.TableNumber == table.Number)
        {
            var idKey = DocumentKey.Of(id);
            Reads.Add(table.ById.Key, KeyInterval.Point(idKey));
            Document? found;
            while (!TryFind(table, id.InternalId, idKey, out found, out var missing)) await LoadAsync(missing!, cancellationToken);
            if (found is not null) return found.WithFields();
        }

        throw TransactionErrors.Nonexistent(operation, id);
    }

    private async ValueTask<Document?> LoadAndGetAsync(Table table, InternalId id, byte[] idKey, Missing missing, CancellationToken cancellationToken)
    {
        Document? found;
        do await LoadAsync(missing, cancellationToken);
        while (!TryFind(table, id, idKey, out found, out missing!));
        if (found is not null) CountRead(table, found);
        return found;
    }

    /// <summary>Finds a document among the writes or in the snapshot; false while something must be loaded first.</summary>
    private bool TryFind(Table table, InternalId id, byte[] idKey, out Document? document, out Missing? missing)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        (document, missing) = (null, null);
        if (Writes.TryGet(table.Key, id, out var write)) document = write.After;
        else if (LastRead(table, id) is { } read) document = read;
        else Snapshot.Roots.Find(table.ById.Key)?.TryGet(idKey, out document, out missing);
        return missing is null;
    }

    private Document? LastRead(Table table, InternalId id)
    {
        if (_read.Document is { } last && last.Id.InternalId == id && _read.Table == table.Key) return last;
        return _readBefore.Document is { } before && before.Id.InternalId == id && _readBefore.Table == table.Key ? before : null;
    }

    /// <summary>A document of a catalog table, or null. Those are in memory always, so nothing is waited for.</summary>
    private Document? FindInCatalog(Table table, DocumentId id)
    {
        var idKey = DocumentKey.Of(id);
        Reads.Add(table.ById.Key, KeyInterval.Point(idKey));
        return TryFind(table, id.InternalId, idKey, out var document, out _) ? document?.WithFields() : throw new InvalidOperationException("A catalog table was not in memory.");
    }

    /// <summary>Puts a version into the write set: the one way in.</summary>
    /// <param name="table">The table.</param>
    /// <param name="id">The document.</param>
    /// <param name="current">The version as this transaction sees it; null when there is none.</param>
    /// <param name="after">The version to be; null when it is to go.</param>
    private void Write(Table table, DocumentId id, Document? current, Document? after)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (IsReadOnly) throw new InvalidOperationException("This transaction only reads.");
        var owner = Catalog.Find(table.Key) ?? throw new InvalidOperationException($"There is no table {table.Name} any more.");
        DependOn(owner);
        CountWrite(owner, after);
        if (after is not null && !owner.IsSystem) Enforce(owner, after);

        var (before, idKey) = Writes.TryGet(owner.Key, id.InternalId, out var earlier) ? (earlier.Before, earlier.IdKey) : (current, DocumentKey.Of(id));
        Writes.Set(owner, new(owner.Key, id.InternalId, before, after, idKey), Catalog);
        if (CatalogTables.Contains(owner.Key)) Catalog = Catalog.With(owner.Key, current, after);
    }

    private void CountWrite(Table table, Document? after)
    {
        if (table.IsSystem) return;
        if (_usage.DocumentsWritten >= _limits.DocumentsWritten) throw TransactionErrors.TooManyWrites(_limits);
        var size = after?.Fields.Size ?? 0;
        if (_usage.BytesWritten + size > _limits.BytesWritten) throw TransactionErrors.TooManyBytesWritten(_limits);
        _usage.DocumentsWritten++;
        _usage.BytesWritten += size;
    }

    /// <summary>What every write reads: that the table is there, which indexes it has, and the schema. Source: <c>spec/data-model.md</c> §5.2.</summary>
    private void DependOn(Table table)
    {
        if (_dependency == table.Key) return;
        if (_dependency is null) _dependency = table.Key;
        else if (!(_dependencies ??= []).Add(table.Key)) return;
        if (CatalogTables.Contains(table.Key)) return;
        Reads.Add(CatalogTables.ByName.Key, table.NameInterval);
        RecordIndexes(table);
        if (!table.IsSystem) Reads.Add(CatalogTables.ByState.Key, table.SchemasInterval);
    }

    /// <summary>The milliseconds, then 80 random bits for the first of a transaction; the next ones follow it in random steps of 60 bits.</summary>
    /// <remarks>So what is inserted together lies together and in its order, in <c>by_id</c> as in <c>by_creation_time</c>, and full leaves stay full. Nobody can guess an id from another.</remarks>
    private InternalId NewInternalId()
    {
        Span<byte> bytes = stackalloc byte[InternalId.Length];
        if (_lastId is { } last)
        {
            _options.Entropy.Fill(bytes[..8]);
            _lastId = last = new(last.Bits + (BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 4) + 1);
            return last;
        }

        BinaryPrimitives.WriteInt64BigEndian(bytes, _options.Time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        _options.Entropy.Fill(bytes[6..]);
        // Room above, so that no number of steps runs into the milliseconds.
        bytes[6] &= 0x7f;
        var first = InternalId.Read(bytes);
        _lastId = first;
        return first;
    }
}

/// <summary>A point in a transaction's write set.</summary>
public readonly record struct Savepoint(int Position);
