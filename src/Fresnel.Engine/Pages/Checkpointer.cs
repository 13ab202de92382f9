using Fresnel.Engine.Commits;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Tables;
using Microsoft.Extensions.Logging;

namespace Fresnel.Engine.Pages;

/// <summary>Writes checkpoints: the trees' new nodes as pages, then one row; so that start-up reads that and only the tail of the log behind it.</summary>
/// <remarks>
/// It starts by itself when the log behind the last checkpoint is long enough, or when too much is in memory only, and works beside the commits, from a published snapshot that nobody can change.
/// One runs at a time. A failed one leaves the last one in force, and is tried again when the log has grown as much again.
/// </remarks>
internal sealed partial class Checkpointer : IAsyncDisposable
{
    /// <summary>Bytes of pages that are written at once: commits wait no longer than for that.</summary>
    private const int SliceBytes = 1 << 20;

    /// <summary>Likewise for pages that are deleted.</summary>
    private const int PagesDeletedAtOnce = 1_024;

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private readonly ICommitStore _store;
    private readonly DatabaseOptions _options;
    private readonly KeyAllocator _keys;
    private readonly NodeCache _nodes;
    private readonly FreedPages _freed;
    private readonly KeptLog _keptLog;
    private readonly ILogger _log;
    private readonly Lock _gate = new();

    /// <summary>The newest published roots and the position behind them; what the next checkpoint writes.</summary>
    private (Snapshot Snapshot, long LogEnd) _published;

    /// <summary>The snapshot that the last checkpoint wrote, to tell what the next one frees; null when there was none.</summary>
    private Snapshot? _last;
    private long _nextPage;

    /// <summary>The first page of a checkpoint that failed, while its pages are there; null when nothing was left behind.</summary>
    private long? _unswept;

    /// <summary>Bytes of log that the last checkpoint does not hold.</summary>
    private long _logBytes;

    /// <summary>Beyond this, the next checkpoint starts.</summary>
    private long _startAt;
    private Task _running = Task.CompletedTask;

    /// <summary>When the last one failed; null when it did not.</summary>
    private long? _failedAt;
    private bool _closing;

    public Checkpointer(ICommitStore store, DatabaseOptions options, KeyAllocator keys, NodeCache nodes, LoadedState loaded)
    {
        _nodes = nodes;
        _freed = new(options.Time, options.ReplacedPagesKeptFor);
        _keptLog = new(options.Time, options.LogKeptFor, options.LogKeptBytes);
        _store = store;
        _options = options;
        _keys = keys;
        _log = options.Log.CreateLogger<Checkpointer>();
        _published = (loaded.Start.Snapshot, loaded.Start.LogEnd);
        _last = loaded.Checkpoint;
        _nextPage = loaded.NextPage;
        _logBytes = loaded.Report.ReplayedBytes;
        _startAt = options.CheckpointAfterLogBytes;
        _freed.AddDue(loaded.Report.CheckpointTimestamp, loaded.Freed);
    }

    /// <summary>Begins to delete what the process before left to be deleted: beside the first transactions, which need not wait for it.</summary>
    public void Start()
    {
        lock (_gate) _running = Loop.Start(_options.Scheduler, () => TryAsync(GiveUpPagesAsync));
    }

    /// <summary>Takes note of a published group, and starts a checkpoint when it is time. Returns at once.</summary>
    public void Note(PublishedGroup group)
    {
        lock (_gate)
        {
            _published = (group.Snapshot, group.LogEnd);
            _logBytes += group.LogBytes;
            _keptLog.Add(group.LogEnd - 1, group.LogBytes);
            if (!_running.IsCompleted || _closing || (_logBytes < _startAt && !IsDirtyLocked())) return;
            _running = Loop.Start(_options.Scheduler, () => TryAsync(WriteAsync));
        }
    }

    /// <summary>The checkpoint that will make dirty nodes clean; null when none is under way and none can be started, because the last one failed a moment ago.</summary>
    public Task? Relief()
    {
        lock (_gate)
        {
            if (_running.IsCompleted && !_closing && IsDirtyLocked()) _running = Loop.Start(_options.Scheduler, () => TryAsync(WriteAsync));
            return _running.IsCompleted ? null : _running;
        }
    }

