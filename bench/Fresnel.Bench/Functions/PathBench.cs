using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fresnel.Bench.Engine;
using Fresnel.Runtime;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Sqlite;

namespace Fresnel.Bench.Functions;

/// <summary>The way host → worker → host alone: transfers in process, without HTTP, against the same code over a map in one Node process without any frames.</summary>
internal static class PathBench
{
    private const int Accounts = 10_000;
    private const int Callers = 64;

    /// <param name="Vain">Runs of the function that came to nothing, for each that was committed: it lost, or began anew in the middle.</param>
    private sealed record Run(double PerSecond, double Host, double Worker, double Vain);

    public static async Task MeasureAsync(Report report, int seconds, int repeats, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            // Pushed by the official CLI; then this process opens what the server left.
            await using (var server = await Server.StartAsync(folder, cancellationToken)) await server.PushAsync(cancellationToken);
            var data = Path.Combine(folder, "data");
            await using var deployment = await Deployment.StartAsync(new SqliteCommitStore(data), new DeploymentOptions { Name = "bench", BundleFolder = Path.Combine(data, "bundles") }, cancellationToken);
            for (var from = 0; from < Accounts; from += 2_000) await CallAsync(deployment, "accounts:open", $$"""{"from":{{from}},"count":2000,"balance":1000}""");

            foreach (var (name, keys) in ((string, Keys)[])[("uniform", Keys.Uniform(Accounts)), ("Zipf 1.5", Keys.Zipf(Accounts, 1.5))])
            {
                List<Run> runs = [];
                List<double> library = [];
                for (var i = 0; i < repeats; i++)
                {
                    runs.Add(await LoadAsync(deployment, keys, Callers, seconds, isWarm: i > 0));
                    Console.Error.WriteLine($"   {name}: {runs[^1].PerSecond:N0}/s, host {runs[^1].Host:0.0} µs, worker {runs[^1].Worker:0.0} µs, {runs[^1].Vain:0.00} runs in vain");
                    library.Add(await LibraryAsync(seconds, cancellationToken));
                }

                double Median(Func<Run, double> figure) => Report.Median([.. runs.Select(figure)]);
                report.Add(
                    $"Node's share of a transfer, {name}",
                    $"{Median(run => run.Worker) / Report.Median(library):0.00} ×",
                    $"{Median(run => run.Worker):0.0} µs of the worker's processor time against {Report.Median(library):0.0} µs for the same code over a map; the host's share {Median(run => run.Host):0.0} µs; {Median(run => run.Vain):0.00} runs in vain for each; {Median(run => run.PerSecond):N0}/s, in process, {Callers} callers");
            }

            var alone = await LoadAsync(deployment, Keys.Uniform(Accounts), 1, seconds, isWarm: true);
            report.Add("One caller", string.Create(CultureInfo.InvariantCulture, $"{alone.PerSecond:N0}/s"), $"{alone.Worker:0.0} µs worker, {alone.Host:0.0} µs host");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Run> LoadAsync(Deployment deployment, Keys keys, int callers, int seconds, bool isWarm)
    {
        var calls = 0L;
        using var time = new CancellationTokenSource();
        var running = Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            while (!time.IsCancellationRequested)
            {
                await CallAsync(deployment, "accounts:transfer", $$"""{"amount":1,"from":{{keys.Next(random)}},"to":{{keys.Next(random)}}}""");
                Interlocked.Increment(ref calls);
            }
        })).ToArray();
        await Task.Delay(isWarm ? 2_000 : 12_000); // What was compiled quickly is compiled well by then.
        var (before, used, vain, clock) = (Interlocked.Read(ref calls), Used(), Vain(deployment), Stopwatch.StartNew());
        await Task.Delay(seconds * 1_000);
        var (done, elapsed, after, lost) = (Interlocked.Read(ref calls) - before, clock.Elapsed.TotalSeconds, Used(), Vain(deployment) - vain);
        await time.CancelAsync();
        await Task.WhenAll(running);
        return new Run(done / elapsed, (after.Host - used.Host) / done * 1e6, (after.Worker - used.Worker) / done * 1e6, lost / (double)done);
    }

    private static long Vain(Deployment deployment) => deployment.Database.Contended.Conflicts + deployment.Database.Contended.Anew;

    private static (double Host, double Worker) Used()
    {
        var all = ProcessorTime.Of(System.Environment.ProcessId);
        return (all.Values.Sum() - all.GetValueOrDefault("node"), all.GetValueOrDefault("node"));
    }

    private static async Task CallAsync(Deployment deployment, string function, string arguments)
    {
        var call = new FunctionCall
        {
            Path = FunctionPath.TryParse(function, out var path, out _) ? path : throw new ArgumentException(function),
            Arguments = Encoding.UTF8.GetBytes($"[{arguments}]"),
            Identity = Identity.Anonymous,
            Caller = FunctionCaller.HttpApi,
            RequestId = "0000000000000000",
        };
        var outcome = await deployment.Invoker.Mutate(call, null, CancellationToken.None).Completed;
        if (outcome.Error is { } error) throw new InvalidOperationException(error.Message);
    }

    /// <summary>Microseconds of processor time of a transfer in <c>peers/library.mjs</c>.</summary>
    private static async Task<double> LibraryAsync(int seconds, CancellationToken cancellationToken)
    {
        var bundle = await Server.BundleAsync("accounts.ts", cancellationToken);
        string[] arguments = [Path.Combine(Server.Root, "bench", "peers", "library.mjs"), bundle, Math.Min(seconds, 4).ToString(CultureInfo.InvariantCulture), $"{Accounts}", $"{Callers}"];
        using var json = JsonDocument.Parse(await Server.RunAsync("node", arguments, Server.Root, [], cancellationToken));
        var cpu = json.RootElement.GetProperty("cpuMicroseconds").GetDouble();
        Console.Error.WriteLine($"   library: {json.RootElement.GetProperty("perSecond").GetDouble():N0}/s, {cpu:0.0} µs");
        return cpu;
    }
}
