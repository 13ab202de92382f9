namespace Fresnel.Simulation.Histories;

/// <summary>Tries all orders: what the checker must agree with, on histories so small that this ends.</summary>
internal sealed class SerialSearch(History history)
{
    private readonly Dictionary<string, List<long>> _state = [];
    private readonly bool[] _placed = new bool[history.Transactions.Count];

    /// <summary>Whether the history can be told as one transaction after another, in an order that agrees with time and sessions.</summary>
    public bool Exists()
    {
        if (Enumerable.Range(0, _placed.Length).All(one => _placed[one] || history.Transactions[one].Outcome != HistoryOutcome.Committed)) return true;
        for (var one = 0; one < _placed.Length; one++)
        {
            if (_placed[one] || history.Transactions[one].Outcome == HistoryOutcome.Aborted || !MayBeNext(one)) continue;
            _placed[one] = true;
            if (Apply(history.Transactions[one], out var applied) && Exists()) return true;
            while (applied.TryPop(out var key)) _state[key].RemoveAt(_state[key].Count - 1);
            _placed[one] = false;
        }

        return false;
    }

    private bool MayBeNext(int candidate)
    {
        var transaction = history.Transactions[candidate];
        for (var other = 0; other < _placed.Length; other++)
        {
            var waiting = history.Transactions[other];
            if (_placed[other] || other == candidate || waiting.Outcome != HistoryOutcome.Committed) continue;
            if (waiting.Answered < transaction.Began || (other < candidate && waiting.Session == transaction.Session)) return false;
        }

        return true;
    }

    private bool Apply(HistoryTransaction transaction, out Stack<string> applied)
    {
        applied = new();
        foreach (var operation in transaction.Operations)
        {
            if (!_state.TryGetValue(operation.Key, out var values)) _state.Add(operation.Key, values = []);
            long? written = operation switch { Append append => append.Value, Write write => write.Value, AddRow row => row.Value, _ => null };
            if (written is { } value)
            {
                values.Add(value);
                applied.Push(operation.Key);
            }
            else if (transaction.Outcome == HistoryOutcome.Committed && !Sees(operation, values)) return false;
        }

        return true;
    }

    private static bool Sees(Operation operation, List<long> values) => operation switch
    {
        ReadList list => values.SequenceEqual(list.Values),
        ReadRows rows => values.Order().SequenceEqual(rows.Values.Order()),
        _ => ((Read)operation).Value == (values.Count == 0 ? null : values[^1]),
    };
}
