namespace Fresnel.Simulation.Histories;

/// <summary>Who must stand before whom. Nodes below <see cref="Transactions"/> are transactions; the others are waypoints, which keep the number of arrows linear.</summary>
internal sealed class DependencyGraph(int transactions)
{
    private readonly List<Dependency> _arrows = [];
    private Dependency[] _sorted = [];
    private int[] _starts = [];

    public int Transactions { get; } = transactions;

    public int Nodes { get; private set; } = transactions;

    public int AddWaypoint() => Nodes++;

    public void Add(int from, int to, DependencyKind kind, string key = "")
    {
        if (from != to) _arrows.Add(new(from, to, kind, key));
    }

    /// <summary>Sorts the arrows by where they start. None is added afterwards.</summary>
    public void Seal()
    {
        _starts = new int[Nodes + 1];
        foreach (var arrow in _arrows) _starts[arrow.From + 1]++;
        for (var i = 0; i < Nodes; i++) _starts[i + 1] += _starts[i];
        var next = _starts.AsSpan(0, Nodes).ToArray();
        _sorted = new Dependency[_arrows.Count];
        foreach (var arrow in _arrows) _sorted[next[arrow.From]++] = arrow;
    }

    public ReadOnlySpan<Dependency> From(int node) => _sorted.AsSpan(_starts[node].._starts[node + 1]);
}
