using System.Text.RegularExpressions;

namespace Fresnel.Simulation.Histories;

/// <summary>Histories as text, one transaction to a line: short enough to be written by hand, and what a failing run prints can be pasted into a test.</summary>
/// <remarks>
/// <code>
///   @a 1..4 x+1 y[1,2]       session a; began at 1, answered at 4; appended 1 to list x, read list y
///   5..6 aborted r=1 r?1 q?- wrote 1 to register r and read it, found nothing in q
///   5.. unknown  s&lt;1 s{1}     added row 1 to the range s and read it; never answered
///   order r 1 2 3            the order in which the values of r were written
/// </code>
/// A line without a session has one of its own, one without times overlaps with all others. Transactions are called T1, T2, … in the order of their lines.
/// </remarks>
internal static partial class HistoryNotation
{
    public static History Parse(string text)
    {
        var transactions = new List<HistoryTransaction>();
        var orders = new Dictionary<string, long[]>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "order") orders.Add(words[1], [.. words[2..].Select(long.Parse)]);
            else transactions.Add(ParseTransaction(words, ownSession: $"#{transactions.Count + 1}"));
        }

        return new(transactions) { VersionOrders = orders };
    }

    public static string Print(History history) => string.Join('\n', history.Transactions);

    private static HistoryTransaction ParseTransaction(string[] words, string ownSession)
    {
        var transaction = new HistoryTransaction(ownSession, HistoryOutcome.Committed, 0, HistoryTransaction.Never, []);
        var operations = new List<Operation>();
        foreach (var word in words)
        {
            if (word[0] == '@') transaction = transaction with { Session = word[1..] };
            else if (Enum.TryParse<HistoryOutcome>(word, ignoreCase: true, out var outcome)) transaction = transaction with { Outcome = outcome };
            else if (Times().Match(word) is { Success: true } times)
            {
                var answered = times.Groups["answered"].Value;
                transaction = transaction with { Began = long.Parse(times.Groups["began"].Value), Answered = answered == "" ? HistoryTransaction.Never : long.Parse(answered) };
            }
            else operations.Add(ParseOperation(word));
        }

        return transaction with { Operations = operations };
    }

    private static Operation ParseOperation(string word)
    {
        var match = OperationWord().Match(word);
        if (!match.Success) throw new FormatException($"'{word}' is no operation.");
        var (key, rest) = (match.Groups["key"].Value, match.Groups["rest"].Value);
        return match.Groups["sign"].Value switch
        {
            "+" => new Append(key, long.Parse(rest)),
            "=" => new Write(key, long.Parse(rest)),
            "<" => new AddRow(key, long.Parse(rest)),
            "?" => new Read(key, rest == "-" ? null : long.Parse(rest)),
            "[" => new ReadList(key, Values(rest)),
            _ => new ReadRows(key, Values(rest)),
        };
    }

    private static long[] Values(string list) => [.. list[..^1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];

    [GeneratedRegex(@"^(?<began>\d+)\.\.(?<answered>\d*)$")]
    private static partial Regex Times();

    [GeneratedRegex(@"^(?<key>[\w./]+)(?<sign>[+=<?[{])(?<rest>.+)$")]
    private static partial Regex OperationWord();
}
