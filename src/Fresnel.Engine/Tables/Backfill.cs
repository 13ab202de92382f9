using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Tables;

/// <summary>Fills indexes: a series of commits, each of which moves a cursor through <c>by_id</c>.</summary>
/// <remarks>
/// A step says only how far to go. The entries are added where the commit is applied (<c>PendingState.Fill</c>: in the committer, in replay), from the documents
/// as they are at that point of the log, so there is nothing to race with; and a process that ends leaves the cursor where it was.
/// </remarks>
internal sealed class Backfill(Database database)
{
    /// <summary>Documents of one step: applying it must not hold up the committer for long.</summary>
    private const int StepLength = 256;

    /// <summary>Takes one step for the oldest index that is being filled.</summary>
    /// <param name="wanted">Which indexes to look at.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether there may be more to do.</returns>
    public async Task<bool> StepAsync(Func<Index, bool> wanted, CancellationToken cancellationToken)
    {
        var transaction = database.BeginWrite(TransactionLimits.None);
        if (transaction.Catalog.Backfilling.FirstOrDefault(wanted) is not { } index)
        {
            transaction.Dispose();
            return false;
        }

        transaction.MoveBackfill(index, NextCursor(transaction, index));
        var commit = await database.SubmitAsync(transaction, cancellationToken);
        return (await commit.Sealed.WaitAsync(cancellationToken)).Outcome is CommitOutcome.Committed or CommitOutcome.Conflict;
    }

    /// <summary>The key a step further on; null when the end is nearer. What is read here decides nothing but the length of the step, so it is not recorded.</summary>
    private static byte[]? NextCursor(Transaction transaction, Index index)
    {
        var table = transaction.Catalog.Find(index.Table)!;
        var byId = transaction.Snapshot.Roots.Find(table.ById.Key)!;
        var rest = index.Cursor is { } cursor ? KeyInterval.All with { Lower = KeyInterval.Successor(cursor.Span) } : KeyInterval.All;
        var documents = new TreeCursor(byId, rest, descending: false);
        for (var i = 0; i < StepLength; i++)
        {
            if (!documents.MoveNext()) return null;
        }

        return documents.CopyKey();
    }
}
