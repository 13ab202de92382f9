namespace Fresnel.Server.Sync;

/// <summary>The bytes that one socket may keep in memory: requests that are not answered, and answers that are not written. Beyond it the socket is not read.</summary>
/// <remarks>What is there already may go beyond the budget (one answer may be large), but nothing new is let in until enough has gone.</remarks>
internal sealed class ByteBudget(long most)
{
    private readonly Lock _gate = new();
    private long _taken;
    private bool _isClosed; // Starts false, is set once.
    private TaskCompletionSource? _room; // Not null while somebody waits for room.

    /// <summary>Counts bytes in; there may be more than fit.</summary>
    public void Take(int bytes)
    {
        lock (_gate) _taken += bytes;
    }

    /// <summary>Counts bytes out.</summary>
    public void Give(int bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
            if (HasRoomLocked) _room?.TrySetResult();
        }
    }

    /// <summary>Completes when there is room, or when it does not matter any more. One waits at a time.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (HasRoomLocked) return Task.CompletedTask;
            _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>The session has ended: nobody waits for room any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _room?.TrySetResult();
        }
    }

    private bool HasRoomLocked => _isClosed || _taken < most;
}
