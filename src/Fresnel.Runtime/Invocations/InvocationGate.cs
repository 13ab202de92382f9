using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Lets a number of invocations of one kind run at once. Others wait in line; beyond the line's end they are refused.</summary>
internal sealed class InvocationGate(string kind, int places, int mostWaiting) : IDisposable
{
    private readonly SemaphoreSlim _places = new(places, places);
    private int _waiting;

    /// <summary>Waits for a place. Dispose what it returns to leave.</summary>
    /// <exception cref="DeveloperException">The line is full: <c>TooManyConcurrentRequests</c>.</exception>
    public async ValueTask<Place> EnterAsync(CancellationToken cancellationToken)
    {
        if (_places.Wait(0, CancellationToken.None)) return new Place(_places);
        if (Interlocked.Increment(ref _waiting) > mostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new DeveloperException(
                "TooManyConcurrentRequests",
                $"Too many {kind} at once: {places} run and {mostWaiting} wait. Try again later.");
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
