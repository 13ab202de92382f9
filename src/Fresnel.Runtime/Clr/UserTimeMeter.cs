namespace Fresnel.Runtime.Clr;

/// <summary>Measures time in a function's own code: it stops while at least one of its operations is outside.</summary>
internal sealed class UserTimeMeter(TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _since = time.GetTimestamp();
    private TimeSpan _elapsed;
    private int _outside;

    /// <summary>What was measured so far.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock) return _outside == 0 ? _elapsed + time.GetElapsedTime(_since) : _elapsed;
        }
    }

    /// <summary>An operation begins.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (_outside++ == 0) _elapsed += time.GetElapsedTime(_since);
        }
    }

    /// <summary>An operation ended.</summary>
    public void Return()
    {
        lock (_lock)
        {
            if (--_outside == 0) _since = time.GetTimestamp();
        }
    }
}
