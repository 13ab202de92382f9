namespace Fresnel.Simulation.Histories;

/// <summary>All that happened to one key, gathered transaction by transaction; then what follows from it.</summary>
internal abstract class KeyHistory(string key)
{
    private readonly Dictionary<long, int> _writers = [];
    private readonly Dictionary<int, long> _last = [];

    public string Key => key;

    /// <summary>By value, who wrote it, whatever became of him.</summary>
    protected IReadOnlyDictionary<long, int> Writers => _writers;

    /// <summary>The next operation on this key; those of one transaction come one after another.</summary>
    public abstract void Add(int transaction, Operation operation, Findings findings);

    /// <summary>Marks whose writes were seen.</summary>
    public abstract void MarkSeen(Findings findings);

    /// <summary>Adds the dependencies over this key, and reports what is wrong on its face.</summary>
    public abstract void Connect(Findings findings);

    protected void Wrote(int transaction, long value)
    {
        if (!_writers.TryAdd(value, transaction)) throw new ArgumentException($"{key} was given {value} twice, so nobody can tell who wrote what: by {History.NameOf(_writers[value])} and {History.NameOf(transaction)}.");
        _last[transaction] = value;
    }

    protected void MarkSeen(IEnumerable<long> values, Findings findings)
    {
        foreach (var value in values)
        {
            if (_writers.TryGetValue(value, out var writer)) findings.Saw(writer);
        }
    }

    /// <summary>Whether a value may be read at all; reports it when not.</summary>
    protected bool MayBeRead(int reader, long value, Findings findings)
    {
        if (!_writers.TryGetValue(value, out var writer)) findings.Report(AnomalyKind.ReadFromNowhere, $"{History.NameOf(reader)} read {value} in {key}, which nobody wrote.\n  {findings.Show(reader)}");
        else if (!findings.IsIn(writer)) findings.Report(AnomalyKind.AbortedRead, $"{History.NameOf(reader)} read {value} in {key}, which {History.NameOf(writer)} wrote and took back.\n  {findings.Show(writer)}\n  {findings.Show(reader)}");
        else return true;
        return false;
    }

    /// <summary>A value that was there before the reader wrote must be another's, and what that one left behind; reports it when not.</summary>
    protected void RequireFinal(int reader, long value, Findings findings)
    {
        var writer = _writers[value];
        if (writer == reader) findings.Report(AnomalyKind.InternalInconsistency, $"{History.NameOf(reader)} read {value} in {key} before it wrote it.\n  {findings.Show(reader)}");
        else if (_last[writer] != value) findings.Report(AnomalyKind.IntermediateRead, $"{History.NameOf(reader)} read {value} in {key}, which {History.NameOf(writer)} had not finished: {_last[writer]} came behind.\n  {findings.Show(writer)}\n  {findings.Show(reader)}");
    }

    protected static void ReportInternal(int transaction, Operation operation, string expected, Findings findings) =>
        findings.Report(AnomalyKind.InternalInconsistency, $"{History.NameOf(transaction)} read {operation} where it must have seen {expected}.\n  {findings.Show(transaction)}");
}
