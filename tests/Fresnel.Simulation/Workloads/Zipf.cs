namespace Fresnel.Simulation.Workloads;

/// <summary>Numbers from zero up, the first by far the most often: the way that keys are hot in life.</summary>
internal sealed class Zipf
{
    private readonly double[] _sums;

    /// <param name="count">How many numbers.</param>
    /// <param name="skew">Zero for all alike; one and more for few that are very hot.</param>
    public Zipf(int count, double skew)
    {
        _sums = new double[count];
        var sum = 0.0;
        for (var i = 0; i < count; i++) _sums[i] = sum += 1 / Math.Pow(i + 1, skew);
    }

    public int Next(Random random)
    {
        var found = Array.BinarySearch(_sums, random.NextDouble() * _sums[^1]);
        return Math.Min(found < 0 ? ~found : found, _sums.Length - 1);
    }
}
