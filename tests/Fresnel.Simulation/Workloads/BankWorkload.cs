namespace Fresnel.Simulation.Workloads;

/// <summary>Moves money between accounts; whoever looks at all of them, at any time, sees the same sum.</summary>
internal sealed class BankWorkload : Workload
{
    private const int Accounts = 16, Start = 100;

    public override async ValueTask PrepareAsync(ClientTransaction transaction)
    {
        for (var i = 0; i < Accounts; i++) await transaction.WriteAsync(Name(i), Start);
    }

    public override Plan Next(Random random)
    {
        if (random.Next(5) == 0) return new(true, ReadAllAsync);
        var (from, to, amount) = (random.Next(Accounts), random.Next(Accounts - 1), random.Next(1, 30));
        if (to >= from) to++;
        return new(false, async transaction =>
        {
            var (payer, payee) = (await transaction.ReadAsync(Name(from)), await transaction.ReadAsync(Name(to)));
            if (payer < amount) return;
            await transaction.WriteAsync(Name(from), payer!.Value - amount);
            await transaction.WriteAsync(Name(to), payee!.Value + amount);
        });
    }

    public override async ValueTask ReadAllAsync(ClientTransaction transaction)
    {
        var sum = 0L;
        for (var i = 0; i < Accounts; i++) sum += await transaction.ReadAsync(Name(i)) ?? 0;
        if (sum != Accounts * Start) throw new InvalidDataException($"The accounts hold {sum}, not {Accounts * Start}.");
    }

    private static string Name(int account) => $"account{account}";
}
