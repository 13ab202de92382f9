using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>A snapshot, what was read of it, what is to be written, and limits. Used by one invocation at a time.</summary>
/// <remarks>
/// Reads merge the write set over the snapshot, and every read is recorded as an interval, also one that finds nothing.
/// What the methods throw as <see cref="DeveloperException"/> may reach user code; everything else must end the invocation from outside.
/// Source: <c>spec/data-model.md</c> §1.6 to 1.8, 3.4, 5.
/// </remarks>
public sealed class Transaction : IDisposable
{
    /// <summary>What is read.</summary>
    public Snapshot Snapshot => throw new NotImplementedException();

    /// <summary>Every interval read so far, of each index.</summary>
    public ReadSet Reads => throw new NotImplementedException();

    /// <summary>Whether writes are refused.</summary>
    public bool IsReadOnly => throw new NotImplementedException();

    /// <summary>Whether nothing was written.</summary>
    public bool IsUnwritten => throw new NotImplementedException();

    /// <summary>What was used of each limit so far.</summary>
    public TransactionUsage Usage => throw new NotImplementedException();

    /// <summary>The table of this name, or null; either way the transaction depends on the answer.</summary>
    public Table? FindTable(string component, string name) => throw new NotImplementedException();

    /// <summary>The table of this number, or null; either way the transaction depends on the answer.</summary>
    public Table? FindTable(string component, uint number) => throw new NotImplementedException();

    /// <summary>All tables of a component, system tables included, by number; the transaction depends on the list.</summary>
    public IReadOnlyList<Table> ListTables(string component) => throw new NotImplementedException();

    /// <summary>Names of a component's tables, for validators; looking a name up records the dependency.</summary>
    public ITableNames TableNames(string component) => throw new NotImplementedException();

    /// <summary>Makes a user table with the next free number.</summary>
    /// <exception cref="DeveloperException">The name is not one, or there are too many tables.</exception>
    public Table CreateTable(string component, string name) => throw new NotImplementedException();

    /// <summary>The document, or null.</summary>
    public ValueTask<Document?> GetAsync(Table table, InternalId id, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Reads an index between two keys, lazily, in either direction. What is not consumed is not recorded.</summary>
    /// <param name="table">The table.</param>
    /// <param name="index">One of its readable indexes.</param>
    /// <param name="interval">The keys.</param>
    /// <param name="descending">From the last to the first.</param>
    public DocumentStream Read(Table table, Tables.Index index, KeyInterval interval, bool descending = false) => throw new NotImplementedException();

    /// <summary>Inserts a document; the id and the creation time are given by the transaction.</summary>
    /// <param name="table">The table; see <see cref="CreateTable"/>.</param>
    /// <param name="fields">The fields; <c>_id</c> and <c>_creationTime</c> may not be among them.</param>
    /// <param name="cancellationToken">Ends the wait for a page.</param>
    public ValueTask<Document> InsertAsync(Table table, ValueObject fields, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Merges fields into a document; one that is undefined is removed. An equal result is no write.</summary>
    /// <exception cref="DeveloperException"><c>NonexistentDocument</c>, a schema mismatch, a limit.</exception>
    public ValueTask<Document> PatchAsync(Table table, DocumentId id, ValuePatch patch, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Replaces all fields but the system fields. An equal result is no write.</summary>
    /// <exception cref="DeveloperException"><c>NonexistentDocument</c>, a schema mismatch, a limit.</exception>
    public ValueTask<Document> ReplaceAsync(Table table, DocumentId id, ValueObject fields, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Deletes a document and returns what it was.</summary>
    /// <exception cref="DeveloperException"><c>NonexistentDocument</c>, a limit.</exception>
    public ValueTask<Document> DeleteAsync(Table table, DocumentId id, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Marks a point to roll back to: the start of a nested call.</summary>
    public Savepoint Save() => throw new NotImplementedException();

    /// <summary>Undoes all writes since the point. Reads stay recorded and limits stay used.</summary>
    public void RollBackTo(Savepoint savepoint) => throw new NotImplementedException();

    /// <summary>Closes the snapshot. A transaction that was submitted is closed by the engine.</summary>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>A point in a transaction's write set.</summary>
public readonly record struct Savepoint(int Position);

/// <summary>Documents as they come out of an index. Consuming one records the interval up to it; reaching the end records the whole interval.</summary>
public sealed class DocumentStream
{
    /// <summary>The next document, or null at the end.</summary>
    public ValueTask<Document?> NextAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The key in the index of the document that came last.</summary>
    public ReadOnlyMemory<byte> LastKey => throw new NotImplementedException();
}
