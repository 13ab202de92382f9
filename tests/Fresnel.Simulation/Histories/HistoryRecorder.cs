using System.Collections.Concurrent;

namespace Fresnel.Simulation.Histories;

/// <summary>Takes down what clients do at once. Its clock is a counter: two ticks are never the same, and who saw one begins after it.</summary>
internal sealed class HistoryRecorder
{
    private readonly ConcurrentQueue<HistoryTransaction> _transactions = new();
    private long _clock, _values;

    /// <summary>Begins where another one ended.</summary>
    public HistoryRecorder(HistoryRecorder? earlier = null)
    {
        if (earlier is null) return;
        foreach (var transaction in earlier._transactions) _transactions.Enqueue(transaction);
        (_clock, _values) = (earlier._clock, earlier._values);
    }

    public int Count => _transactions.Count;

    public long Tick() => Interlocked.Increment(ref _clock);

    /// <summary>A value that was never given before.</summary>
    public long NextValue() => Interlocked.Increment(ref _values);

    /// <summary>Takes down a transaction that has ended just now.</summary>
    public void Add(string session, HistoryOutcome outcome, long began, IReadOnlyList<Operation> operations) =>
        _transactions.Enqueue(new(session, outcome, began, outcome == HistoryOutcome.Unknown ? HistoryTransaction.Never : Tick(), operations));

    public History ToHistory() => new([.. _transactions.OrderBy(transaction => transaction.Began)]);
}
