using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Pages;
using Fresnel.Engine.Transactions;
using Fresnel.Simulation.Histories;

namespace Fresnel.Simulation.Workloads;

/// <summary>One session: mutations that begin when the one before is sealed, queries that wait until it is answered. Runs what lost again, and takes down each run.</summary>
internal sealed class Client(string session, Database database, Ballast ballast, HistoryRecorder recorder, Random random, ClientLife life, CancellationToken cancellationToken)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<Task> _unanswered = [];

    /// <summary>Works until it is told to stop, or the database goes away beneath it.</summary>
    public async Task RunAsync(Workload workload)
    {
        while (life.GoesOn())
        {
            var plan = workload.Next(random);
            if (plan.OnlyReads && random.Next(2) == 0) await QueryAsync(plan);
            else await MutateAsync(plan);
        }

        await AwaitAnswersAsync();
    }

    /// <summary>A query: reads what is published.</summary>
    public async Task QueryAsync(Plan plan)
    {
        await AwaitAnswersAsync();
        var began = recorder.Tick();
        while (true)
        {
            using var transaction = database.BeginRead();
            var run = new ClientTransaction(transaction, recorder, cancellationToken);
            try
            {
                await ballast.TouchAsync(transaction, random, cancellationToken);
                await plan.RunAsync(run);
                recorder.Add(session, HistoryOutcome.Committed, began, run.Operations);
                return;
            }
            catch (SnapshotTooOldException)
            {
                life.CountTooOld();
            }
            catch (Exception exception) when (exception is not InvalidDataException && life.IsEnding)
            {
                return;
            }
        }
    }

    /// <summary>A mutation: until it is in, or it changes its mind, or nobody answers.</summary>
    public async Task MutateAsync(Plan plan)
    {
        var began = recorder.Tick();
        using var contender = database.Contend();
        while (true)
        {
            Transaction? transaction = null;
            ClientTransaction? run = null;
            Commit commit;
            try
            {
                transaction = await contender.BeginAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken);
                run = new ClientTransaction(transaction, recorder, cancellationToken);
                await ballast.TouchAsync(transaction, random, cancellationToken);
                await plan.RunAsync(run);
                if (random.Next(60) == 0)
                {
                    transaction.Dispose();
                    recorder.Add(session, HistoryOutcome.Aborted, began, run.Operations);
                    return;
                }

                commit = await database.SubmitAsync(transaction, cancellationToken);
            }
            catch (SnapshotTooOldException)
            {
                transaction?.Dispose();
                life.CountTooOld();
                continue;
            }
            catch (Exception exception) when (exception is not InvalidDataException && life.IsEnding)
            {
                transaction?.Dispose();
                if (run is not null) recorder.Add(session, HistoryOutcome.Aborted, began, run.Operations);
                return;
            }

            var inOrder = await commit.Sealed.WaitAsync(Patience, cancellationToken);
            if (inOrder.Outcome == CommitOutcome.Conflict)
            {
                recorder.Add(session, HistoryOutcome.Aborted, began, run.Operations);
                contender.Lost(commit, inOrder);
                continue;
            }

            var answer = AwaitAnswerAsync(commit, began, run);
            if (random.Next(3) == 0) _unanswered.Add(answer);
            else await answer;
            return;
        }
    }

    private async Task AwaitAnswerAsync(Commit commit, long began, ClientTransaction run)
    {
        var result = await commit.Published.WaitAsync(Patience, cancellationToken);
        var outcome = result.Outcome switch
        {
            CommitOutcome.Committed => HistoryOutcome.Committed,
            CommitOutcome.Unknown => HistoryOutcome.Unknown,
            _ => HistoryOutcome.Aborted,
        };
        recorder.Add(session, outcome, began, run.Operations);
    }

    private async Task AwaitAnswersAsync()
    {
        await Task.WhenAll(_unanswered);
        _unanswered.Clear();
    }
}
