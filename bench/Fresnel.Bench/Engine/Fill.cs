using Fresnel.Engine;
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

        Task last = Task.CompletedTask;
        for (var from = 0; from < count; from += 5_000)
        {
            var transaction = database.BeginWrite(TransactionLimits.None);
            for (var i = from; i < Math.Min(from + 5_000, count); i++)
                ids[i] = (await transaction.InsertAsync(table, Document(i), cancellationToken)).Id;
            var commit = await database.SubmitAsync(transaction, cancellationToken);
            await last;
            last = commit.Published;
        }

        await last;
        return ids;
    }

    private static ValueObject Document(int i) => ValueObject.Create(
        ("number", Value.Float64(i)), ("group", Value.Float64((long)i * 7_919 % 1_000)), ("text", new string((char)('a' + i % 26), 70)));
}
