namespace Fresnel.Simulation.Workloads;

/// <summary>Looks at other hot lists each time it is run, so that it loses again although it was let before; in the end everybody must wait for it.</summary>
internal sealed class RestlessWorkload(string prefix = "restless") : Workload
{
    private const int Names = 4, LongList = 30;
    private readonly int[] _appends = new int[Names];

    public override Plan Next(Random random)
    {
        var (count, again) = (random.Next(2, 5), random.Next());
        return new(false, async transaction =>
        {
            var run = new Random(again++);
            for (var i = 0; i < count; i++) await transaction.ReadListAsync(Name(run.Next(Names)));
            var name = run.Next(Names);
            var key = Name(name);
            _appends[name]++;
            await transaction.AppendAsync(key);
        });
    }

    public override async ValueTask ReadAllAsync(ClientTransaction transaction)
    {
        for (var name = 0; name < Names; name++)
        {
            for (var age = 0; age <= _appends[name] / LongList; age++) await transaction.ReadListAsync($"{prefix}{name}.{age}");
        }
    }

    private string Name(int name) => $"{prefix}{name}.{_appends[name] / LongList}";
}
