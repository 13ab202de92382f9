namespace Fresnel.Simulation.Workloads;

/// <summary>Doctors go off duty when a colleague is on it: each reads both and writes one, so nothing is written twice and yet somebody must lose.</summary>
internal sealed class WriteSkewWorkload : Workload
{
    private const int Wards = 8;

    public override async ValueTask PrepareAsync(ClientTransaction transaction)
    {
        for (var ward = 0; ward < Wards; ward++)
        {
            await transaction.WriteAsync(Name(ward, 0), 1);
            await transaction.WriteAsync(Name(ward, 1), 1);
        }
    }

    public override Plan Next(Random random)
    {
        var (ward, doctor) = (random.Next(Wards), random.Next(2));
        if (random.Next(5) == 0) return new(true, transaction => LookAsync(transaction, ward));
        return new(false, async transaction =>
        {
            var (own, other) = (await transaction.ReadAsync(Name(ward, doctor)), await transaction.ReadAsync(Name(ward, 1 - doctor)));
            if (own == 0) await transaction.WriteAsync(Name(ward, doctor), 1);
            else if (other == 1) await transaction.WriteAsync(Name(ward, doctor), 0);
        });
    }

    public override async ValueTask ReadAllAsync(ClientTransaction transaction)
    {
        for (var ward = 0; ward < Wards; ward++) await LookAsync(transaction, ward);
    }

    private static async ValueTask LookAsync(ClientTransaction transaction, int ward)
    {
        var (first, second) = (await transaction.ReadAsync(Name(ward, 0)), await transaction.ReadAsync(Name(ward, 1)));
        if (first + second < 1) throw new InvalidDataException($"Nobody is on duty in ward {ward}.");
    }

    private static string Name(int ward, int doctor) => $"ward{ward}/{doctor}";
}
