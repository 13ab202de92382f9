namespace Fresnel.Bench.Engine;

/// <summary>Which account comes next: all alike, by Zipf's law, or always the same.</summary>
internal sealed class Keys
{
    private readonly double[]? _cumulated;
    private readonly int _count;

    private Keys(int count, double[]? cumulated) => (_count, _cumulated) = (count, cumulated);

    public static Keys Uniform(int count) => new(count, null);

    /// <param name="count">How many keys there are.</param>
    /// <param name="exponent">The greater, the more the first keys are preferred.</param>
    public static Keys Zipf(int count, double exponent)
    {
        var cumulated = new double[count];
        var sum = 0.0;
        for (var i = 0; i < count; i++) cumulated[i] = sum += 1 / Math.Pow(i + 1, exponent);
        for (var i = 0; i < count; i++) cumulated[i] /= sum;
        return new(count, cumulated);
    }

    public int Next(Random random)
    {
        if (_cumulated is null) return random.Next(_count);
        var at = Array.BinarySearch(_cumulated, random.NextDouble());
        return Math.Min(at < 0 ? ~at : at, _count - 1);
    }
}
