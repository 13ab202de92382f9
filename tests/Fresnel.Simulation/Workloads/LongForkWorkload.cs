namespace Fresnel.Simulation.Workloads;

/// <summary>Each register is written once and alone, while others read the newest few: all must see them appear in one order.</summary>
internal sealed class LongForkWorkload : Workload
{
    private int _written, _readers;

    public override Plan Next(Random random)
    {
        if (random.Next(3) == 0)
        {
            var key = Name(Interlocked.Increment(ref _written));
            return new(false, transaction => transaction.WriteAsync(key, 1));
        }

        // One above the newest may appear at any moment; they are read in any order.
        var newest = Volatile.Read(ref _written) + 1;
        string[] keys = [.. Enumerable.Range(0, 5).Select(back => Name(newest - back))];
        random.Shuffle(keys);
        // Some write down that they looked, so that what they read must still be so when they commit.
        var writes = random.Next(3) == 0;
        var own = $"seen{Interlocked.Increment(ref _readers)}";
        return new(!writes, async transaction =>
        {
            foreach (var key in keys) await transaction.ReadAsync(key);
            if (writes) await transaction.WriteAsync(own, 1);
        });
    }

    public override async ValueTask ReadAllAsync(ClientTransaction transaction)
    {
        for (var i = 0; i <= _written; i++) await transaction.ReadAsync(Name(i));
    }

    private static string Name(int number) => $"once{number}";
}
