namespace Fresnel.Simulation.Workloads;

/// <summary>Many registers that are there from the beginning, read and written a few at a time: work for indexes that are being filled, and for pages.</summary>
internal sealed class StockWorkload : Workload
{
    public const int Articles = 520;

    public override async ValueTask PrepareAsync(ClientTransaction transaction)
    {
        for (var i = 0; i < Articles; i++) await transaction.WriteAsync(Name(i), i);
    }

    public override Plan Next(Random random)
    {
        var steps = new (bool Writes, int Article)[random.Next(1, 5)];
        for (var i = 0; i < steps.Length; i++) steps[i] = (random.Next(3) != 0, random.Next(Articles));
        var amount = random.Next(Articles);
        return new(!Array.Exists(steps, step => step.Writes), async transaction =>
        {
            foreach (var (writes, article) in steps)
            {
                if (writes) await transaction.WriteAsync(Name(article), amount);
                else await transaction.ReadAsync(Name(article));
            }
        });
    }

    public override async ValueTask ReadAllAsync(ClientTransaction transaction) => await transaction.ReadRegistersAsync("stock", "stocl");

    public static string Name(int article) => $"stock{article}";
}
