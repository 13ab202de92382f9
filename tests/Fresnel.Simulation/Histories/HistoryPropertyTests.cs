namespace Fresnel.Simulation.Histories;

/// <summary>The checker against chance, and against a search through all orders.</summary>
public sealed class HistoryPropertyTests
{
    [Fact]
    public void What_was_made_one_after_another_passes_however_concurrent_it_looks()
    {
        var seed = Environment.TickCount;
        for (var run = 0; run < 300; run++)
        {
            var random = new Random(seed + run);
            var history = SerialHistories.Make(random, random.Next(1, 200), random.Next(1, 20), random.Next(1, 20), random.Next(2) == 0);
            var anomalies = HistoryChecker.Check(history);
            Assert.True(anomalies.Count == 0, $"Seed {seed + run}: {string.Join('\n', anomalies)}");
        }
    }

    [Fact]
    public void A_change_to_what_was_shown_is_caught_exactly_when_no_order_explains_it()
    {
        var seed = Environment.TickCount;
        var (caught, explained, beyond) = (0, 0, 0);
        for (var run = 0; run < 6_000; run++)
        {
            var random = new Random(seed + run);
            var history = SerialHistories.Make(random, random.Next(2, 6), keys: random.Next(1, 3), clients: random.Next(1, 6));
            for (var changes = random.Next(1, 3); changes > 0; changes--) history = HistoryMutation.Apply(history, random) ?? history;
            var anomalies = HistoryChecker.Check(history);
            var isExplained = new SerialSearch(history).Exists();
            if (isExplained)
            {
                Assert.True(anomalies.Count == 0, $"Seed {seed + run}: an order explains it.\n{HistoryNotation.Print(history)}\n{string.Join('\n', anomalies)}");
                explained++;
            }
            else if (anomalies.Count > 0) caught++;
            else
            {
                // Blind writes to registers at the same time are in no order that could be seen; nothing else may slip through.
                Assert.True(history.Transactions.Any(WritesBlindly), $"Seed {seed + run}: no order explains it, and nothing was found.\n{HistoryNotation.Print(history)}");
                beyond++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}: {caught} caught, {explained} explained, {beyond} beyond what is inferred of blind writes.");
        Assert.True(caught > 500 && explained > 500 && beyond < caught / 10, $"Seed {seed}: {caught} caught, {explained} explained, {beyond} beyond.");
    }

    [Fact]
    public void A_change_in_a_large_history_is_caught()
    {
        var seed = Environment.TickCount;
        var caught = 0;
        for (var run = 0; run < 60; run++)
        {
            var random = new Random(seed + run);
            var history = SerialHistories.Make(random, transactions: 400, keys: 10, clients: 4);
            var at = random.Next(history.Transactions.Count);
            // The first value of a list falls out, or stands twice, or changes places with the second: that is never a matter of time.
            var candidates = from transaction in history.Transactions.Skip(at)
                             where transaction.Outcome == HistoryOutcome.Committed
                             from operation in transaction.Operations.OfType<ReadList>()
                             where operation.Values.Length > 2
                             select (transaction, operation);
            if (candidates.FirstOrDefault() is not ({ } reader, { } list)) continue;
            var rest = list.Values[2..];
            long[] values = random.Next(3) switch
            {
                0 => [list.Values[1], list.Values[0], .. rest],
                1 => [list.Values[1], .. rest],
                _ => [list.Values[0], list.Values[0], list.Values[1], .. rest],
            };
            var changed = history with
            {
                Transactions = [.. history.Transactions.Select(one => one == reader ? one with { Operations = [.. one.Operations.Select(operation => ReferenceEquals(operation, list) ? list with { Values = values } : operation)] } : one)],
            };
            Assert.True(HistoryChecker.Check(changed).Count > 0, $"Seed {seed + run}: {list} as {string.Join(',', values)} was not found.");
            caught++;
        }

        Assert.True(caught > 40, $"Seed {seed}: there was too little to change.");
    }

    private static bool WritesBlindly(HistoryTransaction transaction) =>
        transaction.Operations.OfType<Write>().Any(write => transaction.Operations.First(operation => operation.Key == write.Key) is Write || transaction.Outcome != HistoryOutcome.Committed);
}
