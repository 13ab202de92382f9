using System.Runtime.CompilerServices;
using Fresnel.Engine.Stores;

namespace Fresnel.Testing;

/// <summary>A commit store in memory that can be told to hold, refuse, fail or crash. What it holds survives closing, so that it can be opened again.</summary>
public sealed class MemoryCommitStore : ICommitStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, ReadOnlyMemory<byte>> _log = [];
    private readonly SortedDictionary<long, ReadOnlyMemory<byte>> _pages = [];
    private ReadOnlyMemory<byte> _checkpoint;
    private long _logEnd;
    private TaskCompletionSource? _hold;
    private bool _crashed;

    /// <summary>Called before each append with its position; what it returns is thrown. Written first when <see cref="WritesBeforeFailing"/>.</summary>
    public Func<long, StoreFailure?>? FailAppend { get; set; }

    /// <summary>Called before pages are written or flipped to; may throw.</summary>
    public Action<string>? BeforeCheckpointStep { get; set; }

    /// <summary>Whether an append that fails has written its group all the same: the answer was lost, not the group.</summary>
    public bool WritesBeforeFailing { get; set; }

    /// <summary>How many groups were appended in this store's life.</summary>
    public int Appends { get; private set; }

    /// <summary>How many pages there are.</summary>
    public int PageCount
    {
        get
        {
            lock (_gate) return _pages.Count;
        }
    }

    /// <summary>How many pages were written in this store's life.</summary>
    public int PagesWritten { get; private set; }

    /// <summary>How many groups are in the log.</summary>
    public int LogLength
    {
        get
        {
            lock (_gate) return _log.Count;
        }
    }

    /// <summary>Completes when an append is being held.</summary>
    public Task Held => _held.Task;

    private TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets appends wait until the result is disposed.</summary>
    public IDisposable Hold()
    {
        lock (_gate)
        {
            _hold = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return new Release(this);
    }

    /// <summary>The process dies: nothing is taken or given any more. <see cref="Reopen"/> gives what was durable.</summary>
    public void Crash()
    {
        lock (_gate) _crashed = true;
    }

    /// <summary>A store with what was durable in this one.</summary>
    public MemoryCommitStore Reopen()
    {
        lock (_gate)
        {
            var copy = new MemoryCommitStore { _checkpoint = _checkpoint, _logEnd = _logEnd };
            foreach (var (position, group) in _log) copy._log.Add(position, group);
            foreach (var (number, bytes) in _pages) copy._pages.Add(number, bytes);
            return copy;
        }
    }

    /// <summary>Damages one byte of a group in the log.</summary>
    public void Damage(long position, int offset)
    {
        lock (_gate)
        {
            var bytes = _log[position].ToArray();
            bytes[offset] ^= 0x40;
            _log[position] = bytes;
        }
    }

    /// <summary>Damages one byte of some pages.</summary>
    public void DamagePages(Func<long, bool> which)
    {
        lock (_gate)
        {
            foreach (var number in _pages.Keys.Where(which).ToArray())
            {
                var bytes = _pages[number].ToArray();
                bytes[bytes.Length / 2] ^= 0x10;
                _pages[number] = bytes;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreHead> OpenAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            RequireAlive();
            return new(new StoreHead(_checkpoint, _log.Count == 0 ? _logEnd : _log.Keys.First(), _logEnd));
        }
    }

    /// <inheritdoc/>
    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> group, CancellationToken cancellationToken)
    {
        Task? hold;
        lock (_gate)
        {
            RequireAlive();
            hold = _hold?.Task;
            if (hold is not null) _held.TrySetResult();
        }

        if (hold is not null) await hold.WaitAsync(cancellationToken);
        lock (_gate)
        {
            RequireAlive();
            var failure = FailAppend?.Invoke(position);
            if (failure is null || WritesBeforeFailing)
            {
                if (position != _logEnd) throw new StoreException(StoreFailure.Refused, $"The log ends at {_logEnd}, not at {position}.");
                _log.Add(position, group.ToArray());
                _logEnd++;
                Appends++;
            }

            if (failure is { } told) throw new StoreException(told, $"The test wants this append to fail: {told}.");
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogRow> ReadLogAsync(long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LogRow[] rows;
        lock (_gate) rows = [.. _log.Where(row => row.Key >= from).Select(row => new LogRow(row.Key, row.Value))];
        await Task.CompletedTask;
        foreach (var row in rows) yield return row;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadPagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            RequireAlive();
            return new([.. numbers.Select(number => _pages.GetValueOrDefault(number))]);
        }
    }

    /// <inheritdoc/>
    public ValueTask WritePagesAsync(IReadOnlyList<Page> slice, CancellationToken cancellationToken)
    {
        BeforeCheckpointStep?.Invoke("pages");
        lock (_gate)
        {
            RequireAlive();
            foreach (var page in slice) _pages[page.Number] = page.Bytes.ToArray();
            PagesWritten += slice.Count;
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask FlipAsync(ReadOnlyMemory<byte> checkpoint, long logFrom, CancellationToken cancellationToken)
    {
        BeforeCheckpointStep?.Invoke("flip");
        lock (_gate)
        {
            RequireAlive();
            _checkpoint = checkpoint.ToArray();
            foreach (var position in _log.Keys.Where(position => position < logFrom).ToArray()) _log.Remove(position);
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask DeletePagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            RequireAlive();
            foreach (var number in numbers) _pages.Remove(number);
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask SweepPagesAsync(long from, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            foreach (var number in _pages.Keys.Where(number => number >= from).ToArray()) _pages.Remove(number);
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private void RequireAlive()
    {
        if (_crashed) throw new StoreException(StoreFailure.SyncFailed, "The process has crashed.");
    }

    private sealed class Release(MemoryCommitStore store) : IDisposable
    {
        public void Dispose()
        {
            lock (store._gate)
            {
                store._hold?.TrySetResult();
                store._hold = null;
            }
        }
    }
}
