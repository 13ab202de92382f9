using System.Text;

namespace Fresnel.Simulation.Histories;

/// <summary>Whether a history can be told as one transaction after another, in an order that agrees with time: strict serialisability, seen from outside.</summary>
/// <remarks>
/// <code>
///   1  per key, gather who wrote and who read what; a transaction must agree with itself
///   2  who was never answered but seen, is in
///   3  per key, infer the order of versions, and from it who stands before whom
///   4  add the order of sessions and of time
///   5  whatever stands before itself is a cycle; the shortest and plainest of each component is named and told
/// </code>
/// The cost is linear in the operations and the values read (readers times rows for ranges). A history without an anomaly costs one pass over the graph.
/// </remarks>
internal static class HistoryChecker
{
    /// <summary>Cycles that are told.</summary>
    private const int MostCycles = 20;

    /// <summary>All that is wrong with a history; none when it is strictly serialisable as far as can be seen.</summary>
    /// <exception cref="ArgumentException">The history cannot be checked: a value was written twice to one key, or a key is used as two kinds of thing.</exception>
    public static IReadOnlyList<Anomaly> Check(History history)
    {
        var findings = new Findings(history);
        var keys = Gather(history, findings);
        foreach (var key in keys) key.MarkSeen(findings);
        foreach (var key in keys) key.Connect(findings);
        TimeOrder.Connect(findings);
        findings.Graph.Seal();
        var ranges = keys.OfType<RowsHistory>().Select(range => range.Key).ToHashSet();
        foreach (var cycle in new CycleSearch(findings.Graph).Find().Take(MostCycles)) findings.Report(CycleSearch.Classify(cycle, ranges), Tell(cycle, findings));
        return [.. findings.Anomalies.OrderBy(anomaly => anomaly.Kind)];
    }

    private static List<KeyHistory> Gather(History history, Findings findings)
    {
        var keys = new Dictionary<string, KeyHistory>();
        for (var i = 0; i < history.Transactions.Count; i++)
        {
            foreach (var operation in history.Transactions[i].Operations)
            {
                if (!keys.TryGetValue(operation.Key, out var key)) keys.Add(operation.Key, key = Make(operation, history));
                if (!Fits(key, operation)) throw new ArgumentException($"{operation.Key} is used as two kinds of thing: {operation} by {History.NameOf(i)}.");
                key.Add(i, operation, findings);
            }
        }

        return [.. keys.Values];
    }

    private static KeyHistory Make(Operation operation, History history) => operation switch
    {
        Append or ReadList => new ListHistory(operation.Key),
        AddRow or ReadRows => new RowsHistory(operation.Key),
        _ => new RegisterHistory(operation.Key, history.VersionOrders.GetValueOrDefault(operation.Key)),
    };

    private static bool Fits(KeyHistory key, Operation operation) => operation switch
    {
        Append or ReadList => key is ListHistory,
        AddRow or ReadRows => key is RowsHistory,
        _ => key is RegisterHistory,
    };

    private static string Tell(Dependency[] cycle, Findings findings)
    {
        var text = new StringBuilder();
        foreach (var arrow in cycle)
        {
            var (from, to) = (History.NameOf(arrow.From), History.NameOf(arrow.To));
            text.Append(text.Length == 0 ? "" : "; but ").Append(arrow.Kind switch
            {
                DependencyKind.WriteWrite => $"{from} wrote {arrow.Key} before {to} did",
                DependencyKind.WriteRead => $"{to} read in {arrow.Key} what {from} wrote",
                DependencyKind.ReadWrite => $"{from} did not see in {arrow.Key} what {to} wrote",
                DependencyKind.Session => $"{from} came before {to} in session {arrow.Key}",
                _ => $"{from} was answered before {to} began",
            });
        }

        text.Append('.');
        foreach (var arrow in cycle) text.Append("\n  ").Append(findings.Show(arrow.From));
        return text.ToString();
    }
}
