namespace Fresnel.Engine.Pages;

/// <summary>How far back the log reaches behind a checkpoint: a while, or so many bytes, whichever is less.</summary>
internal sealed class KeptLog(TimeProvider time, TimeSpan keptFor, long keptBytes)
{
    private readonly Queue<(long Position, long At, long Bytes)> _groups = [];
    private long _bytes;

    /// <summary>Takes note of a group.</summary>
    public void Add(long position, long bytes)
    {
        _groups.Enqueue((position, time.GetTimestamp(), bytes));
        _bytes += bytes;
        Forget();
    }

    /// <summary>The first position that is kept when all before one could go.</summary>
    public long CutAt(long position)
    {
        Forget();
        return _groups.TryPeek(out var oldest) ? Math.Min(oldest.Position, position) : position;
    }

    private void Forget()
    {
        while (_groups.TryPeek(out var oldest) && (_bytes > keptBytes || time.GetElapsedTime(oldest.At) >= keptFor))
        {
            _groups.Dequeue();
            _bytes -= oldest.Bytes;
        }
    }
}
