using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Engine.Tests;

/// <summary>A database over a store in memory, with short words for what tests do most.</summary>
internal sealed class TestDatabase(Database database, MemoryCommitStore store) : IAsyncDisposable
{
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public Database Database => database;

    public MemoryCommitStore Store => store;

    public static Task<TestDatabase> OpenAsync(MemoryCommitStore? store = null) => OpenAsync(store, new());

    public static async Task<TestDatabase> OpenAsync(MemoryCommitStore? store, DatabaseOptions options)
    {
        store ??= new();
        return new(await Database.OpenAsync(store, options, Token), store);
    }

    /// <summary>Submits and waits until it is published.</summary>
    public async Task<CommitResult> CommitAsync(Transaction transaction) => await (await SubmitAsync(transaction)).Published.WaitAsync(TimeSpan.FromSeconds(10), Token);

    public async Task<Commit> SubmitAsync(Transaction transaction) => await database.SubmitAsync(transaction, Token);

    /// <summary>One transaction around some work; it must commit.</summary>
    public async Task<T> WriteAsync<T>(Func<Transaction, Task<T>> work)
    {
        var transaction = database.BeginWrite();
        var result = await work(transaction);
        Assert.Equal(CommitOutcome.Committed, (await CommitAsync(transaction)).Outcome);
        return result;
    }

    public Task WriteAsync(Func<Transaction, Task> work) => WriteAsync(async transaction =>
    {
        await work(transaction);
        return 0;
    });

    /// <summary>Makes a table with complete, readable indexes.</summary>
    public Task CreateTableAsync(string name, params (string Name, string[] Fields)[] indexes) => WriteAsync(transaction =>
    {
        var table = transaction.CreateTable("", name);
        foreach (var (index, fields) in indexes) transaction.EnableIndex(transaction.CreateIndex(table, index, [.. fields.Select(FieldPath.Parse)]));
        return Task.CompletedTask;
    });

    public Task<Document> InsertAsync(string table, params (string Name, Value Value)[] fields) => WriteAsync(transaction => transaction.Insert(table, fields));

    /// <summary>All documents of a table in the newest published snapshot.</summary>
    public async Task<List<Document>> ReadAllAsync(string table)
    {
        using var transaction = database.BeginRead();
        return await transaction.ReadAll(table);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();
}

internal static class TransactionWords
{
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<Document> Insert(this Transaction transaction, string table, params (string Name, Value Value)[] fields) =>
        await transaction.InsertAsync(transaction.FindTable("", table) ?? transaction.CreateTable("", table), ValueObject.Create(fields), Token);

    public static async Task<Document?> Get(this Transaction transaction, DocumentId id) =>
        await transaction.GetAsync(transaction.FindTable("", id.TableNumber)!, id.InternalId, Token);

    public static async Task<Document> Patch(this Transaction transaction, DocumentId id, params (string Name, Value Value)[] fields) =>
        await transaction.PatchAsync(transaction.FindTable("", id.TableNumber)!, id, new([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))]), Token);

    public static async Task<Document> Delete(this Transaction transaction, DocumentId id) =>
        await transaction.DeleteAsync(transaction.FindTable("", id.TableNumber)!, id, Token);

    public static Task<List<Document>> ReadAll(this Transaction transaction, string table, bool descending = false, int take = int.MaxValue) =>
        transaction.ReadIndex(table, "by_creation_time", KeyInterval.All, descending, take);

    public static async Task<List<Document>> ReadIndex(
        this Transaction transaction, string table, string index, KeyInterval interval, bool descending = false, int take = int.MaxValue)
    {
        if (transaction.FindTable("", table) is not { } found) return [];
        var stream = transaction.Read(found, found.FindIndex(index)!, interval, descending);
        var documents = new List<Document>();
        while (documents.Count < take && await stream.NextAsync(Token) is { } document) documents.Add(document);
        return documents;
    }
}
