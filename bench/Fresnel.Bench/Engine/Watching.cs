using System.Diagnostics;
using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Fresnel.Sqlite;
using Fresnel.Values;

namespace Fresnel.Bench.Engine;

/// <summary>A hundred thousand watches of points, prefixes and ranges, and commits that touch few of them, against looking at every watch.</summary>
internal static class Watching
{
    private const int Watches = 100_000;
    private const int Commits = 2_000;

    public static async Task MeasureAsync(Report report, int repeats, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            await using var database = await Database.OpenAsync(new SqliteCommitStore(folder), new(), cancellationToken);
            var ids = await Fill.Async(database, 20_000, cancellationToken);
            var random = new Random(1);
            var naive = new List<(KeyInterval Interval, bool IsNumber)>();
            var stale = new StaleCounter();
            using var subscription = database.Subscribe(stale);
            var table = await WatchAsync(database, ids, random, naive, Watches, cancellationToken);
            List<double> ours = [], theirs = [], hits = [];
            for (var i = 0; i < repeats; i++)
            {
                // As queries that run again watch again.
                await WatchAsync(database, ids, random, naive, stale.Take(), cancellationToken);
                var before = database.Watched;
                for (var commit = 0; commit < Commits; commit++)
                {
                    var transaction = database.BeginWrite(TransactionLimits.None);
                    foreach (var id in (DocumentId[])[ids[random.Next(ids.Length)], ids[random.Next(ids.Length)]])
                        await transaction.PatchAsync(table, id, new([KeyValuePair.Create("text", (Value)$"{i} {commit}")]), cancellationToken);
                    await (await database.SubmitAsync(transaction, cancellationToken)).Published;
                }

                // The last one may not be looked at yet.
                var after = database.Watched;
                ours.Add((after.Spent - before.Spent).TotalMicroseconds / (after.Commits - before.Commits));
                hits.Add(stale.Count / (double)Commits);
                theirs.Add(Naive(naive, random));
            }

            report.Add("commit of 4 keys, 100,000 watches", $"{Report.Median(ours):0.0} µs", $"off the commit path; {Report.Median(hits):0.0} watches found by each; looking at every watch {Report.Median(theirs):#,0} µs; median of {repeats}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Fresnel.Engine.Tables.Table> WatchAsync(
        Database database, DocumentId[] ids, Random random, List<(KeyInterval Interval, bool IsNumber)> naive, int count, CancellationToken cancellationToken)
    {
        Fresnel.Engine.Tables.Table? table = null;
        for (var i = 0; i < count; i++)
        {
            using var transaction = database.BeginRead();
            table = transaction.FindTable("", "documents")!;
            var from = random.Next(ids.Length);
            switch (i % 3)
            {
                case 0:
                    await transaction.GetAsync(table, ids[from].InternalId, cancellationToken);
                    break;
                case 1:
                    await transaction.Read(table, table.FindIndex("by_number")!, KeyInterval.Prefix(IndexKey.Encode(Value.Float64(from)))).NextAsync(cancellationToken);
                    break;
                default:
                    var interval = KeyInterval.Range(default, new(Value.Float64(from), Inclusive: true), new(Value.Float64(from + 3), Inclusive: false));
                    var stream = transaction.Read(table, table.FindIndex("by_number")!, interval);
                    while (await stream.NextAsync(cancellationToken) is not null)
                    {
                    }

                    break;
            }

            if (count == Watches) naive.AddRange(transaction.Reads.Intervals.Select(read => (read.Interval, i % 3 != 0)));
            database.Watch(transaction.Reads, transaction.Snapshot.Timestamp, owner: null);
        }

        return table!;
    }

    private sealed class StaleCounter : IPublicationListener
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public int Take() => Interlocked.Exchange(ref _count, 0);

        public void OnPublished(Publication publication) => Interlocked.Add(ref _count, publication.Stale.Count);
    }

    private static double Naive(List<(KeyInterval Interval, bool IsNumber)> watches, Random random)
    {
        const int Rounds = 5;
        var clock = Stopwatch.StartNew();
        var hits = 0;
        for (var round = 0; round < Rounds; round++)
        {
            for (var key = 0; key < 4; key++)
            {
                var bytes = IndexKey.Encode(Value.Float64(random.Next()));
                foreach (var (interval, _) in watches)
                {
                    if (interval.Contains(bytes)) hits++;
                }
            }
        }

        return hits < 0 ? 0 : clock.Elapsed.TotalMicroseconds / Rounds;
    }
}
