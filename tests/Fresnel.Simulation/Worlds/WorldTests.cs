using System.Collections.Concurrent;
using System.Diagnostics;

namespace Fresnel.Simulation.Worlds;

/// <summary>Deterministic simulation: whatever a seed makes of threads, time, faults and crashes, what clients are shown is serialisable, and nothing is lost, doubled or torn.</summary>
/// <remarks><c>FRESNEL_SEED</c> begins at a seed, <c>FRESNEL_RUNS</c> goes through so many. See <c>docs/internals/simulation.md</c>.</remarks>
public sealed class WorldTests
{
    /// <summary>Worlds of the suite: about a minute on two cores that have nothing else to do, and enough to see everything.</summary>
    private const int Runs = 1_000;

    /// <summary>What a world takes at most on a busy machine; a fifth of a second is usual.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly int Threads = Setting("FRESNEL_THREADS", 2);

    [Fact]
    public async Task Every_world_is_serialisable_and_loses_nothing()
    {
        var (first, runs) = (Setting("FRESNEL_SEED", Environment.TickCount & 0xfffffff), Setting("FRESNEL_RUNS", Runs));
        var start = Stopwatch.GetTimestamp();
        var (next, total, failures) = (first - 1, new WorldCounts(), new ConcurrentQueue<(int Seed, Exception Failure)>());
        var lives = Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (failures.IsEmpty && Interlocked.Increment(ref next) is var seed && seed < first + runs)
                {
                    using var patience = new Timer(_ => failures.Enqueue((seed, new TimeoutException("A step goes on without end."))), null, Patience, Timeout.InfiniteTimeSpan);
                    if (Live(seed, total) is { } failure) failures.Enqueue((seed, failure));
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var all = Task.WhenAll(lives);
        // A world that hangs within a step hangs its thread: that must be said, and cannot be mended.
        while (!all.IsCompleted && !failures.Any(failure => failure.Failure is TimeoutException)) await Task.WhenAny(all, Task.Delay(1_000, TestContext.Current.CancellationToken));

        foreach (var (seed, failure) in failures) Assert.Fail($"Seed {seed}: {failure}\n\nReplay it with FRESNEL_SEED={seed} FRESNEL_RUNS=1.");
        TestContext.Current.TestOutputHelper?.WriteLine($"Seeds {first} to {first + runs - 1} in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s: {total}");
        // One alone need not see everything.
        if (runs >= Runs) Assert.All(total.All, one => Assert.True(one.Count > 0, $"{one.Name} was never seen, from seed {first} on."));
    }

    [Fact]
    public void The_same_seed_goes_the_same_way_twice()
    {
        var seed = Setting("FRESNEL_SEED", Environment.TickCount & 0xfffffff);
        var worlds = new[] { new World(seed), new World(seed) };
        foreach (var world in worlds) world.Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}: {worlds[0].Course.Steps} steps, sum {worlds[0].Course.Sum:x16}");
        Assert.Equal((worlds[0].Course.Steps, worlds[0].Course.Sum), (worlds[1].Course.Steps, worlds[1].Course.Sum));
    }

    private static Exception? Live(int seed, WorldCounts total)
    {
        var world = new World(seed);
        try
        {
            world.Run();
        }
        catch (Exception failure)
        {
            return failure;
        }

        lock (total) total.Add(world.Counts);
        // Where the store refuses much, no checkpoint may come to its end; over all worlds some do.
        return world.Counts is { Crashes: > 0, Evictions: > 0, Backfills: > 0 } ? null : new InvalidOperationException($"Too little happened: {world.Counts}");
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var given) ? given : otherwise;
}
