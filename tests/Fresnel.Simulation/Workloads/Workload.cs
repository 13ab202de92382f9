namespace Fresnel.Simulation.Workloads;

/// <summary>What clients do. Used by all of them at once.</summary>
internal abstract class Workload
{
    /// <summary>Runs before all others.</summary>
    public virtual ValueTask PrepareAsync(ClientTransaction transaction) => default;

    /// <summary>Chooses what a client does next; it does the same in each run until it is in.</summary>
    public abstract Plan Next(Random random);

    /// <summary>Reads all that was written, when everything else is answered.</summary>
    public abstract ValueTask ReadAllAsync(ClientTransaction transaction);
}

/// <summary>What a client does in one transaction.</summary>
/// <param name="OnlyReads">Whether it may as well be a query.</param>
/// <param name="RunAsync">Does it; may run more than once. Throws <see cref="InvalidDataException"/> when it is shown what no snapshot may hold.</param>
internal sealed record Plan(bool OnlyReads, Func<ClientTransaction, ValueTask> RunAsync);
