namespace Fresnel.Runtime.Node;

/// <summary>Tells a worker whose code loops from one that has nothing to say, or that waits for a busy machine.</summary>
/// <remarks>
/// A worker whose code goes on must be heard within the limit. What is measured is the processor time that it used since it was last heard, so
/// that a slow machine is not held against it; only ten times the limit of wall time counts for itself (code that blocks without working).
/// </remarks>
internal sealed class WorkerPulse(TimeProvider time)
{
    private long _heard;
    private long _counted = -1;
    private long _silentSince;
    private TimeSpan _processorTime;

    /// <summary>It was heard.</summary>
    public void Beat() => Interlocked.Increment(ref _heard);

    /// <summary>Whether it has been silent for too long.</summary>
    /// <param name="isWaitedFor">Whether its code should go on.</param>
    /// <param name="limit">For how long it may be silent.</param>
    /// <param name="process">Whose processor time counts.</param>
    public bool IsStuck(bool isWaitedFor, TimeSpan limit, WorkerProcess process)
    {
        var heard = Interlocked.Read(ref _heard);
        if (!isWaitedFor || heard != _counted)
        {
            // Waiting starts anew; the next look measures from here.
            _counted = isWaitedFor ? heard : -1;
            _silentSince = time.GetTimestamp();
            _processorTime = process.ProcessorTime;
            return false;
        }

        return process.ProcessorTime - _processorTime >= limit || time.GetElapsedTime(_silentSince) >= limit * 10;
    }
}
