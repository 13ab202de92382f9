namespace Fresnel.Simulation.Histories;

/// <summary>One change to what somebody was shown: swap, drop, duplicate, an older version, an answer that becomes another.</summary>
internal static class HistoryMutation
{
    /// <summary>The history with one change; null when chance found nothing that could be changed.</summary>
    public static History? Apply(History history, Random random)
    {
        var at = random.Next(history.Transactions.Count);
        var transaction = history.Transactions[at];
        if (transaction.Operations.Count == 0) return null;
        if (random.Next(8) == 0)
        {
            if (transaction.Outcome != HistoryOutcome.Committed) return null;
            return With(transaction with { Outcome = HistoryOutcome.Aborted });
        }

        var place = random.Next(transaction.Operations.Count);
        var changed = transaction.Operations[place] switch
        {
            ReadList list when Change(list.Values, random) is { } values => list with { Values = values },
            ReadRows rows when Change(rows.Values, random) is { } values => rows with { Values = values },
            Read read => read with { Value = AnotherVersion(read, history, random) },
            _ => transaction.Operations[place],
        };
        if (changed == transaction.Operations[place]) return null;
        return With(transaction with { Operations = [.. transaction.Operations.Select((operation, i) => i == place ? changed : operation)] });

        History With(HistoryTransaction instead) => history with { Transactions = [.. history.Transactions.Select((one, i) => i == at ? instead : one)] };
    }

    private static long[]? Change(long[] values, Random random)
    {
        if (values.Length == 0) return null;
        var changed = values.ToList();
        var place = random.Next(values.Length);
        switch (random.Next(3))
        {
            case 0 when values.Length > 1:
                var other = (place + 1) % values.Length;
                (changed[place], changed[other]) = (changed[other], changed[place]);
                break;
            case 1:
                changed.Insert(random.Next(values.Length + 1), changed[place]);
                break;
            default:
                changed.RemoveAt(place);
                break;
        }

        return [.. changed];
    }

    private static long? AnotherVersion(Read read, History history, Random random)
    {
        long?[] versions = [null, .. history.Transactions.SelectMany(transaction => transaction.Operations).OfType<Write>().Where(write => write.Key == read.Key).Select(write => (long?)write.Value)];
        return versions[random.Next(versions.Length)];
    }
}
