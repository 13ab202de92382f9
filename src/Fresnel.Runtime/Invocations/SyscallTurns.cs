namespace Fresnel.Runtime.Invocations;

/// <summary>Lets the syscalls of one query or mutation run one at a time, in the order they were issued.</summary>
/// <remarks>
/// A syscall that calls another function keeps its turn until that function ended, so the caller's other syscalls wait.
/// Source: <c>spec/function-runtime.md</c> §8.2, 8.4.
/// </remarks>
internal sealed class SyscallTurns
{
    // SemaphoreSlim hands places to asynchronous waiters in the order they came.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _issued;
    private volatile State _state;

    private enum State
    {
        /// <summary>Takes syscalls.</summary>
        Open,

        /// <summary>The function returned: what was issued still runs, what comes is refused.</summary>
        Draining,

        /// <summary>The function failed or was abandoned: what still waits is refused too.</summary>
        Closed,
    }

    /// <summary>Waits for the turn. Each success is followed by one <see cref="Leave"/>.</summary>
    /// <exception cref="InvocationAbandonedException">The invocation has ended.</exception>
    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        if (_state != State.Open) throw Ended();
        if (Interlocked.Increment(ref _issued) > SyscallErrors.MostConcurrent)
        {
            Interlocked.Decrement(ref _issued);
            throw SyscallErrors.TooManyConcurrent();
        }

        return _turn.Wait(0, CancellationToken.None) ? default : new ValueTask(WaitAsync(cancellationToken));
    }

    /// <summary>Gives the turn to the next in line.</summary>
    public void Leave()
    {
        Interlocked.Decrement(ref _issued);
        _turn.Release();
    }

    /// <summary>Refuses further syscalls and waits until none runs.</summary>
    /// <param name="drain">Whether those that were issued before still run.</param>
    public Task CloseAsync(bool drain)
    {
        _state = drain ? State.Draining : State.Closed;
        return _turn.WaitAsync();
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _turn.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Decrement(ref _issued);
            throw;
        }

        if (_state != State.Closed) return;
        Leave();
        throw Ended();
    }

    private static InvocationAbandonedException Ended() => new(AbandonReason.Canceled, "The invocation has ended.");
}
