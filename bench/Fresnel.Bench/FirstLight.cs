using System.Diagnostics;
using System.Globalization;

namespace Fresnel.Bench;

/// <summary>The first figures: how long until the first answer, how much memory idle, how fast one insert is.</summary>
internal static class FirstLight
{
    public static async Task<int> RunAsync(int seconds, int repeats, bool write, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        var report = new Report("First light", $"dotnet run -c Release --project bench/Fresnel.Bench -- first-light --seconds {seconds} --repeats {repeats}");
        try
        {
            await Server.PublishAsync(cancellationToken);
            await using (var server = await Server.StartAsync(folder, cancellationToken)) await server.PushAsync(cancellationToken);

            await MeasureStartAsync(report, folder, repeats, cancellationToken);
            await MeasureMemoryAsync(report, folder, cancellationToken);
            foreach (var inFlight in (int[])[1, 64]) await MeasureInsertsAsync(report, folder, inFlight, seconds, repeats, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Console.WriteLine(report);
        if (write) await report.KeepAsync("first-light", cancellationToken);
        return 0;
    }

    /// <summary>From the start of the process to the answer of a query in TypeScript: runtime, store, worker and bundle included.</summary>
    private static async Task MeasureStartAsync(Report report, string folder, int repeats, CancellationToken cancellationToken)
    {
        var ready = new List<double>();
        var answered = new List<double>();
        for (var i = 0; i < repeats; i++)
        {
            var clock = Stopwatch.StartNew();
            await using var server = await Server.StartAsync(folder, cancellationToken);
            ready.Add(clock.Elapsed.TotalMilliseconds);
            await using var connection = await SyncConnection.OpenAsync(server.Url, cancellationToken);
            await connection.QueryAsync("notes:ping", "{}", cancellationToken);
            answered.Add(clock.Elapsed.TotalMilliseconds);
        }

        report.Add("Process start → ready", Report.Milliseconds(Report.Median(ready)), $"median of {repeats}");
        report.Add("Process start → first answered query", Report.Milliseconds(Report.Median(answered)), $"median of {repeats}; the query is TypeScript, so a worker was started");
    }

    private static async Task MeasureMemoryAsync(Report report, string folder, CancellationToken cancellationToken)
    {
        await using var server = await Server.StartAsync(folder, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
        var alone = server.ResidentBytes();
        await using var connection = await SyncConnection.OpenAsync(server.Url, cancellationToken);
        await connection.QueryAsync("notes:ping", "{}", cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
        report.Add("Idle memory, no worker", Report.Mebibytes(alone.Server), "resident set of the server");
        var with = server.ResidentBytes();
        report.Add("Idle memory, one worker", Report.Mebibytes(with.Server + with.Workers), $"server {Report.Mebibytes(with.Server)} + worker {Report.Mebibytes(with.Workers)}");
    }

    /// <summary>Each connection has one mutation in flight, sent over the sync socket; a mutation counts when its response came.</summary>
    private static async Task MeasureInsertsAsync(Report report, string folder, int inFlight, int seconds, int repeats, CancellationToken cancellationToken)
    {
        await using var server = await Server.StartAsync(folder, cancellationToken);
        var connections = new List<SyncConnection>();
        for (var i = 0; i < inFlight; i++) connections.Add(await SyncConnection.OpenAsync(server.Url, cancellationToken));

        await LoadAsync(connections, TimeSpan.FromSeconds(2), cancellationToken);
        var rates = new List<double>();
        var p50 = new List<double>();
        var p99 = new List<double>();
        for (var i = 0; i < repeats; i++)
        {
            var clock = Stopwatch.StartNew();
            var latencies = await LoadAsync(connections, TimeSpan.FromSeconds(seconds), cancellationToken);
            rates.Add(latencies.Count / clock.Elapsed.TotalSeconds);
            latencies.Sort();
            p50.Add(latencies[latencies.Count / 2]);
            p99.Add(latencies[latencies.Count * 99 / 100]);
        }

        foreach (var connection in connections) await connection.DisposeAsync();
        report.Add(
            $"Insert one document, {inFlight} in flight",
            string.Create(CultureInfo.InvariantCulture, $"{Report.Median(rates):N0}/s, p50 {Report.Milliseconds(Report.Median(p50))}, p99 {Report.Milliseconds(Report.Median(p99))}"),
            $"median of {repeats} runs of {seconds} s; {string.Join(", ", rates.Select(rate => rate.ToString("N0", CultureInfo.InvariantCulture)))}/s");
    }

    private static async Task<List<double>> LoadAsync(List<SyncConnection> connections, TimeSpan duration, CancellationToken cancellationToken)
    {
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var perConnection = await Task.WhenAll(connections.Select(async (connection, writer) =>
        {
            var latencies = new List<double>();
            for (var n = 0; Stopwatch.GetTimestamp() < until; n++)
            {
                var begun = Stopwatch.GetTimestamp();
                await connection.MutateAsync("notes:add", $$"""{"author":"writer {{writer}}","body":"a note of some forty characters, no more","n":{{n}}}""", cancellationToken);
                latencies.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            return latencies;
        }));
        return [.. perConnection.SelectMany(latencies => latencies)];
    }
}
