namespace Fresnel.Simulation.Workloads;

/// <summary>How long the clients of a round go on, shared by all of them.</summary>
/// <param name="transactions">How many transactions they begin together.</param>
/// <param name="worksToTheEnd">Whether they go on after that, until the database goes away beneath them.</param>
internal sealed class ClientLife(int transactions, bool worksToTheEnd)
{
    /// <summary>Into how many parts the round is cut, for those who want to do something meanwhile.</summary>
    public const int Parts = 4;

    private readonly TaskCompletionSource[] _reached = [.. Enumerable.Range(0, Parts).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
    private int _begun, _tooOld;
    private volatile bool _isEnding;

    /// <summary>Whether the database is being closed, or has crashed: then anything may be refused.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Runs that were run again because their pages had gone.</summary>
    public int TooOld => _tooOld;

    /// <summary>Completes when so many parts of the transactions were begun.</summary>
    public Task ReachedAsync(int parts) => _reached[parts - 1].Task;

    /// <summary>Counts a transaction that is to begin; false when it is not to.</summary>
    public bool GoesOn()
    {
        var begun = Interlocked.Increment(ref _begun);
        for (var part = 1; part <= Parts; part++)
        {
            if (begun > transactions * part / Parts) _reached[part - 1].TrySetResult();
        }

        return begun <= transactions || (worksToTheEnd && !_isEnding);
    }

    public void CountTooOld() => Interlocked.Increment(ref _tooOld);

    public void End() => _isEnding = true;
}
