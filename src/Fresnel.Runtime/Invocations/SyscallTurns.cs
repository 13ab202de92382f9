using Fresnel.Engine;

namespace Fresnel.Runtime.Invocations;

/// <summary>Lets the syscalls of one query or mutation run one at a time, in the order they were issued.</summary>
/// <remarks>
/// A syscall that calls another function keeps its turn until that function ended, so the caller's other syscalls wait.
/// Source: <c>spec/function-runtime.md</c> §8.2, 8.4.
/// </remarks>
/// <param name="mostWaiting">How many may wait in line.</param>
internal sealed class SyscallTurns(int mostWaiting)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _line = new();
    private bool _isTaken;
    private bool _isClosed;

    /// <summary>Waits for the turn. Each success is followed by one <see cref="Leave"/>.</summary>
    /// <exception cref="InvocationAbandonedException">The invocation has ended.</exception>
    /// <exception cref="Fresnel.Values.DeveloperException">The line is too long.</exception>
    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_isClosed) throw new InvocationAbandonedException(AbandonReason.Canceled, "The invocation has ended.");
            if (!_isTaken)
            {
                _isTaken = true;
                return default;
            }

            if (_line.Count >= mostWaiting) throw SyscallErrors.TooManyConcurrent();
            turn = NewTurn();
            _line.Enqueue(turn);
        }

        return new ValueTask(WaitAsync(turn, cancellationToken));
    }

    /// <summary>Gives the turn to the next in line.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            // Those who gave up waiting are still in line, but cannot be given anything.
            while (_line.TryDequeue(out var next))
            {
                if (next.TrySetResult()) return;
            }

            _isTaken = false;
        }
    }

    /// <summary>The function has ended: what it issued still runs, what comes is refused. Completes when nothing runs any more.</summary>
    public ValueTask CloseAsync()
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            _isClosed = true;
            if (!_isTaken) return default;
            turn = NewTurn();
            _line.Enqueue(turn);
        }

        return new ValueTask(turn.Task);
    }

    private async Task WaitAsync(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Task.OrCanceled(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (!turn.TrySetCanceled(CancellationToken.None)) Leave();
            throw;
        }
    }

    // Whoever leaves must not run what the next one does.
    private static TaskCompletionSource NewTurn() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
