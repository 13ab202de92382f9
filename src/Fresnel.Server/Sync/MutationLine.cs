using System.Threading.Channels;
using Fresnel.Protocol.Sync;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Errors;
using Fresnel.Values;

namespace Fresnel.Server.Sync;

/// <summary>The mutations of one session: each begins when the one before has its place in the order of commits, and they are answered in the order they came (M1).</summary>
/// <remarks>
/// What waits or runs is bounded by <see cref="SyncLimits.PendingMutations"/>. When the session ends, what runs goes on (the client sends it again and is given the recorded
/// outcome) and what waits is dropped (the client sends it again).
/// </remarks>
internal sealed class MutationLine(FunctionInvoker invoker, Outbox outbox, SyncState state, int limit, bool redacts)
{
    private readonly Channel<PendingMutation> _waiting = Channel.CreateUnbounded<PendingMutation>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<RunningMutation> _running = Channel.CreateUnbounded<RunningMutation>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly Queue<MutationRun> _unanswered = []; // Begun, and the answer not written yet; in order.
    private int _pending; // Received, and the answer not written yet.

    /// <summary>Puts a mutation in line.</summary>
    /// <param name="requestId">The client's number.</param>
    /// <param name="call">What to run.</param>
    /// <param name="key">Under which it takes effect once, or null.</param>
    /// <param name="bytes">What it takes of the budget until it is answered.</param>
    /// <exception cref="RequestException">Too many are pending.</exception>
    public void Add(uint requestId, FunctionCall call, RequestKey? key, int bytes)
    {
        if (Interlocked.Increment(ref _pending) > limit)
        {
            throw new RequestException(
                RequestErrorKind.RateLimited,
                "TooManyConcurrentMutations",
                $"Too many concurrent mutations. Only up to {limit} pending mutations allowed on a single websocket.");
        }

        _waiting.Writer.TryWrite(new PendingMutation(requestId, call, key, bytes));
    }

    /// <summary>Whether a mutation whose commit is in this snapshot has not been answered yet.</summary>
    public bool MustBeAnsweredBefore(Timestamp snapshot)
    {
        lock (_gate) return _unanswered.Any(run => run.IsIn(snapshot));
    }

    /// <summary>The oldest mutation's answer has been written.</summary>
    public void OnAnswered()
    {
        Interlocked.Decrement(ref _pending);
        lock (_gate) _unanswered.Dequeue();
    }

    /// <summary>Runs and answers until the session ends.</summary>
    public Task RunAsync() => Task.WhenAll(BeginAsync(), AnswerAsync());

    private async Task BeginAsync()
    {
        MutationRun? before = null;
        try
        {
            await foreach (var mutation in _waiting.Reader.ReadAllAsync(outbox.Ended))
            {
                // Not the session's token: a mutation that has begun is carried through.
                var run = invoker.Mutate(mutation.Call, mutation.Key, before, CancellationToken.None);
                before = run;
                lock (_gate) _unanswered.Enqueue(run);
                _running.Writer.TryWrite(new RunningMutation(mutation.RequestId, run, mutation.Bytes));
                if (await run.Sealed is not null) continue;

                // It has no place in the order. Unless the function itself failed, the client sends it again, and nothing that came after it may overtake it.
                await ((Task)run.Completed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!run.Completed.IsCompletedSuccessfully || run.Completed.Result.Error is { SystemCode: not null }) break;
            }
        }
        catch (OperationCanceledException)
        {
            // The session has ended.
        }
        catch (Exception exception)
        {
            outbox.Finish(state.EndOf(exception));
        }
        finally
        {
            _running.Writer.TryComplete();
        }
    }

    private async Task AnswerAsync()
    {
        try
        {
            await foreach (var (requestId, run, bytes) in _running.Reader.ReadAllAsync())
            {
                var outcome = await run.Completed;
                RequestErrors.ThrowIfFault(outcome);
                Timestamp? timestamp = outcome.Error is null ? outcome.Timestamp : null;
                outbox.Answer(new MutationResponse(requestId, FunctionErrors.ResultOf(outcome, redacts), timestamp), bytes);
            }
        }
        catch (Exception exception)
        {
            // It has no answer that may be told: the client comes back and asks again.
            outbox.Finish(state.EndOf(exception));
        }
    }

    private sealed record PendingMutation(uint RequestId, FunctionCall Call, RequestKey? Key, int Bytes);

    private sealed record RunningMutation(uint RequestId, MutationRun Run, int Bytes);
}
