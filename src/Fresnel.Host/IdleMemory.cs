namespace Fresnel.Host;

/// <summary>Gives the memory of garbage back to the machine when the server rests.</summary>
/// <remarks>
/// The collector looks only when something is allocated, and keeps tens of MiB for the next burst. That is right while there is work, and a waste where nothing happens: after a
/// push of many modules, 12 MiB of objects lay in 54. So a server that has been quiet for a while collects once, which nobody is there to feel; under load nothing is different.
/// </remarks>
internal sealed class IdleMemory(Func<long> allocated, Func<long> held, Action collect)
{
    /// <summary>Less than this from one look to the next is rest. Bytes.</summary>
    private const long MostAtRest = 512 << 10;

    /// <summary>What must have been allocated since the last time for a collection to be worth it. Bytes.</summary>
    private const long LeastAllocated = 8 << 20;

    /// <summary>A heap that is larger, its garbage included, is left alone: a request that came just then would feel it, and what could be given back is little beside what lives. Bytes.</summary>
    private const long MostHeld = 64 << 20;

    /// <summary>Looks in a row, a second apart, that must find it at rest.</summary>
    private const int LooksAtRest = 4;

    private long _last;
    private long _collected;
    private int _quiet;

    /// <summary>Watches this process's heap.</summary>
    public IdleMemory()
        : this(() => GC.GetTotalAllocatedBytes(), () => GC.GetTotalMemory(forceFullCollection: false), Collect)
    {
    }

    /// <summary>Looks how busy the server is, and collects when it is time. Asked once a second.</summary>
    public void Look()
    {
        var now = allocated();
        _quiet = now - _last < MostAtRest ? _quiet + 1 : 0;
        _last = now;
        if (_quiet < LooksAtRest || now - _collected < LeastAllocated || held() > MostHeld) return;
        collect();
        _collected = now;
    }

    private static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeMemory.Trim();
    }
}
