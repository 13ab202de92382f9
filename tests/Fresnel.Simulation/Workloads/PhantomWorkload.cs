namespace Fresnel.Simulation.Workloads;

/// <summary>Counts the rows of a range of an index and adds one there or elsewhere: what was not there when somebody looked must not be there for those he stands before.</summary>
internal sealed class PhantomWorkload : Workload
{
    private const int Ranges = 12, ManyRows = 24;
    private readonly int[] _rows = new int[Ranges];
    private int _highest;

    public override Plan Next(Random random)
    {
        var (first, second) = (random.Next(Ranges), random.Next(Ranges));
        if (random.Next(5) == 0)
        {
            int[] ranges = [Current(first), Current(second)];
            var descending = random.Next(2) == 0;
            return new(true, async transaction =>
            {
                foreach (var range in ranges) await transaction.ReadRowsAsync(range, descending);
            });
        }

        Interlocked.Increment(ref _rows[second]);
        var (read, written, place, blind) = (Current(first), Current(second), random.Next(10), random.Next(4) == 0);
        return new(false, async transaction =>
        {
            if (!blind) await transaction.ReadRowsAsync(read, descending: false);
            await transaction.AddRowAsync(written, place);
        });
    }

    public override async ValueTask ReadAllAsync(ClientTransaction transaction)
    {
        for (var range = 0; range <= _highest; range++) await transaction.ReadRowsAsync(range, descending: false);
    }

    /// <summary>A range that is full is left for a new one.</summary>
    private int Current(int range)
    {
        var current = range + Volatile.Read(ref _rows[range]) / ManyRows * Ranges;
        int highest;
        while ((highest = Volatile.Read(ref _highest)) < current) Interlocked.CompareExchange(ref _highest, current, highest);
        return current;
    }
}
