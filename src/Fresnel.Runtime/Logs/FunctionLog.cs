using Fresnel.Engine;

namespace Fresnel.Runtime.Logs;

/// <summary>What functions logged and how they ended, newest kept in memory: what <c>npx convex logs</c> and the dashboard read.</summary>
/// <remarks>It is a view for people: at its bounds the oldest entries go, read or not. Source: <c>spec/deploy-api.md</c> §7.</remarks>
public sealed class FunctionLog
{
    /// <summary>Entries that are kept.</summary>
    public const int MostEntries = 4_096;

    /// <summary>Characters of lines and errors that are kept, over all entries.</summary>
    public const int MostCharacters = 16 << 20;

    /// <summary>Apart in time by at least this, in milliseconds: what a double still tells apart when it is sent as seconds.</summary>
    private const double Tick = 0.001;

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Queue<FunctionLogEntry> _entries = new();
    private TaskCompletionSource _grown = NewSignal();
    private double _newest;
    private long _characters;

    internal FunctionLog(TimeProvider time) => _time = time;

    /// <summary>Adds an entry and gives it its time.</summary>
    public void Add(FunctionLogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        TaskCompletionSource grown;
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            _newest = Math.Max((now - DateTimeOffset.UnixEpoch).TotalMilliseconds, _newest + Tick);
            _entries.Enqueue(entry with { Timestamp = _newest });
            _characters += CharactersOf(entry);
            while (_entries.Count > MostEntries || (_characters > MostCharacters && _entries.Count > 1)) _characters -= CharactersOf(_entries.Dequeue());
            grown = _grown;
            _grown = NewSignal();
        }

        grown.SetResult();
    }

    /// <summary>The entries after a cursor; waits for one when there is none.</summary>
    /// <param name="cursor">Unix milliseconds; 0 for everything that is kept.</param>
    /// <param name="timeout">How long to wait; then an empty page with the same cursor is the answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<FunctionLogPage> ReadAsync(double cursor, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        while (true)
        {
            Task grown;
            lock (_lock)
            {
                if (_newest > cursor && _entries.Count > 0) return new FunctionLogPage([.. _entries.SkipWhile(entry => entry.Timestamp <= cursor)], _newest);
                grown = _grown.Task;
            }

            try
            {
                await grown.OrCanceled(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return new FunctionLogPage([], cursor);
            }
        }
    }

    private static long CharactersOf(FunctionLogEntry entry) =>
        256 + (entry.Error?.Length ?? 0) + entry.LogLines.Sum(line => line.Messages.Sum(message => (long)message.Length));

    // Readers go on elsewhere: whoever logs must not wait for them.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
