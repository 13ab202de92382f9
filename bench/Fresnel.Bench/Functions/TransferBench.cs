using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Fresnel.Bench.Engine;

namespace Fresnel.Bench.Functions;

/// <summary>Money between accounts, two indexed reads and two patches, by 64 clients over HTTP: this server, Node over SQLite and Node over PostgreSQL, one after the other.</summary>
internal static class TransferBench
{
    private const int Accounts = 100_000;
    private const int Balance = 1_000;
    private const int Clients = 64;

    private sealed record Run(double PerSecond, double P50, double P99, double HostMicroseconds, double WorkerMicroseconds);

    public static async Task MeasureAsync(Report report, int seconds, int repeats, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            await using var server = await Server.StartAsync(folder, cancellationToken);
            await server.PushAsync(cancellationToken);
            await using var sqlite = await Peer.SqliteAsync(folder, cancellationToken);
            await using var postgres = await Peer.PostgresAsync(folder, cancellationToken);
            if (postgres is null) report.Add("Node + PostgreSQL", "not measured", "PostgreSQL is not installed");
            string[] servers = postgres is null ? [server.Url, sqlite.Url] : [server.Url, sqlite.Url, postgres.Url];
            foreach (var url in servers) Open(url);

            foreach (var (name, keys) in ((string, Keys)[])[("uniform", Keys.Uniform(Accounts)), ("Zipf 1.5", Keys.Zipf(Accounts, 1.5))])
            {
                List<Run> ours = [], bySqlite = [], byPostgres = [];
                for (var i = 0; i < repeats; i++)
                {
                    ours.Add(Load(server.Url, keys, seconds, () => server.ProcessorSeconds()));
                    bySqlite.Add(Load(sqlite.Url, keys, seconds, () => (sqlite.ProcessorSeconds(), 0)));
                    if (postgres is not null) byPostgres.Add(Load(postgres.Url, keys, seconds, () => (postgres.ProcessorSeconds(), 0)));
                }

                Tell(report, $"transfers, {name}", ours, bySqlite, byPostgres);
            }

            foreach (var url in servers) Check(url);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Only the load, against a server that runs already and has the accounts: to look at it with a profiler.</summary>
    public static int Drive(string url, int clients, int seconds, bool zipf, bool open, int? process)
    {
        if (open) Open(url);
        var keys = zipf ? Keys.Zipf(Accounts, 1.5) : Keys.Uniform(Accounts);
        Load(url, keys, seconds, () => process is { } id ? Split(ProcessorTime.Of(id)) : default, clients);
        return 0;
    }

    /// <summary>What a server used, and its workers.</summary>
    private static (double Host, double Workers) Split(Dictionary<string, double> used) => (used.Values.Sum() - used.GetValueOrDefault("node"), used.GetValueOrDefault("node"));

    private static Run Load(string url, Keys keys, int seconds, Func<(double Host, double Worker)> used, int clients = Clients)
    {
        using var load = HttpLoad.Open(url, clients);
        string Body(Random random) => string.Create(CultureInfo.InvariantCulture, $$"""{"path":"accounts:transfer","args":{"from":{{keys.Next(random)}},"to":{{keys.Next(random)}},"amount":1},"format":"json"}""");
        load.Run("/api/mutation", 2, Body);
        var before = used();
        var clock = Stopwatch.StartNew();
        var latencies = load.Run("/api/mutation", seconds, Body);
        var elapsed = clock.Elapsed.TotalSeconds;
        var after = used();
        latencies.Sort();
        var run = new Run(
            latencies.Count / elapsed, latencies[latencies.Count / 2], latencies[latencies.Count * 99 / 100],
            (after.Host - before.Host) / latencies.Count * 1e6, (after.Worker - before.Worker) / latencies.Count * 1e6);
        Console.Error.WriteLine($"   {url}: {run.PerSecond:N0}/s, p50 {run.P50:0.00} ms, p99 {run.P99:0.00} ms, host {run.HostMicroseconds:0} µs, worker {run.WorkerMicroseconds:0} µs");
        return run;
    }

    private static void Tell(Report report, string what, List<Run> ours, List<Run> sqlite, List<Run> postgres)
    {
        var ratios = ours.Select((run, i) => run.PerSecond / Math.Max(sqlite[i].PerSecond, postgres.Count > 0 ? postgres[i].PerSecond : 0)).ToList();
        report.Add(what, $"{Report.Median(ratios):0.00} ×", $"of the better peer; {Clients} clients, median of {ours.Count} rounds");
        Line("Fresnel", ours, $"{Median(ours, run => run.HostMicroseconds):0} µs host + {Median(ours, run => run.WorkerMicroseconds):0} µs worker");
        Line("Node + SQLite (WAL, FULL)", sqlite, $"{Median(sqlite, run => run.HostMicroseconds):0} µs");
        if (postgres.Count > 0) Line("Node + PostgreSQL (fsync, synchronous_commit)", postgres, $"{Median(postgres, run => run.HostMicroseconds):0} µs with the database");

        void Line(string name, List<Run> runs, string cpu) => report.Add(
            $"– {name}",
            string.Create(CultureInfo.InvariantCulture, $"{Median(runs, run => run.PerSecond):N0}/s, p50 {Median(runs, run => run.P50):0.0} ms, p99 {Median(runs, run => run.P99):0.0} ms"),
            $"processor time of each: {cpu}");
    }

    private static double Median(List<Run> runs, Func<Run, double> figure) => Report.Median([.. runs.Select(figure)]);

    private static void Open(string url)
    {
        using var load = HttpLoad.Open(url, 1);
        const int each = 4_000;
        for (var from = 0; from < Accounts; from += each)
        {
            load.Call("/api/mutation", $$"""{"path":"accounts:open","args":{"from":{{from}},"count":{{each}},"balance":{{Balance}}},"format":"json"}""");
        }
    }

    /// <summary>Money that was lost or made would be a bug that is faster than correct code.</summary>
    private static void Check(string url)
    {
        using var load = HttpLoad.Open(url, 1);
        const int each = 20_000;
        var held = 0.0;
        for (var from = 0; from < Accounts; from += each)
        {
            var answer = load.Call("/api/query", $$"""{"path":"accounts:held","args":{"from":{{from}},"count":{{each}}},"format":"json"}""");
            using var json = JsonDocument.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)]);
            held += json.RootElement.GetProperty("value").GetDouble();
        }

        if (held != (double)Accounts * Balance) throw new InvalidOperationException($"The accounts of {url} hold {held}, not {(double)Accounts * Balance}.");
    }
}
