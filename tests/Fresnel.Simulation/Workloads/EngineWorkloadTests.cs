using System.Diagnostics;
using Fresnel.Simulation.Histories;

namespace Fresnel.Simulation.Workloads;

/// <summary>What clients of the real engine are shown can be told as one transaction after another, in an order that agrees with time.</summary>
/// <remarks>Seeds choose what clients do; when they do it, the machine's threads choose. <c>FRESNEL_SEED</c> begins at a seed, <c>FRESNEL_RUNS</c> goes on through so many.</remarks>
public sealed class EngineWorkloadTests
{
    private const int Transactions = 3_400;

    private static readonly Dictionary<string, Func<Workload>> Workloads = new()
    {
        ["Appends to lists of which few are very hot"] = () => new ListAppendWorkload(),
        ["Transfers between accounts whose sum never changes"] = () => new BankWorkload(),
        ["Doctors who go off duty while a colleague is on it"] = () => new WriteSkewWorkload(),
        ["Rows that appear in a range that somebody counted"] = () => new PhantomWorkload(),
        ["Names that are taken when they are free"] = () => new UniqueWorkload(),
        ["Registers that all must see appear in one order"] = () => new LongForkWorkload(),
    };

    public static TheoryData<string> Names => [.. Workloads.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_strictly_serialisable(string name)
    {
        var seed = Setting("FRESNEL_SEED", Environment.TickCount);
        for (var runs = Setting("FRESNEL_RUNS", 1); runs > 0; runs--) await RunAsync(name, seed++);
    }

    private static async Task RunAsync(string name, int seed)
    {
        var start = Stopwatch.GetTimestamp();
        var run = new WorkloadRun(Workloads[name](), seed, TestContext.Current.CancellationToken);
        History history;
        try
        {
            history = await run.RunAsync(Transactions);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
        }

        var ran = Stopwatch.GetElapsedTime(start);
        var anomalies = HistoryChecker.Check(history);
        var outcomes = history.Transactions.CountBy(transaction => transaction.Outcome).ToDictionary();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {seed}: {string.Join(", ", outcomes.Select(one => $"{one.Value} {one.Key}"))}; {run.TooOld} too old; {run.Contended}; "
            + $"ran {ran.TotalMilliseconds:F0} ms, checked {Stopwatch.GetElapsedTime(start).TotalMilliseconds - ran.TotalMilliseconds:F0} ms");
        Assert.True(anomalies.Count == 0, $"Seed {seed}: {string.Join('\n', anomalies)}");
        Assert.True(outcomes.GetValueOrDefault(HistoryOutcome.Committed) >= Transactions * 8 / 10, $"Seed {seed}: only {outcomes.GetValueOrDefault(HistoryOutcome.Committed)} were committed.");
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var given) ? given : otherwise;
}
