using Fresnel.Engine.Commits;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Turns;
using Fresnel.Simulation.Histories;
using Fresnel.Simulation.Workloads;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>One session of one life, on the engine: mutations that begin when the one before is sealed, queries that wait until it is answered. Takes down each run.</summary>
internal sealed class WorldClient(string session, World world, Life life, Random random)
{
    /// <summary>Three before one is protected, one more, and then everybody waits. One is for a snapshot that is too old to be tested.</summary>
    private const int MostLosses = 5;

    private readonly List<Flight> _inFlight = [];
    private readonly List<Task> _unanswered = [];
    private readonly List<DocumentId> _scratch = [];
    private int _tokens;

    /// <summary>Works until it is told to stop, or the database goes away beneath it.</summary>
    public async Task RunAsync()
    {
        await Task.Yield();
        while (life.GoesOn())
        {
            var plan = life.Workloads[random.Next(life.Workloads.Count)].Next(random);
            if (plan.OnlyReads && random.Next(2) == 0) await QueryAsync(plan);
            else await MutateAsync(plan);
        }

        await AwaitAnswersAsync();
    }

    /// <summary>Whether somebody must still tell it the end of something.</summary>
    public bool IsBusy => _inFlight.Count > 0;

    /// <summary>The process died: nobody will answer what is under way.</summary>
    public void Crashed()
    {
        foreach (var flight in _inFlight) world.Recorder.Add(session, flight.IsSubmitted ? HistoryOutcome.Unknown : HistoryOutcome.Aborted, flight.Began, flight.Run.Operations);
    }

