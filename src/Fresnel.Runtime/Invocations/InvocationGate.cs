namespace Fresnel.Runtime.Invocations;

/// <summary>Lets a number of invocations of one kind run at once. Others wait in line; beyond the line's end they are refused.</summary>
internal sealed class InvocationGate(string kind, int places, int mostWaiting) : IDisposable
{
    private readonly SemaphoreSlim _places = new(places, places);
    private int _waiting;

    /// <summary>What those who are refused are told.</summary>
    public FunctionError Overloaded { get; } = FunctionRefusal.System(
        "TooManyConcurrentRequests", $"Too many {kind} at once: {places} run and {mostWaiting} wait. Try again later.");

    /// <summary>Waits for a place; null when the line is full. Dispose it to leave.</summary>
    public async ValueTask<Place?> TryEnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_places.Wait(0, CancellationToken.None)) return new Place(_places);
        if (Interlocked.Increment(ref _waiting) > mostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }

        try
        {
            await _places.WaitAsync(cancellationToken);
            return new Place(_places);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    /// <summary>A place that was taken. Leaving twice does nothing.</summary>
    public sealed class Place(SemaphoreSlim places) : IDisposable
    {
        private SemaphoreSlim? _places = places;

        /// <inheritdoc/>
        public void Dispose() => Interlocked.Exchange(ref _places, null)?.Release();
    }
}