    /// <summary>Writes a checkpoint of what is published now.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task running;
            bool isOurs;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_closing, this);
                isOurs = _running.IsCompleted;
                if (isOurs) _running = Loop.Start(_options.Scheduler, WriteAsync);
                running = _running;
            }

            // One that runs already may have begun too early: it is waited for, whatever becomes of it, and then another begins.
            if (!isOurs) await Task.WhenAny(running).OrCanceled(cancellationToken);
            else
            {
                await running.OrCanceled(cancellationToken);
                return;
            }
        }
    }

    /// <summary>Waits for the checkpoint that is running; no other starts.</summary>
    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_gate)
        {
            _closing = true;
            running = _running;
        }

        await Task.WhenAny(running);
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failed)
        {
            LogFailed(failed);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await WriteNowAsync();
        }
        catch
        {
            lock (_gate) _failedAt = _options.Time.GetTimestamp();
            throw;
        }
    }

    private async Task WriteNowAsync()
    {
        Snapshot snapshot;
        long logEnd, logBytes;
        lock (_gate)
        {
            (snapshot, logEnd) = _published;
            logBytes = _logBytes;
            // Should this one fail, the next waits until as much again was written.
            _startAt = logBytes + _options.CheckpointAfterLogBytes;
        }

        await SweepAsync();
        await GiveUpPagesAsync();
        var difference = await PageDifference.BetweenAsync(_last, snapshot, _store);
        var firstPage = _nextPage;
        var isFlipping = false;
        try
        {
            await WritePagesAsync(difference.Nodes);
            isFlipping = true;
            CheckpointRoot[] roots = [.. snapshot.Roots.All().Select(root => new CheckpointRoot(root.Index, root.Tree.IsKeyOnly, root.Tree.Count, root.Tree.Root.Page))];
            var row = new CheckpointRow(snapshot.Timestamp, logEnd, _nextPage, _keys.Last, roots, _freed.With(difference.Freed));
            await _store.FlipAsync(row.Write(), CutAt(logEnd), CancellationToken.None);
        }
        catch (Exception failed)
        {
            foreach (var node in difference.Nodes) Forget(node, firstPage);
            // It may be in force after all: then its pages must stay, and a few that are of no use are the price for not knowing.
            if (isFlipping && failed is not StoreException { Failure: StoreFailure.Refused }) throw;

            // The pages belong to no checkpoint; their numbers are given again, so they must be gone before that.
            _unswept = firstPage;
            await SweepAsync();
            throw;
        }

        _last = snapshot;
        _freed.Add(_nodes.Clean(difference.Nodes, difference.CatalogNodes), snapshot.Timestamp, difference.Freed);
        lock (_gate)
        {
            _failedAt = null;
            _logBytes -= logBytes;
            _startAt = _options.CheckpointAfterLogBytes;
        }

        LogWritten(snapshot.Timestamp.Nanoseconds, difference.Nodes.Count, difference.Freed.Count);
        if (difference.Damaged.Count > 0) LogDamaged(string.Join(", ", difference.Damaged));
        await GiveUpPagesAsync();
    }

    /// <summary>Deletes what a checkpoint that failed left behind; a store that refuses is asked again by the next one.</summary>
    private async Task SweepAsync()
    {
        if (_unswept is not { } from) return;
        await _store.SweepPagesAsync(from, CancellationToken.None);
        (_nextPage, _unswept) = (from, null);
    }

    /// <summary>Deletes pages that no snapshot can need any more.</summary>
    private async Task GiveUpPagesAsync()
    {
        while (_freed.Due() is var (checkpoint, pages))
        {
            _nodes.GiveUpBefore(checkpoint);
            // Should the store refuse, the next checkpoint asks again.
            foreach (var slice in pages.Chunk(PagesDeletedAtOnce)) await _store.DeletePagesAsync(slice, CancellationToken.None);
            _freed.Remove();
        }
    }

    private long CutAt(long logEnd)
    {
        lock (_gate) return _keptLog.CutAt(logEnd);
    }

    /// <summary>Whether memory asks for a checkpoint; not at once after one that failed.</summary>
    private bool IsDirtyLocked() => _nodes.IsDirty && (_failedAt is not { } failedAt || _options.Time.GetElapsedTime(failedAt) >= AfterFailure);

    private async Task WritePagesAsync(List<Node> nodes)
    {
        var (slice, bytes) = (new List<Page>(), 0);
        foreach (var node in nodes)
        {
            var content = node.Required;
            if (content is Leaf leaf)
            {
                for (var i = 0; i < leaf.Count; i++)
                {
                    if (leaf.DocumentAt(i) is not { Page: 0, Json.Length: > PageFormat.LargeDocument } document) continue;
                    document.Page = _nextPage++;
                    Add(new(document.Page, PageFormat.Write(document)));
                }
            }

            node.Page = _nextPage++;
            Add(new(node.Page, PageFormat.Write(content, node.Page)));
            if (bytes >= SliceBytes) await WriteSliceAsync();
        }

        if (slice.Count > 0) await WriteSliceAsync();

        void Add(Page page)
        {
            slice.Add(page);
            bytes += page.Bytes.Length;
        }

        async Task WriteSliceAsync()
        {
            await _store.WritePagesAsync(slice, CancellationToken.None);
            (slice, bytes) = ([], 0);
        }
    }

    private static void Forget(Node node, long firstPage)
    {
        node.Page = 0;
        if (node.Content is not Leaf leaf) return;
        for (var i = 0; i < leaf.Count; i++)
        {
            if (leaf.DocumentAt(i) is { } document && document.Page >= firstPage) document.Page = 0;
        }
    }

    [LoggerMessage(120, LogLevel.Debug, "Wrote a checkpoint as of {Timestamp}: {Nodes} nodes written, {Freed} pages freed.")]
    private partial void LogWritten(long timestamp, int nodes, int freed);

    [LoggerMessage(122, LogLevel.Error, "A checkpoint freed pages that are damaged: {Pages}. What only they referred to stays in the file, and is of no use.")]
    private partial void LogDamaged(string pages);

    [LoggerMessage(121, LogLevel.Warning, "A checkpoint failed; the last one stays in force and the log goes on growing.")]
    private partial void LogFailed(Exception failure);
}

/// <summary>What start-up made of the store.</summary>
/// <param name="Start">Where the committer begins.</param>
/// <param name="Checkpoint">The checkpoint's snapshot, without the tail of the log; null when there was none.</param>
/// <param name="NextPage">The first free number of a page.</param>
/// <param name="Freed">Pages that only snapshots of the process before needed.</param>
/// <param name="Report">What to tell of it.</param>
internal sealed record LoadedState(StartState Start, Snapshot? Checkpoint, long NextPage, IReadOnlyList<long> Freed, StartReport Report);