    /// <summary>A query: reads what is published, or was a moment ago.</summary>
    public async Task QueryAsync(Plan plan)
    {
        await AwaitAnswersAsync();
        var began = world.Recorder.Tick();
        while (true)
        {
            // A snapshot that is held without being read keeps no pages, and nobody may be shown one that is older than the answers that he had.
            var held = random.Next(6) == 0 ? life.Database.Published : null;
            if (held is not null) await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 30)), world.Time);
            var hasBegun = false;
            try
            {
                using var transaction = life.Database.BeginRead(held);
                hasBegun = held is null;
                var run = new ClientTransaction(transaction, world.Recorder, CancellationToken.None, PauseAsync);
                await TouchAsync(transaction);
                await plan.RunAsync(run);
                Answered(HistoryOutcome.Committed, began, run, transaction.Snapshot.Timestamp, wrote: false);
                return;
            }
            catch (SnapshotTooOldException) when (!hasBegun)
            {
                world.Counts.TooOld++;
            }
            catch (SnapshotTooOldException)
            {
                throw new InvalidDataException($"{session} lost pages of a snapshot that it was reading.");
            }
            catch (Exception exception) when (life.Forgives(exception))
            {
                if (life.IsOver) return;
            }
        }
    }

    /// <summary>A mutation: until it is in, or it changes its mind, or nobody answers.</summary>
    private async Task MutateAsync(Plan plan)
    {
        var began = world.Recorder.Tick();
        using var contender = life.Database.Contend();
        while (true)
        {
            Transaction? transaction = null;
            Flight? flight = null;
            Commit commit;
            try
            {
                transaction = await contender.BeginAsync(life.Stopping);
                flight = new(began, new ClientTransaction(transaction, world.Recorder, CancellationToken.None, PauseAsync));
                _inFlight.Add(flight);
                await TouchAsync(transaction);
                await plan.RunAsync(flight.Run);
                await DoMoreAsync(transaction, flight);
                if (random.Next(60) == 0)
                {
                    transaction.Dispose();
                    End(flight, HistoryOutcome.Aborted);
                    return;
                }

                flight.Wrote = !transaction.IsUnwritten;
                flight.IsSubmitted = true;
                commit = await life.Database.SubmitAsync(transaction, CancellationToken.None);
            }
            catch (SnapshotTooOldException gone)
            {
                // Only what the commit itself must load is of roots that nobody holds.
                if (flight is { IsSubmitted: false } && gone is not TurnTakenAnewException) throw new InvalidDataException($"{session} lost pages of a snapshot that it was reading.");
                world.Counts.TooOld++;
                transaction?.Dispose();
                if (flight is not null) End(flight, HistoryOutcome.Aborted);
                continue;
            }
            catch (Exception exception) when (life.Forgives(exception))
            {
                transaction?.Dispose();
                if (flight is not null) End(flight, HistoryOutcome.Aborted);
                if (life.IsOver) return;
                continue;
            }

            var inOrder = await commit.Sealed;
            if (inOrder.Outcome == CommitOutcome.Conflict)
            {
                End(flight, HistoryOutcome.Aborted);
                contender.Lost(commit, inOrder);
                if (contender.Losses > MostLosses) throw new InvalidDataException($"{session} has lost {contender.Losses} times, although it was protected.");
                continue;
            }

            var answer = AwaitAnswerAsync(commit, flight);
            if (random.Next(3) == 0) _unanswered.Add(answer);
            else await answer;
            return;
        }
    }

    /// <summary>What is not part of the history: documents that come and go, and jobs.</summary>
    private async ValueTask DoMoreAsync(Transaction transaction, Flight flight)
    {
        if (random.Next(5) == 0)
        {
            var text = new string('s', random.Next(4) == 0 ? 5_000 : random.Next(40));
            var table = transaction.FindTable("", "scratch")!;
            var fields = ValueObject.Create(("token", $"{random.Next(20)}"), ("text", text));
            if (_scratch.Count > 0 && random.Next(3) != 0)
            {
                var id = _scratch[random.Next(_scratch.Count)];
                if (random.Next(2) == 0) flight.Deleted = (await transaction.DeleteAsync(table, id, CancellationToken.None)).Id;
                else await transaction.PatchAsync(table, id, new([.. fields]), CancellationToken.None);
            }
            else flight.Inserted = (await transaction.InsertAsync(table, fields, CancellationToken.None)).Id;
        }

        if (random.Next(10) == 0)
        {
            flight.Token = $"{session}/{_tokens++}";
            var now = world.NowMilliseconds;
            await WorldFunctions.ScheduleAsync(transaction, flight.Token, now + random.Next(-2, 25), now, CancellationToken.None);
        }
    }

    private async Task AwaitAnswerAsync(Commit commit, Flight flight)
    {
        // What it deletes may be gone from here on, whatever it hears.
        if (flight.Deleted is { } deleted) _scratch.Remove(deleted);
        var result = await commit.Published;
        switch (result.Outcome)
        {
            case CommitOutcome.Committed:
                if (flight.Inserted is { } inserted) _scratch.Add(inserted);
                if (flight.Token is { } token) world.Promises.Scheduled([token]);
                _inFlight.Remove(flight);
                Answered(HistoryOutcome.Committed, flight.Began, flight.Run, result.Timestamp, flight.Wrote);
                break;
            case CommitOutcome.Unknown:
                End(flight, HistoryOutcome.Unknown);
                break;
            default:
                End(flight, HistoryOutcome.Aborted);
                // Memory or the disk is full: that takes a while to pass.
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(10, 300)), world.Time);
                break;
        }
    }

    private async Task AwaitAnswersAsync()
    {
        await Task.WhenAll(_unanswered);
        _unanswered.Clear();
    }

    private void End(Flight flight, HistoryOutcome outcome)
    {
        _inFlight.Remove(flight);
        world.Recorder.Add(session, outcome, flight.Began, flight.Run.Operations);
    }

    private void Answered(HistoryOutcome outcome, long began, ClientTransaction run, Timestamp at, bool wrote)
    {
        world.Recorder.Add(session, outcome, began, run.Operations);
        world.Ledger.Answered(session, at, wrote, run.Operations);
        world.Course.Note(at.Nanoseconds);
    }

    /// <summary>Now and then reads one of the documents that nobody changes.</summary>
    private async ValueTask TouchAsync(Transaction transaction)
    {
        if (random.Next(3) != 0) return;
        var known = world.Image.Ballast[random.Next(world.Image.Ballast.Count)];
        var found = await transaction.GetAsync(transaction.FindTable("", "ballast")!, known.Id.InternalId, CancellationToken.None);
        if (found is null || !found.Json.Span.SequenceEqual(known.Json.Span)) throw new InvalidDataException("A document that nobody changes is not what it was.");
    }

    private async ValueTask PauseAsync()
    {
        var pause = random.Next(24);
        if (pause < (life.IsCrowd ? 20 : 8)) await Task.Yield();
        else if (pause == 23) await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 8)), world.Time);
    }

    /// <summary>A run that nobody was told the end of yet.</summary>
    private sealed class Flight(long began, ClientTransaction run)
    {
        public long Began => began;

        public ClientTransaction Run => run;

        public bool IsSubmitted { get; set; }

        public bool Wrote { get; set; }

        public DocumentId? Inserted { get; set; }

        public DocumentId? Deleted { get; set; }

        public string? Token { get; set; }
    }
}
