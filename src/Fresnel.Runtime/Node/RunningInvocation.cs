using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Node;

/// <summary>An invocation that a worker runs: the engine's side of it. What the worker asks comes in as steps.</summary>
/// <remarks>
/// In queries and mutations steps are taken one at a time in the order they came, and the result is one of them, so whatever was issued has been
/// done before it counts. In actions they run side by side. An invocation that is ended completes once the step under way has ended: nobody
/// works on its transaction afterwards. A posted write is done in any case, also when the function threw since: had it been refused, the function
/// would have seen that first.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without a timer holds nothing, and its token may outlive the invocation.")]
internal sealed class RunningInvocation
{
    /// <summary>Bytes of steps that wait at which the worker is held to be gone wrong: code that asks for so much has overrun the limits of its transaction long before.</summary>
    private const long MostWaiting = 256 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<Step> _steps = new();
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource<InvocationResult> _completion;
    private readonly Worker _worker;
    private bool _isPumping;
    private bool _hasEnded;
    private InvocationResult? _result;
    private Exception? _failure;
    private int _outstanding;
    private int _posts;
    private long _waiting;

    public RunningInvocation(ulong id, Invocation invocation, Worker worker, long? deadline)
    {
        Id = id;
        Invocation = invocation;
        Deadline = deadline;
        _worker = worker;
        // The rest of a mutation is short (its result is checked and its commit handed over), and what comes in one read is so handed over together.
        // What called it may go on for as long as it likes.
        _completion = new(invocation is { IsRoot: true, Function.Kind: FunctionKind.Mutation } ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        if (invocation.Http is { } exchange) RequestSender = new HttpRequestSender(worker, this, exchange);
    }

    public ulong Id { get; }

    public Invocation Invocation { get; }

    /// <summary>Sends the body of the request that it answers; null when it answers none.</summary>
    public HttpRequestSender? RequestSender { get; }

    /// <summary>The timestamp at which its time is over, or null when the worker measures it.</summary>
    public long? Deadline { get; }

    public Task<InvocationResult> Completion => _completion.Task;

    /// <summary>When the worker was last told something of it, by the clock's timestamps: whoever loops was told before.</summary>
    public long ToldAt { get; set; }

    /// <summary>Whether it has come to an end here; the worker may not know yet.</summary>
    public bool HasEnded => Volatile.Read(ref _hasEnded);

    /// <summary>Whether its code can go on: it waits for no reply of ours.</summary>
    public bool IsRunnable => Volatile.Read(ref _outstanding) == 0;

    private bool IsAction => Invocation.Function.Kind is FunctionKind.Action or FunctionKind.HttpAction;

    /// <summary>Takes what the worker sent, on the reading thread.</summary>
    /// <exception cref="MalformedFrameException">It sends far more than is done.</exception>
    public void Take(Step step)
    {
        if (step.IsAnswered) Interlocked.Increment(ref _outstanding);
        if (IsAction)
        {
            if (!HasEnded) Perform(step, out _);
            return;
        }

        lock (_gate)
        {
            if (_hasEnded) return;
            if ((_waiting += step.Weight) > MostWaiting) throw new MalformedFrameException("It asks for more than it waits for.");
            if (step.Kind is FrameKind.Post) _posts++;
            _steps.Enqueue(step);
            if (_isPumping) return;
            _isPumping = true;
        }

        Pump();
    }

    /// <summary>Ends it from outside: its code never learns of it.</summary>
    public void Abandon(AbandonReason reason, string message, Exception? inner = null)
    {
        var why = inner as InvocationAbandonedException ?? new InvocationAbandonedException(reason, message, inner);
        if (End(null, why)) _worker.Terminate(this);
        else if (!GivesUp(why)) return;
        _ = _cancel.CancelAsync();
    }

    /// <summary>It threw: nothing of what it still wants counts.</summary>
    public void Fail(FunctionError error, bool observedTime, TimeSpan userTime)
    {
        if (End(new InvocationResult(default, error, observedTime, userTime), null) && !IsAction && !HasPosts) _ = _cancel.CancelAsync();
    }

    private bool End(InvocationResult? result, Exception? failure)
    {
        lock (_gate)
        {
            if (_hasEnded) return false;
            _result = result;
            _failure = failure;
            _hasEnded = true;
            // What it wanted no longer counts; what it said and read before it failed still does.
            var said = failure is null ? _steps.Where(step => step.Kind is FrameKind.Log or FrameKind.Consumed or FrameKind.Post).ToList() : [];
            _steps.Clear();
            foreach (var step in said) _steps.Enqueue(step);
            if (_isPumping) return true;
        }

        Complete();
        return true;
    }

    /// <summary>It threw, and a posted write is still waited for: no longer. Whoever pumps completes it.</summary>
    private bool GivesUp(InvocationAbandonedException why)
    {
        lock (_gate)
        {
            if (_posts == 0) return false;
            _failure ??= why;
            return true;
        }
    }

    /// <summary>Whether a posted write is not done yet: whatever else was asked came after it, and has not begun.</summary>
    private bool HasPosts
    {
        get
        {
            lock (_gate) return _posts > 0;
        }
    }

    private void Complete()
    {
        if (_failure is not null) _completion.TrySetException(_failure);
        else _completion.TrySetResult(_result!);
    }

    private void Pump()
    {
        while (TakeStep() is { } step)
        {
            if (Perform(step, out var waiting)) continue;
            _ = PumpAfterAsync(waiting!);
            return;
        }
    }

    private Step? TakeStep()
    {
        lock (_gate)
        {
            if (_failure is not null) _steps.Clear();
            if (_steps.TryDequeue(out var step))
            {
                _waiting -= step.Weight;
                return step;
            }

            _isPumping = false;
            if (!_hasEnded) return null;
        }

        Complete();
        return null;
    }

    /// <summary>Takes a step, and says whether it is done with it.</summary>
    private bool Perform(Step step, out Task? waiting)
    {
        waiting = null;
        try
        {
            switch (step.Kind)
            {
                case FrameKind.OpenQuery: Invocation.Scope.OpenQuery((int)step.Number, step.Payload); break;
                case FrameKind.CloseQuery: Invocation.Scope.CloseQuery((int)step.Number); break;
                case FrameKind.Consumed: Invocation.Scope.Consume(step.Query, (int)step.Number); break;
                case FrameKind.Log: Invocation.Scope.Log(step.Line!); break;
                case FrameKind.Result: End(step.Result, null); break;
                case FrameKind.Post:
                    var done = Invocation.Scope.SyscallAsync(step.Operation!, step.Payload, _cancel.Token);
                    if (!done.IsCompletedSuccessfully) waiting = FinishAsync(step, done);
                    else Posted();
                    break;
                case FrameKind.Syscall:
                    var answer = Invocation.Scope.SyscallAsync(step.Operation!, step.Payload, _cancel.Token);
                    if (!answer.IsCompletedSuccessfully) waiting = AnswerAsync(step, answer);
                    else Reply(step, true, answer.Result.Span);
                    break;
                case FrameKind.Next:
                    var rows = Invocation.Scope.NextAsync(step.Query, _cancel.Token);
                    if (!rows.IsCompletedSuccessfully) waiting = AnswerAsync(step, rows);
                    else Reply(step, rows.Result);
                    break;
            }
        }
        catch (Exception failure)
        {
            Refuse(step, failure);
        }

        return waiting is null;
    }

    private async Task PumpAfterAsync(Task waiting)
    {
        await waiting;
        Pump();
    }

    private async Task AnswerAsync(Step step, ValueTask<ReadOnlyMemory<byte>> answer)
    {
        try
        {
            Reply(step, true, (await answer).Span);
        }
        catch (Exception failure)
        {
            Refuse(step, failure);
        }
    }

    private async Task FinishAsync(Step step, ValueTask<ReadOnlyMemory<byte>> done)
    {
        try
        {
            await done;
            Posted();
        }
        catch (Exception failure)
        {
            Refuse(step, failure);
        }
    }

    private async Task AnswerAsync(Step step, ValueTask<StreamRows> rows)
    {
        try
        {
            Reply(step, await rows);
        }
        catch (Exception failure)
        {
            Refuse(step, failure);
        }
    }

    /// <summary>Only an error that a person can cause reaches user code; everything else ends a query or mutation from outside.</summary>
    private void Refuse(Step step, Exception failure)
    {
        if (step.Kind is FrameKind.Post && RefusePost(failure)) return;
        switch (failure)
        {
            case DeveloperException error when step.IsAnswered:
                Reply(step, false, Rejection(error.Message, error.ErrorData));
                break;
            case InvocationAbandonedException abandoned:
                Abandon(abandoned.Reason, abandoned.Message, abandoned);
                break;
            case OperationCanceledException when HasEnded || _cancel.IsCancellationRequested:
                break;
            case OperationCanceledException:
                Abandon(AbandonReason.Canceled, "The invocation was canceled.", failure);
                break;
            default:
                _worker.Report(failure, this, step.Operation);
                if (IsAction && step.IsAnswered) Reply(step, false, Rejection("Your request couldn't be completed. Try again later.", default));
                else Abandon(AbandonReason.Internal, $"{step.Operation ?? step.Kind.ToString()} failed: {failure.Message}", failure);
                break;
        }
    }

    private void Posted()
    {
        lock (_gate) _posts--;
    }

    /// <summary>A posted write failed: whatever the function made of its success does not count, its end included. Says whether that is how it ends.</summary>
    private bool RefusePost(Exception failure)
    {
        var refused = failure switch
        {
            DeveloperException => new InvocationAbandonedException(AbandonReason.PostRefused, failure.Message, failure),
            InvocationAbandonedException abandoned => abandoned,
            _ => null,
        };
        if (refused is null) return false;
        Posted();
        lock (_gate)
        {
            if (_hasEnded)
            {
                // It threw meanwhile. Whoever pumps completes it.
                _failure ??= refused;
                return true;
            }
        }

        Abandon(refused.Reason, refused.Message, refused);
        return true;
    }

    private void Reply(Step step, bool isOk, ReadOnlySpan<byte> text)
    {
        Interlocked.Decrement(ref _outstanding);
        if (!HasEnded) _worker.Reply(this, step.Number, isOk, text);
    }

    private void Reply(Step step, StreamRows rows)
    {
        Interlocked.Decrement(ref _outstanding);
        if (!HasEnded) _worker.Reply(this, step.Number, rows);
    }

    private static byte[] Rejection(string message, ReadOnlyMemory<byte> data)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("message", message);
            if (!data.IsEmpty)
            {
                json.WritePropertyName("data");
                json.WriteRawValue(data.Span);
            }

            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
