namespace Fresnel.Simulation.Worlds;

/// <summary>What a seed decides, through all lives of a world, and a sum over it: two courses with the same sum went the same way.</summary>
internal sealed class Course(int seed)
{
    private const ulong Prime = 1_099_511_628_211;

    public int Seed => seed;

    /// <summary>Decides which step comes next, and nothing else: so a world stays comparable when its clients change.</summary>
    public Random Die { get; } = new(seed);

    /// <summary>Steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>The sum.</summary>
    public ulong Sum { get; private set; } = 14_695_981_039_346_656_037;

    /// <summary>A source of chance of its own for a part of the world.</summary>
    public Random Split(int part) => new(unchecked(seed * 486_187_739 + part * 92_821 + 17));

    public void CountStep() => Steps++;

    public void Note(long what) => Sum = unchecked((Sum ^ (ulong)what) * Prime);

    public void Note(ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes) Note(one);
    }
}
