using Fresnel.Engine;

namespace Fresnel.Simulation.Worlds;

/// <summary>Chance for ids and seeds of functions, from the world's seed.</summary>
internal sealed class SeededEntropy(Random random) : IEntropy
{
    public void Fill(Span<byte> bytes) => random.NextBytes(bytes);
}
