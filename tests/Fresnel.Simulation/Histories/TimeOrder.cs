using static Fresnel.Simulation.Histories.DependencyKind;

namespace Fresnel.Simulation.Histories;

/// <summary>The order that the clients' clock gives: what was answered before another began stands before it, and a session keeps its own order.</summary>
internal static class TimeOrder
{
    /// <summary>Adds it. A row of waypoints in the order of answers keeps the arrows linear: each transaction leads to its answer, and begins behind the last answer before it.</summary>
    public static void Connect(Findings findings)
    {
        ConnectSessions(findings);
        int[] taking = [.. Enumerable.Range(0, findings.Count).Where(findings.IsIn)];
        int[] byAnswer = [.. taking.Where(one => AnswerOf(findings[one]) != HistoryTransaction.Never).OrderBy(one => findings[one].Answered)];
        int[] byBegin = [.. taking.OrderBy(one => findings[one].Began)];
        var (answers, last) = (0, -1);
        foreach (var beginning in byBegin)
        {
            while (answers < byAnswer.Length && findings[byAnswer[answers]].Answered < findings[beginning].Began)
            {
                var waypoint = findings.Graph.AddWaypoint();
                findings.Graph.Add(byAnswer[answers++], waypoint, Time);
                if (last >= 0) findings.Graph.Add(last, waypoint, Through);
                last = waypoint;
            }

            if (last >= 0) findings.Graph.Add(last, beginning, Through);
        }
    }

    private static void ConnectSessions(Findings findings)
    {
        var last = new Dictionary<string, int>();
        for (var i = 0; i < findings.Count; i++)
        {
            if (!findings.IsIn(i)) continue;
            if (last.TryGetValue(findings[i].Session, out var before)) findings.Graph.Add(before, i, Session, findings[i].Session);
            // What was never answered may come to be at any time later, also behind the session's next.
            if (findings[i].Outcome == HistoryOutcome.Committed) last[findings[i].Session] = i;
        }
    }

    private static long AnswerOf(HistoryTransaction transaction) => transaction.Outcome == HistoryOutcome.Committed ? transaction.Answered : HistoryTransaction.Never;
}
