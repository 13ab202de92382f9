using static Fresnel.Simulation.Histories.DependencyKind;

namespace Fresnel.Simulation.Histories;

/// <summary>The rows of a range of an index, to which rows are added without anybody reading it: where phantoms live.</summary>
/// <remarks>Each reader stands behind those whose rows it saw, and before all others; the cost is readers times rows, so a range should have few.</remarks>
internal sealed class RowsHistory(string key) : KeyHistory(key)
{
    private readonly List<(int Reader, HashSet<long> Rows)> _readings = [];
    private readonly List<long> _own = [];
    private int _current = -1;
    private HashSet<long>? _before;

    public override void Add(int transaction, Operation operation, Findings findings)
    {
        if (transaction != _current)
        {
            (_current, _before) = (transaction, null);
            _own.Clear();
        }

        if (operation is AddRow added)
        {
            Wrote(transaction, added.Value);
            _own.Add(added.Value);
            return;
        }

        if (findings[transaction].Outcome != HistoryOutcome.Committed) return;
        var rows = new HashSet<long>();
        foreach (var row in ((ReadRows)operation).Values)
        {
            if (!rows.Add(row)) findings.Report(AnomalyKind.DuplicateElement, $"{History.NameOf(transaction)} read {row} twice in {Key}.\n  {findings.Show(transaction)}");
        }

        if (!rows.IsSupersetOf(_own)) ReportInternal(transaction, operation, $"its own {string.Join(',', _own)}", findings);
        rows.ExceptWith(_own);
        if (_before is not null && !_before.SetEquals(rows)) ReportInternal(transaction, operation, $"{string.Join(',', _before)} of others, as before", findings);
        else if (_before is null)
        {
            _before = rows;
            _readings.Add((transaction, rows));
        }
    }

    public override void MarkSeen(Findings findings)
    {
        foreach (var (_, rows) in _readings) MarkSeen(rows, findings);
    }

    public override void Connect(Findings findings)
    {
        (long Row, int Writer)[] added = [.. Writers.Where(written => findings.IsIn(written.Value)).Select(written => (written.Key, written.Value))];
        foreach (var (reader, rows) in _readings)
        {
            foreach (var row in rows)
            {
                if (!MayBeRead(reader, row, findings)) continue;
                if (Writers[row] == reader) findings.Report(AnomalyKind.InternalInconsistency, $"{History.NameOf(reader)} read {row} in {Key} before it added it.\n  {findings.Show(reader)}");
                findings.Graph.Add(Writers[row], reader, WriteRead, Key);
            }

            foreach (var (row, writer) in added)
            {
                if (!rows.Contains(row)) findings.Graph.Add(reader, writer, ReadWrite, Key);
            }
        }
    }
}
