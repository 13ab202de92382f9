namespace Fresnel.Bench.Functions;

/// <summary>TypeScript functions end to end, against peers in the same run: what counts is the ratio.</summary>
internal static class FunctionBench
{
    public static async Task<int> RunAsync(string only, int seconds, int repeats, bool write, CancellationToken cancellationToken)
    {
        var report = new Report("TypeScript functions", $"dotnet run -c Release --project bench/Fresnel.Bench -- functions --seconds {seconds} --repeats {repeats}{(only.Length > 0 ? $" --only {only}" : "")}");
        await Server.PublishAsync(cancellationToken);
        await Peer.PrepareAsync(cancellationToken);
        var measures = new (string Name, Func<Task> Run)[]
        {
            ("path", () => PathBench.MeasureAsync(report, seconds, repeats, cancellationToken)),
            ("transfers", () => TransferBench.MeasureAsync(report, seconds, repeats, cancellationToken)),
            ("reads", () => CollectBench.MeasureAsync(report, repeats, cancellationToken)),
            ("starts", () => ColdStartBench.MeasureAsync(report, repeats, cancellationToken)),
            ("calls", () => CallBench.MeasureAsync(report, seconds, repeats, cancellationToken)),
        };
        foreach (var (name, run) in measures)
        {
            if (only.Length == 0 || only.Split(',').Contains(name)) await run();
        }

        Console.WriteLine(report);
        if (write) await report.KeepAsync("functions", cancellationToken);
        return 0;
    }
}
