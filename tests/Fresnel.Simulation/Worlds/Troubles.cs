namespace Fresnel.Simulation.Worlds;

/// <summary>What the store of one life does to it. One in so many calls; zero for never.</summary>
/// <param name="Slow">The most milliseconds that an append takes before it is done, and again until that is told.</param>
/// <param name="RefusedIn">Appends that are refused.</param>
/// <param name="UnknownIn">Appends whose answer is lost, half of them done.</param>
/// <param name="PageFailsIn">Calls for pages that are refused; reading is refused more rarely.</param>
/// <param name="SyncFailsAt">The append whose sync fails; zero for none.</param>
internal sealed record Troubles(int Slow, int RefusedIn, int UnknownIn, int PageFailsIn, int SyncFailsAt)
{
    public static Troubles None { get; } = new(1, 0, 0, 0, 0);

    public static Troubles Choose(Random random, bool syncFails) => new(
        random.Next(1, 6), random.Next(2) == 0 ? 0 : random.Next(10, 40), random.Next(2) == 0 ? 0 : random.Next(15, 60), random.Next(3) == 0 ? random.Next(20, 60) : 0,
        syncFails ? random.Next(5, 25) : 0);
}
