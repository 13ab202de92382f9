namespace Fresnel.Simulation.Histories;

/// <summary>Strongly connected components by Tarjan's algorithm, without recursion: nodes of which each can reach each other over some kinds of dependency.</summary>
internal static class Components
{
    /// <summary>The components of more than one node.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="among">Where to look.</param>
    /// <param name="kinds">The arrows to follow.</param>
    public static List<int[]> Find(DependencyGraph graph, IReadOnlyCollection<int> among, DependencyKind kinds)
    {
        const int Unseen = -1, Elsewhere = int.MaxValue;
        var order = new int[graph.Nodes];
        Array.Fill(order, Elsewhere);
        foreach (var node in among) order[node] = Unseen;
        var low = new int[graph.Nodes];
        var isOpen = new bool[graph.Nodes];
        var open = new Stack<int>();
        var path = new Stack<(int Node, int Arrow)>();
        var found = new List<int[]>();
        var count = 0;
        foreach (var root in among)
        {
            if (order[root] == Unseen) Enter(root);
            while (path.TryPop(out var step))
            {
                var (node, at) = step;
                var arrows = graph.From(node);
                if (at > 0 && Follows(arrows[at - 1], kinds) && isOpen[arrows[at - 1].To]) low[node] = Math.Min(low[node], low[arrows[at - 1].To]);
                while (at < arrows.Length && !(Follows(arrows[at], kinds) && order[arrows[at].To] == Unseen))
                {
                    var to = arrows[at++].To;
                    if (Follows(arrows[at - 1], kinds) && order[to] != Elsewhere && isOpen[to]) low[node] = Math.Min(low[node], order[to]);
                }

                if (at < arrows.Length)
                {
                    path.Push((node, at + 1));
                    Enter(arrows[at].To);
                }
                else if (low[node] == order[node]) Close(node);
            }
        }

        return found;

        void Enter(int node)
        {
            order[node] = low[node] = count++;
            isOpen[node] = true;
            open.Push(node);
            path.Push((node, 0));
        }

        void Close(int root)
        {
            var component = new List<int>();
            int node;
            do
            {
                node = open.Pop();
                isOpen[node] = false;
                component.Add(node);
            }
            while (node != root);
            if (component.Count > 1) found.Add([.. component]);
        }
    }

    private static bool Follows(Dependency arrow, DependencyKind kinds) => (arrow.Kind & kinds) != 0;
}
