namespace Fresnel.Simulation.Histories;

/// <summary>What is inferred from a history: the graph, and what is wrong on its face.</summary>
internal sealed class Findings(History history)
{
    /// <summary>Anomalies of one kind that are told; the rest is as wrong.</summary>
    private const int MostOfAKind = 20;

    private readonly Dictionary<AnomalyKind, int> _counts = [];
    private readonly bool[] _isSeen = new bool[history.Transactions.Count];

    public DependencyGraph Graph { get; } = new(history.Transactions.Count);

    public List<Anomaly> Anomalies { get; } = [];

    public HistoryTransaction this[int transaction] => history.Transactions[transaction];

    public int Count => history.Transactions.Count;

    /// <summary>Somebody saw what it wrote; so it is in, if that was not known.</summary>
    public void Saw(int writer) => _isSeen[writer] = true;

    /// <summary>Whether it takes part: it was committed, or never answered but seen.</summary>
    public bool IsIn(int transaction) => history.Transactions[transaction].Outcome switch
    {
        HistoryOutcome.Committed => true,
        HistoryOutcome.Aborted => false,
        _ => _isSeen[transaction],
    };

    public void Report(AnomalyKind kind, string text)
    {
        var count = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        if (count <= MostOfAKind) Anomalies.Add(new(kind, text));
    }

    /// <summary>A transaction as a report shows it.</summary>
    public string Show(int transaction) => $"{History.NameOf(transaction)} {history.Transactions[transaction]}";
}
