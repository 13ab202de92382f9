namespace Fresnel.Runtime.Node;

/// <summary>Tells a worker whose code loops from one that has nothing to say, that waits for a busy machine, or that was stopped.</summary>
/// <remarks>
/// A worker whose code goes on must be heard within the limit. What is measured is the processor time that it used since it was last heard, so
/// that a slow machine is not held against it.
/// </remarks>
internal sealed class WorkerPulse(TimeProvider time)
{
    /// <summary>Silence from which on it is better to ask another worker.</summary>
    private static readonly TimeSpan Noticeable = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a process may be stopped, by a debugger or a person, until it is given up.</summary>
    private static readonly TimeSpan MostStopped = TimeSpan.FromSeconds(1);

    private long _heard;
    private long _counted = -1;
    private long _silentSince;
    private TimeSpan _processorTime;
    private volatile bool _isSilent;

    /// <summary>Whether it should have been heard for a while, and was not.</summary>
    public bool IsSilent => _isSilent;

    /// <summary>Whether it was heard between the last two looks, or was not waited for.</summary>
    public bool IsAnswered { get; private set; } = true;

    /// <summary>It was heard.</summary>
    public void Beat()
    {
        Interlocked.Increment(ref _heard);
        if (_isSilent) _isSilent = false;
    }

    /// <summary>How it is.</summary>
    /// <param name="isWaitedFor">Whether its code should go on.</param>
    /// <param name="limit">The processor time for which it may be silent.</param>
    /// <param name="patience">The time for which it may be silent without working; negative for ever.</param>
    /// <param name="look">The process as it is now.</param>
    public PulseState Judge(bool isWaitedFor, TimeSpan limit, TimeSpan patience, ProcessLook look)
    {
        var heard = Interlocked.Read(ref _heard);
        if (!isWaitedFor || heard != _counted)
        {
            // Waiting starts anew; the next look measures from here.
            _counted = isWaitedFor ? heard : -1;
            _silentSince = time.GetTimestamp();
            _processorTime = look.ProcessorTime;
            _isSilent = false;
            IsAnswered = true;
            return PulseState.Beating;
        }

        IsAnswered = false;
        var silence = time.GetElapsedTime(_silentSince);
        _isSilent = silence >= Noticeable;
        var used = look.ProcessorTime - _processorTime;
        if (used >= limit) return PulseState.Loops;
        if (look.IsStopped && silence >= MostStopped) return PulseState.Dead;
        if (patience < TimeSpan.Zero || silence < patience) return PulseState.Beating;
        // On a machine that is very busy code that loops gets little of the processor; one that is dead takes none of it.
        return used >= limit / 10 ? PulseState.Loops : PulseState.Dead;
    }
}

/// <summary>How a worker is.</summary>
internal enum PulseState
{
    /// <summary>It is heard, or nobody waits for it.</summary>
    Beating,

    /// <summary>Its code does not let go of the processor.</summary>
    Loops,

    /// <summary>It does nothing at all, although it should.</summary>
    Dead,
}
