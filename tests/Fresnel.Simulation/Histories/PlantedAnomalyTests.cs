namespace Fresnel.Simulation.Histories;

/// <summary>Histories that no serial execution could have shown, made by hand: each must be caught, and called by its name.</summary>
public sealed class PlantedAnomalyTests
{
    private static readonly Dictionary<string, (AnomalyKind Kind, string History)> Planted = new()
    {
        ["Two transactions append to two lists in opposite order"] = (AnomalyKind.DirtyWrite, """
            x+1 y+1
            x+2 y+2
            x[1,2] y[2,1]
            """),
        ["Two transactions write two registers in opposite order"] = (AnomalyKind.DirtyWrite, """
            r=1 q=1
            r=2 q=2
            order r 1 2
            order q 2 1
            """),
        ["Three transactions append in a circle"] = (AnomalyKind.DirtyWrite, """
            x+1 z+1
            x+2 y+2
            y+3 z+3
            x[1,2] y[2,3] z[3,1]
            """),
        ["The appends of one transaction enclose another's"] = (AnomalyKind.DirtyWrite, """
            x+1 x+3
            x+2
            x[1,2,3]
            """),
        ["The appends of one transaction change places"] = (AnomalyKind.DirtyWrite, """
            x+1
            x+2 x+3
            x[3,2,1]
            """),
        ["A list holds what was rolled back"] = (AnomalyKind.AbortedRead, """
            aborted x+1
            x[1]
            """),
        ["A list holds in its middle what was rolled back"] = (AnomalyKind.AbortedRead, """
            x+1
            aborted x+2
            x+3
            x[1,2,3]
            """),
        ["A register holds what was rolled back"] = (AnomalyKind.AbortedRead, """
            aborted r=1
            r?1
            """),
        ["A range holds a row that was rolled back"] = (AnomalyKind.AbortedRead, """
            aborted s<1
            s{1}
            """),
        ["A list is read between two appends of one transaction"] = (AnomalyKind.IntermediateRead, """
            x+1 x+2
            x[1]
            """),
        ["A register is read between two writes of one transaction"] = (AnomalyKind.IntermediateRead, """
            r=1 r=2
            r?1
            """),
        ["A range is read between two rows of one transaction"] = (AnomalyKind.ReadSkew, """
            s<1 s<2
            s{1}
            """),
        ["A list holds what nobody appended"] = (AnomalyKind.ReadFromNowhere, """
            x+1
            x[1,7]
            """),
        ["A register holds what nobody wrote"] = (AnomalyKind.ReadFromNowhere, "r?7"),
        ["A range holds a row that nobody added"] = (AnomalyKind.ReadFromNowhere, "s{7}"),
        ["A transaction does not see its own append"] = (AnomalyKind.InternalInconsistency, "x+1 x[]"),
        ["A transaction does not see its own write"] = (AnomalyKind.InternalInconsistency, "r=1 r?-"),
        ["A transaction does not see its own row"] = (AnomalyKind.InternalInconsistency, "s<1 s{}"),
        ["A transaction sees its append before it makes it"] = (AnomalyKind.InternalInconsistency, "x[1] x+1"),
        ["A transaction sees its write before it makes it"] = (AnomalyKind.InternalInconsistency, "r?1 r=1"),
        ["A transaction sees its row before it adds it"] = (AnomalyKind.InternalInconsistency, "s{1} s<1"),
        ["A transaction reads a list twice and it has grown"] = (AnomalyKind.InternalInconsistency, """
            x+1
            x[] x[1]
            """),
        ["A transaction reads a register twice and it has changed"] = (AnomalyKind.InternalInconsistency, """
            r=1
            r?- r?1
            """),
        ["A transaction reads a range twice and meets a phantom"] = (AnomalyKind.InternalInconsistency, """
            s<1
            s{} s{1}
            """),
        ["An append is in the list twice"] = (AnomalyKind.DuplicateElement, """
            x+1
            x[1,1]
            """),
        ["A commit was applied again behind another one"] = (AnomalyKind.DuplicateElement, """
            x+1
            x+2
            x[1,2,1]
            """),
        ["A row is in the range twice"] = (AnomalyKind.DuplicateElement, """
            s<1
            s{1,1}
            """),
        ["Two readers see two appends in different orders"] = (AnomalyKind.DivergentLists, """
            x+1
            x+2
            x[1,2]
            x[2,1]
            """),
        ["An append is missing in the middle of a longer list"] = (AnomalyKind.DivergentLists, """
            x+1
            x+2
            x+3
            x[1,2]
            x[1,3]
            """),
        ["Two transactions read what the other wrote"] = (AnomalyKind.CircularInformation, """
            x+1 y[1]
            y+1 x[1]
            """),
        ["Two transactions read the registers that the other wrote"] = (AnomalyKind.CircularInformation, """
            r=1 q?1
            q=1 r?1
            """),
        ["One reads from another that wrote over it"] = (AnomalyKind.CircularInformation, """
            x+1 y[2]
            y+2 x+2
            x[1,2]
            """),
        ["Two clients increment a counter and one is lost"] = (AnomalyKind.LostUpdate, """
            r=1
            r?1 r=2
            r?1 r=3
            """),
        ["Two clients make the first version"] = (AnomalyKind.LostUpdate, """
            r?- r=1
            r?- r=2
            """),
        ["Two clients append behind the same end"] = (AnomalyKind.LostUpdate, """
            x+1
            x[1] x+2
            x[1] x+3
            x[1,2,3]
            """),
        ["Two clients append behind the same end and nobody looks"] = (AnomalyKind.LostUpdate, """
            x[] x+1
            x[] x+2
            """),
        ["Two clients insert one name after finding it free"] = (AnomalyKind.LostUpdate, """
            names/ann?- names/ann=1
            names/bob?- names/bob=2
            names/ann?- names/ann=3
            """),
        ["A reader sees half a transaction"] = (AnomalyKind.ReadSkew, """
            x+1 y+1
            x[1] y[]
            """),
        ["A reader sees the account before the transfer and the one behind it"] = (AnomalyKind.ReadSkew, """
            a=1 b=2
            a?1 a=3 b?2 b=4
            a?1 b?4
            """),
        ["A reader sees a row without its count"] = (AnomalyKind.ReadSkew, """
            s<1 n+1
            s{1} n[]
            """),
        ["A reader sees the second of two and not the first it depends on"] = (AnomalyKind.ReadSkew, """
            x+1
            x[1] y+1
            y[1] x[]
            """),
        ["Two doctors go off duty because the other is on it"] = (AnomalyKind.WriteSkew, """
            a=1 b=2
            a?1 b?2 a=3
            a?1 b?2 b=4
            """),
        ["Two clients append to a list after finding the other one empty"] = (AnomalyKind.WriteSkew, """
            x[] y+1
            y[] x+1
            """),
        ["Two clients book a room after finding it free"] = (AnomalyKind.WriteSkew, """
            room{} room<1
            room{} room<2
            """),
        ["A phantom comes into each of two ranges that were read"] = (AnomalyKind.WriteSkew, """
            s{} t<1
            t{} s<1
            """),
        ["Two readers see two appends one without the other"] = (AnomalyKind.LongFork, """
            x+1
            y+1
            x[1] y[]
            x[] y[1]
            """),
        ["Two readers see two registers change in different orders"] = (AnomalyKind.LongFork, """
            r=1
            q=1
            r?1 q?-
            r?- q?1
            """),
        ["Two readers see two ranges grow in different orders"] = (AnomalyKind.LongFork, """
            s<1
            t<1
            s{1} t{}
            s{} t{1}
            """),
        ["Three clients each rely on what the next one changes"] = (AnomalyKind.AntiDependencyCycle, """
            x[] y+1
            y[] z+1
            z[] x+1
            """),
        ["A reader shows that of two the second was not there yet"] = (AnomalyKind.AntiDependencyCycle, """
            a=1 b=1
            a?1 b?1 a=2
            b?1 b=3
            a?1 b?3
            """),
        ["An append that was answered is not in a list that is read later"] = (AnomalyKind.StaleRead, """
            1..2 x+1
            3..4 x[]
            """),
        ["A write that was answered is not in a register that is read later"] = (AnomalyKind.StaleRead, """
            1..2 r=1
            3..4 r?-
            """),
        ["A row that was answered is not in a range that is read later"] = (AnomalyKind.StaleRead, """
            1..2 s<1
            3..4 s{}
            """),
        ["An older version comes back after a newer one was answered"] = (AnomalyKind.StaleRead, """
            1..2 r=1
            3..4 r=2
            5..6 r?1
            """),
        ["A reader is answered and the next one sees less"] = (AnomalyKind.StaleRead, """
            1..9 x+1
            2..3 x[1]
            4..5 x[]
            """),
        ["A session does not see what it wrote"] = (AnomalyKind.StaleRead, """
            @a x+1
            @a x[]
            """),
        ["A session sees less than it saw"] = (AnomalyKind.StaleRead, """
            x+1
            @a x[1]
            @a x[]
            """),
        ["What was answered is lost when the database is opened again"] = (AnomalyKind.StaleRead, """
            1..2 x+1
            3..4 x+2
            5..6 x[1]
            """),
        ["An answer that was lost was seen and is gone again"] = (AnomalyKind.StaleRead, """
            1.. unknown x+1
            2..3 x[1]
            4..5 x[]
            """),
        ["What is asked for later stands before"] = (AnomalyKind.OrderAgainstTime, """
            1..2 x+1
            3..4 x+2
            5..6 x[2,1]
            """),
        ["A reader sees what is asked for after it was answered"] = (AnomalyKind.OrderAgainstTime, """
            1..2 x[1]
            3..4 x+1
            """),
        ["A session's writes change places"] = (AnomalyKind.OrderAgainstTime, """
            @a x+1
            @a x+2
            x[2,1]
            """),
        ["A reader misses one who missed what was answered before the reader began"] = (AnomalyKind.SkewAgainstTime, """
            5..8 x[]
            2..9 x+1 y[]
            1..3 y+1
            """),
        ["A half that was never answered is seen"] = (AnomalyKind.ReadSkew, """
            1.. unknown x+1 y+1
            2..3 x[1] y[]
            """),
    };

