using System.Diagnostics;

namespace Fresnel.Simulation.Histories;

/// <summary>Histories that look odd and are right: a checker that cries at these is of no use.</summary>
public sealed class CorrectHistoryTests
{
    private static readonly Dictionary<string, string> Correct = new()
    {
        ["Nothing happened"] = "",
        ["One after another"] = """
            1..2 x+1
            3..4 x[1] x+2
            5..6 x[1,2]
            """,
        ["A reader beside a writer sees the past"] = """
            1..9 x+1 y+1
            2..3 x[] y[]
            """,
        ["A reader beside a writer sees the present"] = """
            1..9 x+1 y+1
            2..3 x[1] y[1]
            """,
        ["Two at once take the other order than they began in"] = """
            1..4 x+1
            2..3 x+2
            5..6 x[2,1]
            """,
        ["A reader that was never answered saw nonsense"] = """
            1..2 x+1
            3.. unknown x[7]
            """,
        ["A transaction that was rolled back saw nonsense"] = """
            1..2 x+1
            3..4 aborted x[7]
            """,
        ["What was never answered is not in"] = """
            1.. unknown x+1
            2..3 x[]
            4..5 x[]
            """,
        ["What was never answered comes late"] = """
            @a 1.. unknown x+1
            @a 2..3 x[]
            @b 4..5 x[1]
            """,
        ["Its own appends stand behind those of others"] = """
            x+1
            x[1] x+2 x[1,2] x+3 x[1,2,3]
            x[1,2,3]
            """,
        ["A register is written over and read again by itself"] = """
            r=1
            r?1 r=2 r?2 r=3 r?3
            r?3
            """,
        ["Two blind writes at once, seen in one order only"] = """
            1..4 r=1
            1..4 r=2
            5..6 r?1
            """,
        ["Rows come into a range in any order"] = """
            s<1
            s<2
            s{2}
            s{2,1}
            """,
        ["Two readers of one fork agree"] = """
            x+1
            y+1
            x[1] y[]
            x[1] y[1]
            """,
        ["A chain of increments"] = """
            r?- r=1
            r?1 r=2
            r?2 r=3
            r?3
            """,
        ["Two who append blindly and nobody looks"] = """
            1..2 x[]
            3..4 x+1
            3..4 x+2
            """,
        ["Answered and begun in the same moment are at once"] = """
            1..2 x+1
            2..3 x[]
            """,
    };

    public static TheoryData<string> Names => [.. Correct.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_passes(string name) => Assert.Empty(HistoryChecker.Check(HistoryNotation.Parse(Correct[name])));

    [Fact]
    public void Twenty_thousand_transactions_take_less_than_a_second()
    {
        var history = SerialHistories.Make(new Random(4), transactions: 20_000, keys: 2_000, clients: 32);
        // The best of three, and time at work where the system tells it: much else runs beside this.
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var start = TimeAtWork();
            Assert.Empty(HistoryChecker.Check(history));
            var took = TimeAtWork() - start;
            if (took < best) best = took;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{history.Transactions.Count} transactions: {best.TotalMilliseconds:F0} ms");
        Assert.True(best < TimeSpan.FromSeconds(1), $"It took {best}.");
    }

    /// <summary>Of this thread, where there is such a file (its first number is nanoseconds); else the time that passes.</summary>
    private static TimeSpan TimeAtWork()
    {
        const string OfThread = "/proc/thread-self/schedstat";
        return File.Exists(OfThread) ? TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText(OfThread).Split(' ')[0]) / 1_000) : Stopwatch.GetElapsedTime(0);
    }
}
