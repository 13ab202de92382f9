using System.Collections.Concurrent;

namespace Fresnel.Simulation.Workloads;

/// <summary>Appends to lists and reads them, one to four in a transaction; few lists are very hot. A list that has grown long is left for a new one.</summary>
internal sealed class ListAppendWorkload : Workload
{
    private const int Names = 24, LongList = 40;
    private readonly Zipf _zipf = new(Names, 1.2);
    private readonly int[] _appends = new int[Names];
    private readonly ConcurrentDictionary<string, bool> _keys = new();

    public override Plan Next(Random random)
    {
        var steps = new List<(bool Appends, string Key)>();
        var onlyReads = random.Next(4) == 0;
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            var name = _zipf.Next(random);
            var appends = !onlyReads && random.Next(2) == 0;
            var age = appends ? Interlocked.Increment(ref _appends[name]) : Volatile.Read(ref _appends[name]);
            var key = $"x{name}.{age / LongList}";
            _keys[key] = true;
            steps.Add((appends, key));
        }

        return new(onlyReads, async transaction =>
        {
            foreach (var (appends, key) in steps)
            {
                if (appends) await transaction.AppendAsync(key);
                else await transaction.ReadListAsync(key);
            }
        });
    }

    public override async ValueTask ReadAllAsync(ClientTransaction transaction)
    {
        foreach (var key in _keys.Keys.Order(StringComparer.Ordinal)) await transaction.ReadListAsync(key);
    }
}
