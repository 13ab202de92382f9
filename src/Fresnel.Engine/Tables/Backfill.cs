using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
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

    /// <summary>Likewise of documents that are younger than the index, as long as they are in memory: writers add them while it is filled, and must not outrun it.</summary>
    /// <remarks>What must be loaded for a long step would be let go of again before all of it is there.</remarks>
    private const int StepLengthBehind = 2_048;

    /// <summary>Bytes of documents after which a step ends, however few they are: all of them are in memory while it is applied.</summary>
    private const int StepBytes = 1 << 20;

    private Commit? _last; // The step taken last; null once it is known what became of it.

    /// <summary>Takes one step for the oldest index that is being filled.</summary>
    /// <param name="wanted">Which indexes to look at.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether there may be more to do.</returns>
    /// <exception cref="StoreException">The store refused a step; later it may take it.</exception>
    public async Task<bool> StepAsync(Func<Index, bool> wanted, CancellationToken cancellationToken)
    {
        if (await PrepareAsync(wanted, cancellationToken) is not { } transaction)
        {
            if (_last is not { } last) return false;
            // Steps do not wait to be durable, but the last one must be: after it nothing comes that would notice.
            _last = null;
            Check(await last.Published.OrCanceled(cancellationToken));
            return false;
        }

        var commit = await database.SubmitAsync(transaction, cancellationToken);
        _last = commit;
        return Check(await commit.Sealed.OrCanceled(cancellationToken)) is CommitOutcome.Committed or CommitOutcome.Conflict;
    }

    /// <summary>What moves the cursor of the oldest index that is being filled; null when none is.</summary>
    private async Task<Transaction?> PrepareAsync(Func<Index, bool> wanted, CancellationToken cancellationToken)
    {
        var transaction = database.BeginWrite(TransactionLimits.None);
        try
        {
            if (transaction.Catalog.Backfilling.FirstOrDefault(wanted) is { } index)
            {
                transaction.MoveBackfill(index, await NextCursorAsync(transaction, index, cancellationToken));
                return transaction;
            }
        }
        catch
        {
            // Left open it would keep every page that is replaced from here on.
            transaction.Dispose();
            throw;
        }

        transaction.Dispose();
        return null;
    }

    private static CommitOutcome Check(CommitResult step) => step.Outcome != CommitOutcome.Refused
        ? step.Outcome
        : throw new StoreException(StoreFailure.Refused, "A step of filling an index was refused.");

    /// <summary>The key a step further on; null when the end is nearer. What is read here decides nothing but the length of the step, so it is not recorded.</summary>
    private static async ValueTask<byte[]?> NextCursorAsync(Transaction transaction, Index index, CancellationToken cancellationToken)
    {
        var table = transaction.Catalog.Find(index.Table)!;
        var byId = transaction.Snapshot.Roots.Find(table.ById.Key)!;
        var documents = new TreeCursor(byId, Residency.Between(index.Cursor, null), descending: false);
        // An id begins with the time at which it was made, that of the index's own document too.
        var young = DocumentKey.Of(new(table.Number, index.DocumentId!.Value.InternalId));
        byte[] last = [];
        var hasLoaded = false;
        for (var (count, bytes, most) = (0, 0L, StepLength); count < most && bytes < StepBytes;)
        {
            var moved = documents.MoveNext();
            while (documents.Missing is { } missing)
            {
                if (!moved && count >= StepLength) return last;
                hasLoaded = true;
                await transaction.LoadAsync(missing, cancellationToken);
                if (!moved) moved = documents.MoveNext();
            }

            if (!moved) return null;
            count++;
            bytes += documents.Document!.Json.Length;
            if (count >= StepLength) last = documents.CopyKey();
            if (count == StepLength && !hasLoaded && last.AsSpan().SequenceCompareTo(young) > 0) most = StepLengthBehind;
        }

        return documents.CopyKey();
    }
}
