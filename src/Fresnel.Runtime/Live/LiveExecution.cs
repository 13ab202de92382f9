using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Fresnel.Engine.Snapshots;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Live;

/// <summary>One run of a live query at one snapshot, for all who wait for it. It ends early when the last of them leaves.</summary>
internal sealed class LiveExecution : IDisposable
{
    private readonly TaskCompletionSource<LiveResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned;
    private readonly LiveQueries _live;
    private readonly LiveQuery _query;
    private readonly long _round;
    private int _waiters;
    private bool _hasEnded; // Starts false; true when the run has returned or thrown.
    private List<LiveSession>? _awaiting; // Sessions that take their snapshot when it is over; null when there are none.
    private LiveResult? _kept; // What it returned, for waiters that have yet to take hold of it.

    /// <summary>Makes a run that has yet to be started, outside the gate.</summary>
    public LiveExecution(LiveQueries live, LiveQuery query, Identity identity, Snapshot snapshot, long round)
    {
        _live = live;
        _query = query;
        _round = round;
        _abandoned = CancellationTokenSource.CreateLinkedTokenSource(live.Closing);
        Identity = identity;
        Snapshot = snapshot;
    }

    public Identity Identity { get; }

    public Snapshot Snapshot { get; }

    /// <summary>The outcome. Canceled when everybody had left.</summary>
    public Task<LiveResult> Result => _result.Task;

    /// <summary>Whether it has ended, or is to: nothing more will come of it.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Wakes the session once it is over.</summary>
    public void AwaitEndLocked(LiveSession session) => (_awaiting ??= []).Add(session);

    /// <summary>Runs it; the caller goes on when it first waits.</summary>
    public async Task StartAsync(FunctionCall call)
    {
        try
        {
            var id = RequestIdOf(_query.Key, Snapshot);
            var own = call with { Identity = Identity, Journal = _query.Key.Journal, RequestId = id };
            var result = await _live.RunAsync(_query, own, Snapshot, _abandoned.Token);
            lock (_live.Gate)
            {
                _query.AddLocked(result);
                _kept = result;
                result.RetainLocked(_waiters + 1); // Each waiter gives its reference back when it has taken hold, or left.
                result.ReleaseLocked();
                EndLocked();
            }

            _result.SetResult(result);
        }
        catch (OperationCanceledException) when (_abandoned.IsCancellationRequested)
        {
            lock (_live.Gate) EndLocked();
            _result.SetCanceled(_abandoned.Token);
        }
        catch (Exception exception)
        {
            lock (_live.Gate) EndLocked();
            _result.SetException(exception);
            _ = _result.Task.Exception; // Observed: each waiter gets it again.
        }
        finally
        {
            Dispose();
        }
    }

    public void WaitLocked() => _waiters++;

    /// <summary>Ends a wait; when it was the last one and nothing has come of it, the run is to be canceled, outside the gate.</summary>
    public bool LeaveLocked()
    {
        _waiters--;
        _kept?.ReleaseLocked();
        if (_waiters > 0 || _hasEnded) return false;
        _query.RemoveRunLocked(this); // Nobody may join a run that is being canceled.
        EndAwaitingLocked();
        return true;
    }

    public void Cancel()
    {
        try
        {
            _abandoned.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in the meantime.
        }
    }

    public void Dispose() => _abandoned.Dispose();

    private void EndLocked()
    {
        _hasEnded = true;
        _query.RemoveRunLocked(this);
        _live.EndRunLocked(_round); // First: whoever is woken finds the next round begun.
        EndAwaitingLocked();
    }

    private void EndAwaitingLocked()
    {
        IsOver = true;
        foreach (var session in _awaiting ?? []) session.WakeLocked();
        _awaiting = null;
    }

    /// <summary>Sixteen hex characters that name this run in error texts and the log: the same for the same query at the same snapshot.</summary>
    private static string RequestIdOf(LiveQueryKey key, Snapshot snapshot)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{key.Component}/{key.Path}"));
        hash.AppendData(key.Arguments.Span);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, snapshot.Timestamp.Nanoseconds);
        hash.AppendData(bytes[..sizeof(long)]);
        hash.GetHashAndReset(bytes);
        return Convert.ToHexStringLower(bytes[..8]);
    }
}
