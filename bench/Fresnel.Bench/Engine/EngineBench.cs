using System.Diagnostics;
using System.Globalization;

namespace Fresnel.Bench.Engine;

/// <summary>The engine against peers in the same run: each figure is a median of pairs, and what counts is the ratio.</summary>
internal static class EngineBench
{
    public static async Task<int> RunAsync(string only, int seconds, int repeats, bool write, CancellationToken cancellationToken)
    {
        var report = new Report("The engine", $"dotnet run -c Release --project bench/Fresnel.Bench -- engine --seconds {seconds} --repeats {repeats}{(only.Length > 0 ? $" --only {only}" : "")}");
        var measures = new (string Name, Func<Task> Run)[]
        {
            ("sync", () => Disk.MeasureAsync(report)),
            ("transfers", () => Transfers.MeasureAsync(report, seconds, repeats, cancellationToken)),
            ("reads", () => Reads.MeasureAsync(report, seconds, repeats, cancellationToken)),
            ("watches", () => Watching.MeasureAsync(report, repeats, cancellationToken)),
            ("footprint", () => Footprint.MeasureAsync(report, cancellationToken)),
            ("large", () => Large.MeasureAsync(report, seconds, cancellationToken)),
        };
        foreach (var (name, run) in measures)
        {
            if (only.Length > 0 && !only.Split(',').Contains(name)) continue;
            await run();
            GC.Collect();
        }

        Console.WriteLine(report);
        if (write) await report.KeepAsync("engine", cancellationToken);
        return 0;
    }

    /// <summary>Runs callers for a while; returns calls per second and the CPU of each.</summary>
    public static async Task<(double PerSecond, double CpuMicroseconds)> LoadAsync(int callers, int seconds, Func<Random, ValueTask> call)
    {
        var calls = 0L;
        using var time = new CancellationTokenSource();
        var running = Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            while (!time.IsCancellationRequested)
            {
                await call(random);
                Interlocked.Increment(ref calls);
            }
        })).ToArray();

        // A second to warm up.
        await Task.Delay(1_000);
        var (before, cpu, clock) = (Interlocked.Read(ref calls), Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
        var (allocated, paused, gen0, gen1, gen2) = (GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration(), GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2));
        await Task.Delay(seconds * 1_000);
        var (done, used, elapsed) = (Interlocked.Read(ref calls) - before, Process.GetCurrentProcess().TotalProcessorTime - cpu, clock.Elapsed);
        Console.Error.WriteLine($"   {(GC.GetTotalAllocatedBytes() - allocated) / done:#,0} bytes allocated each, GC pauses {(GC.GetTotalPauseDuration() - paused) / elapsed:P1} of the time, collections {GC.CollectionCount(0) - gen0}/{GC.CollectionCount(1) - gen1}/{GC.CollectionCount(2) - gen2}");
        await time.CancelAsync();
        await Task.WhenAll(running);
        return (done / elapsed.TotalSeconds, used.TotalMicroseconds / done);
    }

    public static string Number(double value) => value.ToString(value < 10 ? "0.00" : "#,0", CultureInfo.InvariantCulture);
}
