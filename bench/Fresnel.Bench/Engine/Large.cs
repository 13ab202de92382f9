using System.Diagnostics;
using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Sqlite;
using Fresnel.Values;

namespace Fresnel.Bench.Engine;

/// <summary>Five million documents with a tenth of the memory that they would take.</summary>
internal static class Large
{
    private const int Documents = 5_000_000;
    private const long Budget = 320L << 20;

    public static async Task MeasureAsync(Report report, int seconds, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        var (data, killed) = (Path.Combine(folder, "data"), Path.Combine(folder, "killed"));
        try
        {
            var options = new DatabaseOptions { MemoryBudget = Budget };
            DocumentId[] ids;
            await using (var database = await Database.OpenAsync(new SqliteCommitStore(data), options, cancellationToken))
            {
                var clock = Stopwatch.StartNew();
                ids = await Fill.Async(database, Documents, cancellationToken);
                report.Add("filling 5,000,000 documents", $"{clock.Elapsed.TotalSeconds:0} s", $"two indexes of their own, commits of 5,000, memory budget {Report.Mebibytes(Budget)}");

                // No checkpoint is under way now, and little enough is committed behind the last that none begins: then the files as they are while the process runs are what a kill would leave.
                await database.CheckpointAsync(cancellationToken);
                await Fill.MoreAsync(database, 50_000, cancellationToken);
                Directory.CreateDirectory(killed);
                foreach (var file in Directory.EnumerateFiles(data)) File.Copy(file, Path.Combine(killed, Path.GetFileName(file)));
                await database.CheckpointAsync(cancellationToken);
            }

            report.Add("their files", Report.Mebibytes(Directory.EnumerateFiles(data).Sum(file => new FileInfo(file).Length)), "after a clean stop, log that is kept included");
            await MeasureOpenAsync(report, "open after a clean stop → first read", data, options, ids, cancellationToken);
            await MeasureOpenAsync(report, "open after a kill → first read", killed, options, ids, cancellationToken);
            await using (var database = await Database.OpenAsync(new SqliteCommitStore(data), options, cancellationToken)) await MeasureReadsAsync(report, database, ids, seconds, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureOpenAsync(Report report, string name, string folder, DatabaseOptions options, DocumentId[] ids, CancellationToken cancellationToken)
    {
        GC.Collect();
        var clock = Stopwatch.StartNew();
        await using var database = await Database.OpenAsync(new SqliteCommitStore(folder), options, cancellationToken);
        using var transaction = database.BeginRead();
        var found = await transaction.GetAsync(transaction.FindTable("", "documents")!, ids[ids.Length / 3].InternalId, cancellationToken);
        if (found is null) throw new InvalidOperationException("A document is not there.");
        report.Add(name, Report.Milliseconds(clock.Elapsed.TotalMilliseconds), $"{database.Start.ReplayedGroups:#,0} groups of the log replayed, {Report.Mebibytes(database.Start.ReplayedBytes)}");
    }

    private static async Task MeasureReadsAsync(Report report, Database database, DocumentId[] ids, int seconds, CancellationToken cancellationToken)
    {
        var most = 0L;
        using (var lookup = database.BeginRead())
        {
            var table = lookup.FindTable("", "documents")!;
            var load = await EngineBench.LoadAsync(2, seconds, async random =>
            {
                using var transaction = database.BeginRead();
                for (var i = 0; i < 10; i++)
                {
                    if (await transaction.GetAsync(table, ids[random.Next(ids.Length)].InternalId, cancellationToken) is null) throw new InvalidOperationException("A document is not there.");
                }

                most = Math.Max(most, database.ResidentBytes);
            });
            report.Add("random point reads under the budget", $"{EngineBench.Number(load.PerSecond * 10)}/s", $"two readers; nodes and documents in memory at most {Report.Mebibytes(most)} of {Report.Mebibytes(Budget)}; working set {Report.Mebibytes(Environment.WorkingSet)}");
        }
    }
}
