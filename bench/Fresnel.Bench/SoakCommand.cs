using System.Globalization;
using Fresnel.Bench.Soak;

namespace Fresnel.Bench;

/// <summary>The soak against a published server, with the official CLI.</summary>
internal static class SoakCommand
{
    public static async Task<int> RunAsync(double minutes, int seed, bool write, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-soak-").FullName;
        var report = new Report("Soak", string.Create(CultureInfo.InvariantCulture, $"dotnet run -c Release --project bench/Fresnel.Bench -- soak --minutes {minutes} --seed {seed}"));
        try
        {
            await Server.PublishAsync(cancellationToken);
            await using var server = await Server.StartAsync(folder, cancellationToken);
            var app = await CopyAppAsync(folder, cancellationToken);
            var target = new SoakTarget(server.Url, server.ProcessId, Path.Combine(folder, "data"), async (version, token) =>
            {
                await File.WriteAllTextAsync(Path.Combine(app, "convex", "version.ts"), $"export const version: number = {version};\n", token);
                await server.PushAsync(app, token);
            });
            var duration = TimeSpan.FromMinutes(minutes);
            var plan = new SoakPlan(duration, 4, KillEvery: TimeSpan.FromSeconds(7), PushEvery: TimeSpan.FromSeconds(30), SampleEvery: TimeSpan.FromSeconds(Math.Max(2, duration.TotalSeconds / 60)), seed);
            using var run = new SoakRun(target, plan, Console.WriteLine);
            await run.RunAsync(cancellationToken);
            var complaints = SoakVerdict.Judge(run.Samples);
            Describe(report, run, complaints);
            Console.WriteLine(report);
            if (write) await report.KeepAsync("soak", cancellationToken);
            return run.Errors.Count == 0 && complaints.Count == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Copies the app of the soak to where it can be changed.</summary>
    public static async Task<string> CopyAppAsync(string folder, CancellationToken cancellationToken)
    {
        var app = Path.Combine(folder, "app");
        Directory.CreateDirectory(Path.Combine(app, "convex"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Server.Root, "bench", "soak", "convex"), "*.ts")) File.Copy(file, Path.Combine(app, "convex", Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(app, "package.json"), """{"name":"soak","private":true,"type":"module","dependencies":{"convex":"1.48.0"}}""", cancellationToken);
        Directory.CreateSymbolicLink(Path.Combine(app, "node_modules"), await Server.InstallPackagesAsync(cancellationToken));
        return app;
    }

    private static void Describe(Report report, SoakRun run, List<string> complaints)
    {
        report.Add("Errors that were not injected", run.Errors.Count.ToString(CultureInfo.InvariantCulture), run.Errors.Count == 0 ? "every sum was right at the end" : string.Join("; ", run.Errors.Take(5)));
        report.Add("Calls", string.Join(", ", run.Calls.OrderBy(call => call.Key, StringComparer.Ordinal).Select(call => $"{call.Value} {call.Key}")), "over HTTP, from four callers");
        report.Add("Pushes, workers killed", $"{run.Pushes}, {run.Kills}", $"{run.Forgiven} actions were lost with a killed worker, as they must");
        if (run.Recoveries.Count > 0)
        {
            var sorted = run.Recoveries.Order().ToList();
            report.Add("A query asked when a worker died", $"median {Report.Milliseconds(sorted[sorted.Count / 2])}, worst {Report.Milliseconds(sorted[^1])}", "another worker starts when the last of its kind died");
        }

        report.Add("Flat after the warm-up", complaints.Count == 0 ? "yes" : string.Join("; ", complaints), "medians of the last third of the time against the middle one");
        var third = run.Samples.Count / 3;
        foreach (var (name, take) in (ReadOnlySpan<(string, Func<SoakSample, long>)>)[("Memory of the server, MiB", sample => sample.HostBytes >> 20), ("Memory of all workers, MiB", sample => sample.WorkerBytes >> 20),
            ("Workers", sample => sample.Workers), ("Handles of the server", sample => sample.HostHandles), ("Files of bundles", sample => sample.Files)])
        {
            if (third == 0) continue;
            var parts = Enumerable.Range(0, 3).Select(part => SoakVerdict.Median(run.Samples.Skip(part * third).Take(third).Select(take)));
            report.Add(name, string.Join(" → ", parts), "medians of the three thirds");
        }
    }
}
