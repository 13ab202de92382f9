namespace Fresnel.Simulation.Workloads;

/// <summary>Takes a name when it is free; two must never have it.</summary>
internal sealed class UniqueWorkload : Workload
{
    /// <summary>A name is wanted about this often.</summary>
    private const int Wishes = 6;

    private int _plans;

    public override Plan Next(Random random)
    {
        var name = Name((Interlocked.Increment(ref _plans) + random.Next(2 * Wishes)) / Wishes);
        if (random.Next(6) == 0) return new(true, async transaction => await transaction.ReadAsync(name));
        return new(false, async transaction =>
        {
            if (await transaction.ReadAsync(name) is null) await transaction.WriteAsync(name, 1);
        });
    }

    public override async ValueTask ReadAllAsync(ClientTransaction transaction)
    {
        for (var i = 0; i <= (_plans + 2 * Wishes) / Wishes; i++) await transaction.ReadAsync(Name(i));
    }

    private static string Name(int number) => $"name{number}";
}
