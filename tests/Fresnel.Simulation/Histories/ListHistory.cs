using static Fresnel.Simulation.Histories.DependencyKind;

namespace Fresnel.Simulation.Histories;

/// <summary>A list that grows at its end. Whoever reads it reads its whole past, so the longest list that was read is the order of its versions.</summary>
internal sealed class ListHistory(string key) : KeyHistory(key)
{
    private readonly List<Reading> _readings = [];
    private readonly Dictionary<long, int> _places = [];
    private readonly List<long> _own = [];
    private int _current = -1;
    private long[]? _before;

    public override void Add(int transaction, Operation operation, Findings findings)
    {
        if (transaction != _current)
        {
            (_current, _before) = (transaction, null);
            _own.Clear();
        }

        if (operation is Append append)
        {
            Wrote(transaction, append.Value);
            _places.Add(append.Value, _places.Count);
            _own.Add(append.Value);
            return;
        }

        if (findings[transaction].Outcome != HistoryOutcome.Committed) return;
        var values = ((ReadList)operation).Values;
        var others = values.Length - _own.Count;
        if (others < 0 || !values.AsSpan(others).SequenceEqual(_own.ToArray())) ReportInternal(transaction, operation, $"its own {string.Join(',', _own)} at the end", findings);
        else if (_before is not null && !values.AsSpan(0, others).SequenceEqual(_before)) ReportInternal(transaction, operation, $"{string.Join(',', _before)} of others, as before", findings);
        else
        {
            _before ??= values[..others];
            _readings.Add(new(transaction, values, others));
        }
    }

    public override void MarkSeen(Findings findings)
    {
        foreach (var reading in _readings) MarkSeen(reading.Values, findings);
    }

    public override void Connect(Findings findings)
    {
        var longest = _readings.Count == 0 ? new(-1, [], 0) : _readings.MaxBy(reading => reading.Values.Length);
        var positions = Inspect(longest, findings);
        int[] writers = [.. longest.Values.Select(value => Writers.TryGetValue(value, out var writer) && findings.IsIn(writer) ? writer : -1)];
        var previous = -1;
        for (var i = 0; i < writers.Length; i++)
        {
            if (writers[i] < 0) continue;
            if (previous >= 0) findings.Graph.Add(previous, writers[i], WriteWrite, Key);
            if (i > 0 && previous == writers[i]) RequireOwnOrder(longest, i, findings);
            previous = writers[i];
        }

        int[] unseen = [.. Writers.Where(written => findings.IsIn(written.Value) && !positions.Contains(written.Key)).Select(written => written.Value).Distinct()];
        if (previous >= 0)
        {
            foreach (var writer in unseen) findings.Graph.Add(previous, writer, WriteWrite, Key);
        }

        Connect(longest, writers, unseen, findings);
    }

    private void Connect(Reading longest, int[] writers, int[] unseen, Findings findings)
    {
        var beyond = unseen.Length == 0 ? -1 : findings.Graph.AddWaypoint();
        foreach (var writer in unseen) findings.Graph.Add(beyond, writer, Through);
        foreach (var reading in _readings)
        {
            var (reader, values, others) = reading;
            if (!values.AsSpan().SequenceEqual(longest.Values.AsSpan(0, values.Length)))
            {
                findings.Report(AnomalyKind.DivergentLists, $"{History.NameOf(reader)} and {History.NameOf(longest.Reader)} read lists in {Key} of which neither begins with the other.\n  {findings.Show(reader)}\n  {findings.Show(longest.Reader)}");
                Inspect(reading, findings);
                continue;
            }

            if (others > 0 && writers[others - 1] is >= 0 and var last)
            {
                RequireFinal(reader, values[others - 1], findings);
                findings.Graph.Add(last, reader, WriteRead, Key);
            }

            var next = others;
            while (next < writers.Length && writers[next] < 0) next++;
            if (next < writers.Length) findings.Graph.Add(reader, writers[next], ReadWrite, Key);
            else if (!unseen.Contains(reader))
            {
                if (beyond >= 0) findings.Graph.Add(reader, beyond, ReadWrite, Key);
            }
            else
            {
                foreach (var writer in unseen) findings.Graph.Add(reader, writer, ReadWrite, Key);
            }
        }
    }

    /// <summary>What one transaction appended stands in the order in which it did so.</summary>
    private void RequireOwnOrder(Reading reading, int at, Findings findings)
    {
        var (first, second) = (reading.Values[at - 1], reading.Values[at]);
        if (!_places.TryGetValue(first, out var before) || before <= _places[second]) return;
        findings.Report(AnomalyKind.DirtyWrite, $"{History.NameOf(Writers[second])} appended {second} to {Key} before {first}, and they stand the other way round.\n  {findings.Show(Writers[second])}\n  {findings.Show(reading.Reader)}");
    }

    /// <summary>Looks at each value of a list; returns those that there are.</summary>
    private HashSet<long> Inspect(Reading reading, Findings findings)
    {
        var values = new HashSet<long>();
        foreach (var value in reading.Values)
        {
            if (!values.Add(value)) findings.Report(AnomalyKind.DuplicateElement, $"{History.NameOf(reading.Reader)} read {value} twice in {Key}.\n  {findings.Show(reading.Reader)}");
            else MayBeRead(reading.Reader, value, findings);
        }

        return values;
    }

    /// <summary>A list that was read.</summary>
    /// <param name="Reader">Who read it.</param>
    /// <param name="Values">All of it.</param>
    /// <param name="Others">How many of the values are of others; the reader's own stand behind.</param>
    private readonly record struct Reading(int Reader, long[] Values, int Others);
}
