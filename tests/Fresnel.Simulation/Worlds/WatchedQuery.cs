using Fresnel.Engine.Transactions;
using Fresnel.Simulation.Histories;
using Fresnel.Simulation.Workloads;

namespace Fresnel.Simulation.Worlds;

/// <summary>A question that a session watches the answer of, or that is asked of a replica: both print it alike.</summary>
/// <param name="Text">Its kind and what it asks for: <c>registers a b</c>, <c>between a b</c>, <c>list x</c> or <c>rows 3</c>.</param>
internal sealed record WatchedQuery(string Text)
{
    private string[] Words => Text.Split(' ');

    public static WatchedQuery Choose(Random random) => new(random.Next(6) switch
    {
        0 => "registers " + string.Join(' ', Enumerable.Range(0, 16).Select(account => $"account{account}")),
        1 => $"registers ward{random.Next(8)}/0 ward{random.Next(8)}/1 name{random.Next(20)} once{random.Next(1, 20)}",
        2 => random.Next(10, 51) is var from ? $"between stock{from} stock{from + 2}" : "",
        3 => $"list x{random.Next(3)}.0",
        4 => $"list restless{random.Next(4)}.{random.Next(2)}",
        _ => $"rows {random.Next(12)}",
    });

    /// <summary>What it says in a transaction's snapshot.</summary>
    public async ValueTask<string> EvaluateAsync(Transaction transaction, HistoryRecorder recorder, CancellationToken cancellationToken)
    {
        var run = new ClientTransaction(transaction, recorder, cancellationToken);
        switch (Words)
        {
            case ["registers", .. var keys]:
                foreach (var key in keys) await run.ReadAsync(key);
                break;
            case ["between", var from, var before]:
                await run.ReadRegistersAsync(from, before);
                break;
            case ["list", var key]:
                await run.ReadListAsync(key);
                break;
            case ["rows", var range]:
                await run.ReadRowsAsync(int.Parse(range), descending: false);
                break;
        }

        return Print(run.Operations);
    }

    /// <summary>What it says in a replica.</summary>
    public string Evaluate(Replica replica) => Print(Words switch
    {
        ["registers", .. var keys] => keys.Select(key => new Read(key, replica.Register(key))),
        ["between", var from, var before] => replica.RegistersBetween(from, before).Select(one => new Read(one.Key, one.Version)),
        ["list", var key] => [new ReadList(key, replica.List(key))],
        [_, var range] => [new ReadRows($"rows{range}", [.. replica.Rows($"rows{range}")])],
        _ => [],
    });

    private static string Print(IEnumerable<Operation> operations) =>
        string.Join(' ', operations.Select(operation => operation is ReadRows(var key, var values) ? new ReadRows(key, [.. values.Order()]) : operation));
}
