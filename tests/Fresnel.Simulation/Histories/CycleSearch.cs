using static Fresnel.Simulation.Histories.DependencyKind;

namespace Fresnel.Simulation.Histories;

/// <summary>Finds in each component the cycle that tells the most: first without anti-dependencies, then with one, then with more; and last with time.</summary>
internal sealed class CycleSearch(DependencyGraph graph)
{
    /// <summary>Arrows to start from in one component and pass; there may be more cycles, but who has seen this many has seen the shape.</summary>
    private const int MostStarts = 500;

    private const DependencyKind InTime = Time | Session;

    /// <summary>What a cycle is begun with, and what it goes on with.</summary>
    private static readonly (DependencyKind Start, DependencyKind Onward)[] Passes =
    [
        (WriteWrite, WriteWrite),
        (WriteRead, WriteWrite | WriteRead),
        (ReadWrite, WriteWrite | WriteRead),
        (ReadWrite, WriteWrite | WriteRead | ReadWrite),
        (InTime, WriteWrite | WriteRead | InTime),
        (ReadWrite, WriteWrite | WriteRead | InTime),
        (ReadWrite, WriteWrite | WriteRead | ReadWrite | InTime),
    ];

    private readonly Dependency[] _cameBy = new Dependency[graph.Nodes];
    private readonly int[] _visit = new int[graph.Nodes];
    private readonly int[] _component = new int[graph.Nodes];
    private int _visits, _components;

    /// <summary>One cycle for each component, over transactions only: what led through waypoints is one arrow.</summary>
    public IEnumerable<Dependency[]> Find()
    {
        foreach (var component in Components.Find(graph, [.. Enumerable.Range(0, graph.Nodes)], (DependencyKind)~0))
        {
            foreach (var (start, rest) in Passes)
            {
                if (FindShortest(component, start, rest) is not { } cycle) continue;
                yield return cycle;
                break;
            }
        }
    }

    /// <summary>The name of a cycle.</summary>
    /// <param name="cycle">The cycle.</param>
    /// <param name="ranges">The keys that are ranges: nothing is replaced there, so nothing is lost.</param>
    public static AnomalyKind Classify(Dependency[] cycle, IReadOnlySet<string> ranges)
    {
        var anti = cycle.Count(arrow => arrow.Kind == ReadWrite);
        if (cycle.Any(arrow => (arrow.Kind & InTime) != 0))
            return anti switch { 0 => AnomalyKind.OrderAgainstTime, 1 => AnomalyKind.StaleRead, _ => AnomalyKind.SkewAgainstTime };
        if (anti == 0) return cycle.All(arrow => arrow.Kind == WriteWrite) ? AnomalyKind.DirtyWrite : AnomalyKind.CircularInformation;
        var sameKey = cycle.Length == 2 && cycle[0].Key == cycle[1].Key && !ranges.Contains(cycle[0].Key);
        if (sameKey && cycle.All(arrow => arrow.Kind is ReadWrite or WriteWrite)) return AnomalyKind.LostUpdate;
        if (anti == 1) return AnomalyKind.ReadSkew;
        if (cycle.Length == 2) return AnomalyKind.WriteSkew;
        var adjacent = cycle.Where((arrow, i) => arrow.Kind == ReadWrite && cycle[(i + 1) % cycle.Length].Kind == ReadWrite).Any();
        return adjacent ? AnomalyKind.AntiDependencyCycle : AnomalyKind.LongFork;
    }

    private Dependency[]? FindShortest(int[] within, DependencyKind start, DependencyKind rest)
    {
        Dependency[]? shortest = null;
        foreach (var component in Components.Find(graph, within, start | rest | Through))
        {
            _components++;
            foreach (var node in component) _component[node] = _components;
            var starts = component.SelectMany(node => graph.From(node).ToArray()).Where(arrow => (arrow.Kind & start) != 0 && _component[arrow.To] == _components);
            foreach (var arrow in starts.Take(MostStarts))
            {
                if (PathTo(arrow, rest) is { } cycle && (shortest is null || cycle.Length < shortest.Length)) shortest = cycle;
                if (shortest is { Length: 2 }) return shortest;
            }
        }

        return shortest;
    }

    /// <summary>The cycle that an arrow closes with as few transactions as can be: a breadth-first search to which waypoints are no step.</summary>
    private Dependency[]? PathTo(Dependency first, DependencyKind rest)
    {
        _visits++;
        var (level, next) = (new Stack<int>(), new Stack<int>());
        level.Push(first.To);
        _visit[first.To] = _visits;
        while (level.Count > 0)
        {
            while (level.TryPop(out var node))
            {
                foreach (var arrow in graph.From(node))
                {
                    // Out of a waypoint there is no choice of kind; into one, its own.
                    if ((arrow.Kind & (rest | Through)) == 0 || _component[arrow.To] != _components || _visit[arrow.To] == _visits) continue;
                    _visit[arrow.To] = _visits;
                    _cameBy[arrow.To] = arrow;
                    if (arrow.To == first.From) return Unwind(first);
                    (arrow.To < graph.Transactions ? next : level).Push(arrow.To);
                }
            }

            (level, next) = (next, level);
        }

        return null;
    }

    private Dependency[] Unwind(Dependency first)
    {
        var arrows = new List<Dependency>();
        for (var at = first.From; at != first.To; at = _cameBy[at].From) arrows.Add(_cameBy[at]);
        arrows.Add(first);
        arrows.Reverse();
        var cycle = new List<Dependency>();
        foreach (var arrow in arrows)
        {
            if (arrow.Kind == Through) cycle[^1] = cycle[^1] with { To = arrow.To };
            else cycle.Add(arrow);
        }

        // Told from its first transaction on.
        var start = cycle.IndexOf(cycle.MinBy(arrow => arrow.From));
        return [.. cycle[start..], .. cycle[..start]];
    }
}
