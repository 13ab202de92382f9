using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Transactions of the system's own: jobs, environment variables, pushes. Without limits; run again after a conflict.</summary>
internal static class SystemTransactions
{
    /// <summary>Conflicts in a row after which something is wrong rather than busy.</summary>
    private const int MostAttempts = 1_000;

    /// <summary>Does the work in a transaction and waits until it is durable and published.</summary>
    /// <returns>What the work returned in the run that was committed, and its timestamp.</returns>
    /// <exception cref="CommitFailedException">The store did not take it, or whether it did is not known.</exception>
    public static async Task<(T Result, Timestamp Timestamp)> CommitAsync<T>(
        this Database database, Func<Transaction, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        using var contender = database.Contend(TransactionLimits.None);
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var transaction = await contender.BeginAsync(cancellationToken);
            T result;
            try
            {
                result = await work(transaction, cancellationToken);
            }
            catch (Exception exception)
            {
                transaction.Dispose();
                if (TooOld.Says(exception) && attempt < MostAttempts) continue;
                throw;
            }

            var commit = await database.SubmitAsync(transaction, cancellationToken);
            var end = await commit.Published;
            if (end.Outcome == CommitOutcome.Committed) return (result, end.Timestamp);
            if (end.Outcome != CommitOutcome.Conflict || attempt == MostAttempts) throw new CommitFailedException(end.Outcome);
            contender.Lost(commit, end);
        }
    }
}

/// <summary>A commit of the system's own did not get in.</summary>
internal sealed class CommitFailedException(CommitOutcome outcome) : Exception($"The commit ended as {outcome}.")
{
    /// <summary>How it ended.</summary>
    public CommitOutcome Outcome => outcome;
}
