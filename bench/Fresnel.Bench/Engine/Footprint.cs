using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Sqlite;
using Fresnel.Values;

namespace Fresnel.Bench.Engine;

/// <summary>Memory per document, and bytes of log of a text that grows.</summary>
internal static class Footprint
{
    private const int Documents = 300_000;
    private const int Patches = 500;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            await MemoryAsync(report, Path.Combine(folder, "memory"), cancellationToken);
            await LogAsync(report, Path.Combine(folder, "log"), cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MemoryAsync(Report report, string folder, CancellationToken cancellationToken)
    {
        var options = new DatabaseOptions { MemoryBudget = 8L << 30, RecentWrites = TimeSpan.FromSeconds(1), CheckpointAfterLogBytes = long.MaxValue };
        await using var database = await Database.OpenAsync(new SqliteCommitStore(folder), options, cancellationToken);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await Fill.Async(database, Documents, cancellationToken);
        // What is kept for conflicts goes after a second, at the next commit.
        for (var i = 0; i < 2; i++)
        {
            await Task.Delay(1_500, cancellationToken);
            var transaction = database.BeginWrite();
            await transaction.InsertAsync(transaction.FindTable("", "documents")!, ValueObject.Create(("number", Value.Float64(-i))), cancellationToken);
            await (await database.SubmitAsync(transaction, cancellationToken)).Published;
        }

        var after = GC.GetTotalMemory(forceFullCollection: true);
        var json = 0L;
        using (var transaction = database.BeginRead(limits: TransactionLimits.None))
        {
            var table = transaction.FindTable("", "documents")!;
            var all = transaction.Read(table, table.ByCreationTime!, KeyInterval.All);
            while (await all.NextAsync(cancellationToken) is { } document) json += document.Json.Length;
        }

        report.Add("memory per document beyond its JSON", $"{(after - before - json) / Documents:#,0} bytes", $"{Documents:#,0} documents of {json / Documents} bytes, two indexes of their own; the engine's own count {database.ResidentBytes / Documents:#,0} with the JSON");
    }

    private static async Task LogAsync(Report report, string folder, CancellationToken cancellationToken)
    {
        var store = new SqliteCommitStore(folder);
        await using var database = await Database.OpenAsync(store, new() { CheckpointAfterLogBytes = long.MaxValue }, cancellationToken);
        var text = new string('x', 8 << 10);
        var made = database.BeginWrite();
        var id = (await made.InsertAsync(made.CreateTable("", "texts"), ValueObject.Create(("text", text)), cancellationToken)).Id;
        await (await database.SubmitAsync(made, cancellationToken)).Published;
        var (whole, before) = (0L, database.LogBytes);
        for (var i = 0; i < Patches; i++)
        {
            text += " and a few words";
            var transaction = database.BeginWrite();
            whole += (await transaction.PatchAsync(transaction.FindTable("", "texts")!, id, new([KeyValuePair.Create("text", (Value)text)]), cancellationToken)).Json.Length;
            await (await database.SubmitAsync(transaction, cancellationToken)).Published;
        }

        var log = database.LogBytes - before;
        report.Add("log of an 8 KB text patched 500 times", $"{(double)whole / log:0} × fewer bytes", $"{log:#,0} against {whole:#,0} with whole versions");
    }
}
