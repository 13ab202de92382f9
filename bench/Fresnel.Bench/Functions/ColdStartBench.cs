using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Fresnel.Bench.Functions;

/// <summary>A query whose worker must be started first, with a module of a megabyte; against Node, which is started by hand and imports the same bundle.</summary>
internal static class ColdStartBench
{
    private const string Module = "large.ts";

    public static async Task MeasureAsync(Report report, int repeats, CancellationToken cancellationToken)
    {
        var source = Path.Combine(Server.Root, "bench", "app", "convex", Module);
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            await File.WriteAllTextAsync(source, Source(), cancellationToken);
            var bundle = await Server.BundleAsync(Module, cancellationToken);
            await using var server = await Server.StartAsync(folder, cancellationToken);
            await server.PushAsync(cancellationToken);
            using var load = HttpLoad.Open(server.Url, 1);
            List<double> ours = [], theirs = [];
            for (var i = 0; i < repeats; i++)
            {
                await server.KillWorkersAsync(cancellationToken);
                var begun = Stopwatch.GetTimestamp();
                load.Call("/api/query", """{"path":"large:ping","args":{},"format":"json"}""");
                ours.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);

                begun = Stopwatch.GetTimestamp();
                await Server.RunAsync("node", ["--input-type=module", "-e", $"const {{ ping }} = await import({System.Text.Json.JsonSerializer.Serialize(bundle)}); await ping.invokeQuery('[{{}}]');"], folder, [], cancellationToken);
                theirs.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            report.Add(
                "cold start, a bundle of 1 MB",
                string.Create(CultureInfo.InvariantCulture, $"{Report.Median(ours) / Report.Median(theirs):0.00} ×"),
                $"{Report.Milliseconds(Report.Median(ours))} from the request to the answer, the worker killed before, against {Report.Milliseconds(Report.Median(theirs))} for Node by hand to start, import the bundle and run the query; median of {repeats}");
        }
        finally
        {
            File.Delete(source);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Source()
    {
        var text = new StringBuilder("""
            import { queryGeneric as query } from "convex/server";
            export const ping = query({ args: {}, handler: async () => table.length });
            export const table: ((n: number) => unknown)[] = [

            """);
        for (var i = 0; text.Length < 1_000_000; i++) text.Append(CultureInfo.InvariantCulture, $"  (n) => ({{ key: \"entry {i}\", value: n * {i} + Math.sqrt(n), list: [n, {i}, n - {i}], nested: {{ name: \"name of {i}\", odd: n % 2 === 1 }} }}),\n");
        return text.Append("];\n").ToString();
    }
}
