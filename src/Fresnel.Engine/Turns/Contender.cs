using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Transactions;

namespace Fresnel.Engine.Turns;

/// <summary>One invocation that means to write, through all its runs: so that it never loses for ever, and nobody is shown a conflict.</summary>
/// <remarks>
/// <code>
///   first run    from the newest sealed roots; it counts as lost when it would write where somebody has a turn
///   lost once    waits for its turn at the key that it lost on, then runs again
///   lost twice   gives that turn up and waits for one at the key that it lost on now
///   lost thrice  gives it up and is protected: what it read is reserved before its snapshot is taken, and all else before it is read;
///                commits that write there are postponed. Should it lose even so, all commits are, and it runs once more
/// </code>
/// Nobody holds a turn while waiting for another, and one is protected at a time, the oldest first; so none waits for another in a circle.
/// Used by one invocation at a time; dispose it whatever happened, since others wait behind it.
/// </remarks>
public sealed class Contender : IDisposable
{
    /// <summary>Losses after which it is protected.</summary>
    private const int LossesBeforeProtection = 3;

    private readonly Database _database;
    private readonly TransactionLimits? _limits;
    private readonly long _age;
    private Turn? _turn;
    private Protection? _protection;
    private bool _mayBegin;

    internal Contender(Database database, TransactionLimits? limits)
    {
        _database = database;
        _limits = limits;
        _age = database.Contention.NextAge();
    }

    /// <summary>How often it lost so far.</summary>
    public int Losses { get; private set; }

    /// <summary>Whether it neither has a turn nor is protected.</summary>
    internal bool IsNewcomer => _turn is null && _protection is null;

    /// <summary>Begins a run; waits until it has a turn, or is protected, when it lost before.</summary>
    /// <exception cref="OperationCanceledException">It gave up waiting, or the engine is shutting down.</exception>
    public async ValueTask<Transaction> BeginAsync(CancellationToken cancellationToken)
    {
        if (_turn is { } turn) await turn.Ready.OrCanceled(cancellationToken);
        if (_protection is not { } protection) return _database.BeginWrite(_limits, this);
        if (!_mayBegin)
        {
            await protection.Granted.OrCanceled(cancellationToken);
            _mayBegin = true;
        }

        return _database.BeginProtected(await _database.ReserveAsync(protection, cancellationToken), _limits, this, protection);
    }

    /// <summary>Its commit lost against another one; the next run will wait for what it must.</summary>
    /// <param name="commit">The commit, whose outcome was <see cref="CommitOutcome.Conflict"/>.</param>
    /// <param name="result">Its outcome.</param>
    public void Lost(Commit commit, CommitResult result)
    {
        Losses++;
        _database.Contention.CountConflict();
        EndTurn();
        if (_protection is { } protection) protection.ReserveAll();
        else if (Losses >= LossesBeforeProtection) _protection = _database.Contention.Protections.Enter(_age, commit.Transaction.Reads);
        else if (result.Conflict is { } conflict) _turn = _database.Contention.Turns.Enter(conflict.Key);
    }

    /// <summary>Its turn and its protection end. The committer calls this too, once the roots that hold its commit are sealed: who is next may begin from them.</summary>
    public void Dispose()
    {
        EndTurn();
        if (Interlocked.Exchange(ref _protection, null) is not { } protection) return;
        _database.Contention.Protections.Leave(protection);
        _database.Release(protection);
    }

    private void EndTurn() => Interlocked.Exchange(ref _turn, null)?.End();
}
