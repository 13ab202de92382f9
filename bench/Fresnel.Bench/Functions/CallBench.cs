using System.Globalization;

namespace Fresnel.Bench.Functions;

/// <summary>What a call costs that does next to nothing: a query that reads nothing, a mutation that inserts one document; over HTTP, against Node over SQLite.</summary>
internal static class CallBench
{
    public static async Task MeasureAsync(Report report, int seconds, int repeats, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            await using var server = await Server.StartAsync(folder, cancellationToken);
            await server.PushAsync(cancellationToken);
            await using var peer = await Peer.SqliteAsync(folder, cancellationToken);
            foreach (var clients in (int[])[1, 64])
            {
                Compare(report, "query", "/api/query", """{"path":"notes:ping","args":{},"format":"json"}""", clients, seconds, repeats, server, peer);
                Compare(report, "mutation", "/api/mutation", """{"path":"notes:add","args":{"author":"a","body":"a note of some forty characters, no more","n":1},"format":"json"}""", clients, seconds, repeats, server, peer);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Compare(Report report, string what, string route, string body, int clients, int seconds, int repeats, Server server, Peer peer)
    {
        List<double> ratios = [];
        List<(double Rate, double P50, double P99)> ours = [], theirs = [];
        for (var i = 0; i < repeats; i++)
        {
            ours.Add(Load(server.Url, route, body, clients, seconds));
            theirs.Add(Load(peer.Url, route, body, clients, seconds));
            ratios.Add(ours[^1].Rate / theirs[^1].Rate);
        }

        report.Add($"trivial {what}, {clients} in flight", $"{Report.Median(ratios):0.00} ×", $"{Line(ours)} against {Line(theirs)} of Node + SQLite; median of {repeats} pairs");
    }

    private static string Line(List<(double Rate, double P50, double P99)> runs) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Report.Median([.. runs.Select(run => run.Rate)]):N0}/s, p50 {Report.Median([.. runs.Select(run => run.P50)]):0.00} ms, p99 {Report.Median([.. runs.Select(run => run.P99)]):0.00} ms");

    private static (double Rate, double P50, double P99) Load(string url, string route, string body, int clients, int seconds)
    {
        using var load = HttpLoad.Open(url, clients);
        load.Run(route, 2, _ => body);
        var latencies = load.Run(route, seconds, _ => body);
        latencies.Sort();
        return (latencies.Count / (double)seconds, latencies[latencies.Count / 2], latencies[latencies.Count * 99 / 100]);
    }
}
