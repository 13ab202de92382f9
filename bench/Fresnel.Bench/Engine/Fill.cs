using Fresnel.Engine;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Bench.Engine;

/// <summary>A table <c>documents</c> of 200-byte documents with two indexes of its own.</summary>
internal static class Fill
{
    public const int JsonBytes = 200;

    public static async Task<DocumentId[]> Async(Database database, int count, CancellationToken cancellationToken)
    {
        var ids = new DocumentId[count];
        var made = database.BeginWrite(TransactionLimits.None);
        var table = made.CreateTable("", "documents");
        foreach (var field in (string[])["number", "group"]) made.EnableIndex(made.CreateIndex(table, $"by_{field}", [FieldPath.Parse(field)]));
        await (await database.SubmitAsync(made, cancellationToken)).Published;

        await InsertAsync(database, table, count, (i, id) => ids[i] = id, cancellationToken);
        return ids;
    }

    /// <summary>Adds so many documents to those that are there.</summary>
    public static async Task MoreAsync(Database database, int count, CancellationToken cancellationToken)
    {
        using var reading = database.BeginRead();
        await InsertAsync(database, reading.FindTable("", "documents")!, count, (_, _) => { }, cancellationToken);
    }

    private static async Task InsertAsync(Database database, Table table, int count, Action<int, DocumentId> made, CancellationToken cancellationToken)
    {
        Task last = Task.CompletedTask;
        for (var from = 0; from < count; from += 5_000)
        {
            var transaction = database.BeginWrite(TransactionLimits.None);
            for (var i = from; i < Math.Min(from + 5_000, count); i++) made(i, (await transaction.InsertAsync(table, Document(i), cancellationToken)).Id);
            var commit = await database.SubmitAsync(transaction, cancellationToken);
            await last;
            last = commit.Published;
        }

        await last;
    }

    private static ValueObject Document(int i) => ValueObject.Create(
        ("number", Value.Float64(i)), ("group", Value.Float64((long)i * 7_919 % 1_000)), ("text", new string((char)('a' + i % 26), 70)));
}
