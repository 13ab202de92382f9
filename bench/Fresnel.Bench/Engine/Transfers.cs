namespace Fresnel.Bench.Engine;

/// <summary>Money between 100,000 accounts by 64 callers, durable: the engine's API in process against SQLite by hand.</summary>
internal static class Transfers
{
    private const int Accounts = 100_000;
    private const int Callers = 64;

    public static async Task MeasureAsync(Report report, int seconds, int repeats, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-bench-").FullName;
        try
        {
            await using var bank = await Bank.OpenAsync(folder, Accounts, cancellationToken);
            using var hand = new HandBank(folder, Accounts);
            foreach (var (name, keys) in ((string, Keys)[])[("uniform", Keys.Uniform(Accounts)), ("Zipf 1.5", Keys.Zipf(Accounts, 1.5))])
            {
                await CompareAsync(report, $"transfer, {name}", seconds, repeats, () => $"{bank.Contended}",
                    random => bank.TransferAsync(keys.Next(random), keys.Next(random), cancellationToken),
                    random => hand.Transfer(keys.Next(random), keys.Next(random)));
            }

            var total = await bank.TotalAsync(cancellationToken);
            if (total != Accounts * 1_000.0) throw new InvalidOperationException($"The accounts hold {total}, not {Accounts * 1_000.0}.");
            await CompareAsync(report, "one hot document incremented", seconds, repeats, () => $"{bank.Contended}", _ => bank.IncrementAsync(7, cancellationToken), _ => hand.Increment(7));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CompareAsync(Report report, string name, int seconds, int repeats, Func<string> note, Func<Random, ValueTask> ours, Action<Random> theirs)
    {
        List<double> rates = [], peers = [], ratios = [], cpu = [];
        for (var i = 0; i < repeats; i++)
        {
            var us = await EngineBench.LoadAsync(Callers, seconds, ours);
            // By hand each caller waits for the lock in a thread of its own; more of them would only stand in line.
            var them = await EngineBench.LoadAsync(2, seconds, random =>
            {
                theirs(random);
                return default;
            });
            rates.Add(us.PerSecond);
            cpu.Add(us.CpuMicroseconds);
            peers.Add(them.PerSecond);
            ratios.Add(us.PerSecond / them.PerSecond);
        }

        report.Add(
            name,
            $"{Report.Median(ratios):0.0} ×",
            $"{EngineBench.Number(Report.Median(rates))}/s against {EngineBench.Number(Report.Median(peers))}/s by hand; {Report.Median(cpu):0.0} µs CPU each; {note()}; median of {repeats} pairs");
    }
}
