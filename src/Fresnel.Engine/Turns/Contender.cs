using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Turns;

/// <summary>One invocation that means to write, through all its runs: so that it never loses for ever, and nobody is shown a conflict.</summary>
/// <remarks>
/// <code>
///   a run        from the newest sealed roots. Where it is about to read what others stand in line for, it joins the line, and goes on from the roots of
///                the moment that its turn comes: nothing is run in vain. It counts as lost when it would write where somebody has a turn
///   lost         takes its turns at the keys that it is known to meet others at, then runs again
///   lost thrice  gives them up and is protected: what it read is reserved before its snapshot is taken, and all else before it is read;
///                commits that write there are postponed. Should it lose even so, all commits are, and it runs once more
/// </code>
/// Turns are taken in the order of their keys: nobody waits for one while holding a turn at a greater key. One is protected at a time, the oldest first, and
/// holds no turn. So none waits for another in a circle.
/// Used by one invocation at a time; dispose it whatever happened, since others wait behind it.
/// </remarks>
public sealed class Contender : IDisposable
{
    /// <summary>Losses after which it is protected.</summary>
    private const int LossesBeforeProtection = 3;

    /// <summary>Turns that it may have. Who meets others at more keys is better protected.</summary>
    private const int MostTurns = 8;

    private readonly Database _database;
    private readonly TransactionLimits? _limits;
    private readonly long _age;

    /// <summary>The turns that it has, or waits for, in the order of their keys.</summary>
    private readonly List<Turn> _turns = [];

    /// <summary>Where it knows that it meets others. Each run begins with its turns there.</summary>
    private readonly SortedSet<WrittenKey> _wanted = new(WrittenKey.Order);

    private Protection? _protection;
    private bool _mayBegin;
    private bool _isOver; // Guarded by _turns.

    internal Contender(Database database, TransactionLimits? limits)
    {
        _database = database;
        _limits = limits;
        _age = database.Contention.NextAge();
    }

    /// <summary>How often it lost so far.</summary>
    public int Losses { get; private set; }

    /// <summary>Whether it neither has a turn nor is protected.</summary>
    internal bool IsNewcomer => _protection is null && !HasTurn;

    /// <summary>Whether it may stand in one more line. Each adds to what it wants, so a run is begun anew for turns only so often.</summary>
    private bool MayJoin => _protection is null && _wanted.Count < MostTurns;

    private bool HasTurn
    {
        get
        {
            lock (_turns) return _turns.Count > 0;
        }
    }

    /// <summary>Begins a run; waits until it has a turn, or is protected, when it lost before.</summary>
    /// <exception cref="OperationCanceledException">It gave up waiting, or the engine is shutting down.</exception>
    public async ValueTask<Transaction> BeginAsync(CancellationToken cancellationToken)
    {
        if (_protection is not { } protection)
        {
            foreach (var key in _wanted) await TakeTurnAsync(key, cancellationToken);
            return _database.BeginWrite(_limits, this);
        }

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
        if (_protection is { } protection)
        {
            protection.ReserveAll();
            return;
        }

        if (result.Conflict is { } conflict) _wanted.Add(conflict.Key);
        _database.Contention.Turns.FindHeld(commit.Transaction.Reads, _wanted);
        EndTurns();
        if (Losses >= LossesBeforeProtection || _wanted.Count > MostTurns) _protection = _database.Contention.Protections.Enter(_age, commit.Transaction.Reads);
        else BeginLine();
    }

    /// <summary>Somewhere in an interval that it is about to read where others stand in line, and it does not yet; null for nowhere, or when they are several.</summary>
    internal WrittenKey? FindLine(IndexKeyId index, KeyInterval interval) =>
        MayJoin && _database.Contention.Turns.FindHeld(index, interval) is { } key && !Has(key) ? key : null;

    /// <summary>The key itself, when others stand in line for it and this one does not yet.</summary>
    internal WrittenKey? FindLine(WrittenKey key) => MayJoin && _database.Contention.Turns.IsHeld(key) && !Has(key) ? key : null;

    /// <summary>Whether nobody stands in any line.</summary>
    internal bool IsAlone => _database.Contention.Turns.IsEmpty;

    /// <summary>Waits for its turn at a key, in the middle of a run. Returns the roots of the moment that it comes.</summary>
    /// <exception cref="TurnTakenAnewException">It has turns at greater keys: it gave them up, and takes all in order when it runs again.</exception>
    internal async ValueTask<Snapshot> TakeTurnAtReadAsync(WrittenKey key, CancellationToken cancellationToken)
    {
        _wanted.Add(key);
        if (IsBeforeLast(key))
        {
            EndTurns();
            BeginLine();
            throw Anew();
        }

        await TakeTurnAsync(key, cancellationToken);
        return _database.Sealed;
    }

    /// <summary>Its run ends here, and begins anew.</summary>
    internal TurnTakenAnewException Anew()
    {
        _database.Contention.CountAnew();
        return new();
    }

    /// <summary>Its turn and its protection end. The committer calls this too, once the roots that hold its commit are sealed: who is next may begin from them.</summary>
    public void Dispose()
    {
        lock (_turns) _isOver = true;
        EndTurns();
        if (Interlocked.Exchange(ref _protection, null) is not { } protection) return;
        _database.Contention.Protections.Leave(protection);
        _database.Release(protection);
    }

    /// <summary>Its place in the first line is taken at once, so that who loses first is first in line.</summary>
    private void BeginLine()
    {
        if (_wanted.Count > 0) Join(_wanted.Min);
    }

    private async ValueTask TakeTurnAsync(WrittenKey key, CancellationToken cancellationToken) => await Join(key).Ready.OrCanceled(cancellationToken);

    private Turn Join(WrittenKey key)
    {
        lock (_turns)
        {
            if (_isOver) throw new OperationCanceledException("The invocation is over.");
            if (_turns.Find(turn => turn.Key.Equals(key)) is { } known) return known;
            var turn = _database.Contention.Turns.Enter(key);
            _turns.Add(turn);
            return turn;
        }
    }

    private bool Has(WrittenKey key)
    {
        lock (_turns) return _turns.Exists(turn => turn.Key.Equals(key));
    }

    private bool IsBeforeLast(WrittenKey key)
    {
        lock (_turns) return _turns.Count > 0 && WrittenKey.Order.Compare(key, _turns[^1].Key) < 0;
    }

    private void EndTurns()
    {
        lock (_turns)
        {
            foreach (var turn in _turns) turn.End();
            _turns.Clear();
        }
    }
}