    public static TheoryData<string> Names => [.. Planted.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_caught_and_named(string name)
    {
        var (kind, text) = Planted[name];
        var anomalies = HistoryChecker.Check(HistoryNotation.Parse(text));
        Assert.True(anomalies.Any(anomaly => anomaly.Kind == kind), $"{name}: {kind} was expected, but there was {(anomalies.Count == 0 ? "nothing" : string.Join('\n', anomalies))}");
    }

    [Fact]
    public void There_are_enough_of_them_and_every_kind_has_one()
    {
        Assert.True(Planted.Count >= 30);
        Assert.Empty(Enum.GetValues<AnomalyKind>().Except(Planted.Values.Select(planted => planted.Kind)));
    }

    [Fact]
    public void It_is_told_readably()
    {
        var anomaly = Assert.Single(HistoryChecker.Check(HistoryNotation.Parse("""
            @a 1..4 x[] y+1
            @b 2..3 y[] x+1
            """)));
        Assert.Equal("""
            WriteSkew: T1 did not see in x what T2 wrote; but T2 did not see in y what T1 wrote.
              T1 @a 1..4 x[] y+1
              T2 @b 2..3 y[] x+1
            """, anomaly.ToString());
    }

    [Theory]
    [InlineData("x+1\nx+1")]
    [InlineData("x+1\nx=2")]
    [InlineData("s<1\ns[1]")]
    public void A_history_that_cannot_be_checked_is_refused(string text) =>
        Assert.Throws<ArgumentException>(() => HistoryChecker.Check(HistoryNotation.Parse(text)));

    [Fact]
    public void The_notation_is_read_as_it_is_printed()
    {
        const string Text = """
            @a 1..4 x+1 y[1,2] s{} s<3
            @b 2.. unknown r=1 q?- r?1
            @a 5..6 aborted s{3}
            """;
        Assert.Equal(Text, HistoryNotation.Print(HistoryNotation.Parse(Text)));
    }
}
