using System.Diagnostics;
using Fresnel.Engine;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Sqlite;
using Fresnel.Values;

namespace Fresnel.Bench.Engine;

/// <summary>A million documents in memory, two threads: points and ranges at a snapshot, against sorted collections of the platform under a lock.</summary>
internal static class Reads
{
    private const int Documents = 1_000_000;
    private const int Threads = 2;
    private static readonly Comparer<byte[]> ByBytes = Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right));

    public static async Task MeasureAsync(Report report, int seconds, int repeats, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            await using var database = await Database.OpenAsync(new SqliteCommitStore(folder), new() { MemoryBudget = 8L << 30, CheckpointAfterLogBytes = long.MaxValue }, cancellationToken);
            var ids = await Fill.Async(database, Documents, cancellationToken);
            var table = TableOf(database);
            var index = table.FindIndex("by_number")!;

            var points = new SortedDictionary<byte[], ReadOnlyMemory<byte>>(ByBytes);
            var keys = new SortedSet<(byte[] Key, InternalId Id)>(Comparer<(byte[] Key, InternalId Id)>.Create(static (left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key)));
            var documents = new Dictionary<InternalId, ReadOnlyMemory<byte>>();
            using (var transaction = database.BeginRead(limits: TransactionLimits.None))
            {
                var all = transaction.Read(table, table.ByCreationTime!, KeyInterval.All);
                while (await all.NextAsync(cancellationToken) is { } document)
                {
                    points.Add(IndexKey.Encode(document.Id.ToString()), document.Json);
                    keys.Add((IndexKey.Encode(document.Fields, index.Fields), document.Id.InternalId));
                    documents.Add(document.Id.InternalId, document.Json);
                }
            }

            var gate = new Lock();
            Compare(report, "point read at a snapshot", seconds, repeats,
                random =>
                {
                    using var transaction = database.BeginRead();
                    for (var i = 0; i < 100; i++)
                    {
                        if (Now(transaction.GetAsync(table, ids[random.Next(Documents)].InternalId, CancellationToken.None)).Json.Length == 0) throw new InvalidOperationException("A document is empty.");
                    }

                    return 100;
                },
                random =>
                {
                    for (var i = 0; i < 100; i++)
                    {
                        var key = IndexKey.Encode(ids[random.Next(Documents)].ToString());
                        lock (gate)
                        {
                            if (!points.TryGetValue(key, out var json) || json.Length == 0) throw new InvalidOperationException("A document is empty.");
                        }
                    }

                    return 100;
                });
            Compare(report, "range of 10 by a secondary index", seconds, repeats,
                random =>
                {
                    using var transaction = database.BeginRead();
                    for (var i = 0; i < 20; i++)
                    {
                        var from = random.Next(Documents - 10);
                        var stream = transaction.Read(table, index, Range(from));
                        var bytes = 0;
                        for (var n = 0; n < 10; n++) bytes += Now(stream.NextAsync(CancellationToken.None)).Json.Length;
                        if (bytes == 0) throw new InvalidOperationException("A document is empty.");
                    }

                    return 20;
                },
                random =>
                {
                    for (var i = 0; i < 20; i++)
                    {
                        var range = Range(random.Next(Documents - 10));
                        var bytes = 0;
                        lock (gate)
                        {
                            foreach (var (_, id) in keys.GetViewBetween((range.Lower.ToArray(), default), (range.Upper!.Value.ToArray(), default)).Take(10)) bytes += documents[id].Length;
                        }

                        if (bytes == 0) throw new InvalidOperationException("A document is empty.");
                    }

                    return 20;
                });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static KeyInterval Range(int from) => KeyInterval.Range(default, new(Value.Float64(from), Inclusive: true), new(Value.Float64(from + 10), Inclusive: false));

    /// <summary>What is in memory is there at once.</summary>
    private static Document Now(ValueTask<Document?> read) =>
        read.IsCompletedSuccessfully ? read.Result ?? throw new InvalidOperationException("A document is not there.") : throw new InvalidOperationException("A page was not in memory.");

    private static Table TableOf(Database database)
    {
        using var transaction = database.BeginRead();
        return transaction.FindTable("", "documents")!;
    }

    private static void Compare(Report report, string name, int seconds, int repeats, Func<Random, int> ours, Func<Random, int> theirs)
    {
        List<double> rates = [], peers = [], ratios = [];
        for (var i = 0; i < repeats; i++)
        {
            var (us, them) = (Load(seconds, ours), Load(seconds, theirs));
            rates.Add(us);
            peers.Add(them);
            ratios.Add(us / them);
        }

        report.Add(name, $"{Report.Median(ratios):0.0} ×", $"{EngineBench.Number(Report.Median(rates))}/s against {EngineBench.Number(Report.Median(peers))}/s; {Documents:#,0} documents, {Threads} threads; median of {repeats} pairs");
    }

    private static double Load(int seconds, Func<Random, int> call)
    {
        var counts = new long[Threads * 16];
        var stop = false;
        var threads = Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            var random = new Random(thread);
            while (!Volatile.Read(ref stop)) counts[thread * 16] += call(random);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        Thread.Sleep(500);
        var (before, clock) = (counts.Sum(), Stopwatch.StartNew());
        Thread.Sleep(seconds * 1_000);
        var rate = (counts.Sum() - before) / clock.Elapsed.TotalSeconds;
        Volatile.Write(ref stop, true);
        foreach (var thread in threads) thread.Join();
        return rate;
    }
}
