using System.Diagnostics;

namespace Fresnel.Bench.Functions;

/// <summary>A query that collects a thousand documents: asked for once, and shown live when one of them changes; against Node over SQLite, which is asked again.</summary>
internal static class CollectBench
{
    private const int Documents = 1_000;
    private const int Rounds = 200;

    public static async Task MeasureAsync(Report report, int repeats, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            await using var server = await Server.StartAsync(folder, cancellationToken);
            await server.PushAsync(cancellationToken);
            await using var peer = await Peer.SqliteAsync(folder, cancellationToken);
            foreach (var url in (string[])[server.Url, peer.Url])
            {
                using var load = HttpLoad.Open(url, 1);
                load.Call("/api/mutation", $$"""{"path":"accounts:open","args":{"from":0,"count":{{2 * Documents}},"balance":1000},"format":"json"}""");
            }

            List<double> first = [], firstPeer = [], again = [], againPeer = [];
            for (var i = 0; i < repeats + 1; i++)
            {
                var (ours, theirs) = (First(server.Url), First(peer.Url));
                var (live, asked) = (await LiveAsync(server.Url, cancellationToken), AskAgain(peer.Url));
                if (i == 0) continue; // The first round warms up.
                first.Add(ours);
                firstPeer.Add(theirs);
                again.Add(live);
                againPeer.Add(asked);
            }

            Tell("collect 1,000 documents", first, firstPeer, "over HTTP");
            Tell("one of 1,000 changed → shown", again, againPeer, "a mutation, then the transition that shows it; Node + SQLite: the change, then the list asked for again");

            void Tell(string what, List<double> ours, List<double> theirs, string how)
            {
                var ratio = Report.Median([.. ours.Select((time, i) => theirs[i] / time)]);
                report.Add(what, $"{ratio:0.00} ×", $"{Report.Milliseconds(Report.Median(ours))} against {Report.Milliseconds(Report.Median(theirs))} of Node + SQLite, {how}; median of {repeats} pairs of medians");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string List => $$"""{"path":"accounts:list","args":{"from":0,"count":{{Documents}}},"format":"json"}""";

    private static string Deposit(int owner) => $$"""{"path":"accounts:deposit","args":{"owner":{{owner}},"amount":1},"format":"json"}""";

    private static double First(string url)
    {
        using var load = HttpLoad.Open(url, 1);
        return Median(() => load.Call("/api/query", List));
    }

    private static double AskAgain(string url)
    {
        using var load = HttpLoad.Open(url, 1);
        var owner = 0;
        return Median(() =>
        {
            load.Call("/api/mutation", Deposit(owner++ % Documents));
            load.Call("/api/query", List);
        });
    }

    private static async Task<double> LiveAsync(string url, CancellationToken cancellationToken)
    {
        using var load = HttpLoad.Open(url, 1);
        await using var connection = await SyncConnection.OpenAsync(url, cancellationToken);
        await connection.SubscribeAsync("accounts:list", $$"""{"from":0,"count":{{Documents}}}""", cancellationToken);
        var times = new List<double>();
        for (var i = 0; i < Rounds; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            load.Call("/api/mutation", Deposit(i % Documents));
            await connection.NextUpdateAsync(cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        return Report.Median(times);
    }

    private static double Median(Action call)
    {
        var times = new List<double>();
        for (var i = 0; i < Rounds; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            call();
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        return Report.Median(times);
    }
}
