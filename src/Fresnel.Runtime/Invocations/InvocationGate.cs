using Fresnel.Engine;

namespace Fresnel.Runtime.Invocations;

/// <summary>Lets a number of invocations of one kind run at once. Others wait in line; beyond the line's end they are refused.</summary>
internal sealed class InvocationGate(string kind, int places, int mostWaiting)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _line = [];
    private int _free = places; // More than none only while nobody waits.

    /// <summary>What those who are refused are told.</summary>
    public FunctionError Overloaded { get; } = FunctionRefusal.System(
        "TooManyConcurrentRequests", $"Too many {kind} at once: {places} run and {mostWaiting} wait. Try again later.");

    /// <summary>Waits for a place; null when the line is full. Dispose it to leave.</summary>
    public ValueTask<Place?> TryEnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> turn;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return new(new Place(this));
            }

            if (_line.Count >= mostWaiting) return default;
            // Whoever leaves must not run what the next one does.
            turn = _line.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return new(WaitAsync(turn, cancellationToken));
    }

    private async Task<Place?> WaitAsync(LinkedListNode<TaskCompletionSource> turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Value.Task.OrCanceled(cancellationToken);
            return new Place(this);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                // It may have been given a place just now.
                if (turn.List is null) LeaveLocked();
                else _line.Remove(turn);
            }

            throw;
        }
    }

    private void LeaveLocked()
    {
        if (_line.First is not { } next)
        {
            _free++;
            return;
        }

        _line.RemoveFirst();
        next.Value.SetResult();
    }

    /// <summary>A place that was taken. Leaving twice does nothing.</summary>
    public sealed class Place(InvocationGate gate) : IDisposable
    {
        private InvocationGate? _gate = gate;

        /// <inheritdoc/>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _gate, null) is not { } left) return;
            lock (left._lock) left.LeaveLocked();
        }
    }
}
