using Fresnel.Engine.Turns;
using Fresnel.Values;

namespace Fresnel.Engine.Commits;

/// <summary>Whether a transaction may take its place in the order. The committer's.</summary>
internal sealed class Admission(RecentWrites recent, TurnLines turns)
{
    /// <summary>Why it may not; null when nobody wrote what it read since its snapshot, that is not of a lost line, and nobody has a turn where it writes.</summary>
    public CommitResult? FindLoss(Commit commit)
    {
        var snapshot = commit.Transaction.Snapshot;
        if (snapshot.Lineage.HasLost(snapshot.Timestamp)) return new(CommitOutcome.Refused, Timestamp.Zero);
        if (snapshot.Timestamp < recent.Floor) return new(CommitOutcome.Conflict, Timestamp.Zero);
        // A newcomer does not overtake one who has a turn: that one would lose once more. Who waits for it holds no turn itself, so there is no circle.
        if (commit.Transaction.Contender is { IsNewcomer: true } && turns.FindHeld(commit.Prepared!) is { } held) return Lost(held);
        if (snapshot.Timestamp >= recent.Newest) return null;
        return recent.FindConflict(commit.Transaction.Reads, snapshot.Timestamp) is { } conflict ? Lost(conflict) : null;
    }

    private static CommitResult Lost(Conflict conflict) => new(CommitOutcome.Conflict, Timestamp.Zero, conflict);
}
