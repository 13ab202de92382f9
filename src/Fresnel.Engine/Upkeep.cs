using System.Threading.Channels;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Microsoft.Extensions.Logging;

namespace Fresnel.Engine;

/// <summary>What the database does for itself after commits of others: fills indexes, and now and then takes old request records away.</summary>
internal sealed partial class Upkeep : IPublicationListener, IAsyncDisposable
{
    private const int PrunedAtOnce = 1_000;
    private static readonly TimeSpan BetweenPrunings = TimeSpan.FromHours(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private readonly Database _database;
    private readonly DatabaseOptions _options;
    private readonly ILogger _log;
    private readonly Backfill _backfill;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Holds one token while there may be something to do; more would say nothing new.</summary>
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private DateTimeOffset _pruned;
    private Task _loop = Task.CompletedTask;

    public Upkeep(Database database, DatabaseOptions options)
    {
        _database = database;
        _options = options;
        _log = options.Log.CreateLogger<Upkeep>();
        _backfill = new(database);
    }

    public void Start()
    {
        _wake.Writer.TryWrite(true);
        _loop = Loop.Start(_options.Scheduler, RunAsync);
    }

    public void OnPublished(Publication publication) => _wake.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        _wake.Writer.TryComplete();
        _stopping.Cancel();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _wake.Reader.WaitToReadAsync(_stopping.Token))
            {
                while (_wake.Reader.TryRead(out _)) await WorkAsync();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The database is being closed; the cursors are durable and go on next time.
        }
    }

    /// <summary>Does what there is to do. What fails is tried again after a while, however many commit meanwhile.</summary>
    private async Task WorkAsync()
    {
        try
        {
            while (await _backfill.StepAsync(_ => true, _stopping.Token))
            {
            }

            await PruneAsync();
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            LogFailed(failed);
            await Task.Delay(AfterFailure, _options.Time, _stopping.Token);
            _wake.Writer.TryWrite(true);
        }
    }

    private async Task PruneAsync()
    {
        var now = _options.Time.GetUtcNow();
        if (now - _pruned < BetweenPrunings) return;
        _pruned = now;
        var more = true;
        while (more)
        {
            var transaction = _database.BeginWrite(TransactionLimits.None);
            try
            {
                more = await RequestRecords.PruneAsync(transaction, now, PrunedAtOnce, _stopping.Token);
            }
            catch
            {
                transaction.Dispose();
                throw;
            }

            var commit = await _database.SubmitAsync(transaction, _stopping.Token);
            more &= (await commit.Sealed.OrCanceled(_stopping.Token)).Outcome == CommitOutcome.Committed;
        }
    }

    [LoggerMessage(130, LogLevel.Error, "The database's upkeep failed; indexes are not filled further until it succeeds. It tries again in a few seconds.")]
    private partial void LogFailed(Exception failure);
}
