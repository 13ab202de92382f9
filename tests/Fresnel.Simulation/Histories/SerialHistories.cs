namespace Fresnel.Simulation.Histories;

/// <summary>Histories that are right because they were made one transaction after another; the clients' clocks are then drawn apart around each, so that they look concurrent.</summary>
internal static class SerialHistories
{
    /// <summary>Time between two transactions.</summary>
    private const int Pace = 10;

    /// <param name="random">Chance.</param>
    /// <param name="transactions">How many, besides the last ones.</param>
    /// <param name="keys">Keys of each sort.</param>
    /// <param name="clients">About how many are at work at once.</param>
    /// <param name="readsAllAtLast">Whether two transactions read all lists when all else is answered, so that the order of all appends is known.</param>
    public static History Make(Random random, int transactions, int keys, int clients, bool readsAllAtLast = true)
    {
        var state = new SerialState();
        var made = new List<HistoryTransaction>();
        var sessions = new List<long>();
        var last = 0L;
        for (var i = 0; i < transactions; i++)
        {
            var now = (i + 1L) * Pace;
            var session = sessions.FindIndex(busyUntil => busyUntil < now - 1);
            if (session < 0)
            {
                session = sessions.Count;
                sessions.Add(-1);
            }

            var outcome = random.Next(20) switch { 0 => HistoryOutcome.Aborted, 1 => HistoryOutcome.Unknown, _ => HistoryOutcome.Committed };
            var applies = outcome == HistoryOutcome.Committed || (outcome == HistoryOutcome.Unknown && random.Next(2) == 0);
            var operations = state.Run(RandomSteps(random, keys), applies);
            var began = Math.Max(sessions[session] + 1, now - random.Next(1, clients * Pace));
            var answered = outcome == HistoryOutcome.Unknown ? HistoryTransaction.Never : now + random.Next(1, clients * Pace);
            sessions[session] = answered;
            if (outcome != HistoryOutcome.Unknown) last = Math.Max(last, answered);
            made.Add(new($"s{session}", outcome, began, answered, operations));
        }

        for (var i = 0; readsAllAtLast && i < 2; i++)
            made.Add(new($"last{i}", HistoryOutcome.Committed, last + 10 + i, last + 20, state.Run([.. Enumerable.Range(0, keys).Select(key => ('l', key))], applies: true)));
        return new([.. made.OrderBy(transaction => transaction.Began)]);
    }

    private static List<(char Step, int Key)> RandomSteps(Random random, int keys)
    {
        var steps = new List<(char, int)>();
        for (var count = random.Next(1, 5); count > 0; count--) steps.Add(("llLLrwuSs"[random.Next(9)], random.Next(keys)));
        return steps;
    }

    /// <summary>Lists, registers and ranges, without any concurrency.</summary>
    private sealed class SerialState
    {
        private readonly Dictionary<string, List<long>> _keys = [];
        private long _value;

        public List<Operation> Run(List<(char Step, int Key)> steps, bool applies)
        {
            var operations = new List<Operation>();
            var undo = new Dictionary<string, List<long>>();
            foreach (var (step, number) in steps)
            {
                var key = $"{char.ToLowerInvariant(step) switch { 'l' => 'x', 's' => 's', _ => 'r' }}{number}";
                if (!_keys.TryGetValue(key, out var values)) _keys.Add(key, values = []);
                undo.TryAdd(key, [.. values]);
                if (step is 'r' or 'u') operations.Add(new Read(key, values.Count == 0 ? null : values[^1]));
                if (step is 'l') operations.Add(new ReadList(key, [.. values]));
                if (step is 's') operations.Add(new ReadRows(key, [.. values]));
                if (step is 'r' or 'l' or 's') continue;
                values.Add(++_value);
                operations.Add(step switch { 'L' => new Append(key, _value), 'S' => new AddRow(key, _value), _ => new Write(key, _value) });
            }

            if (applies) return operations;
            foreach (var (key, values) in undo) _keys[key] = values;
            return operations;
        }
    }
}
