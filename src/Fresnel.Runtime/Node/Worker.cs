using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.HttpActions;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Node;

/// <summary>One Node process and the invocations that it runs, side by side.</summary>
/// <remarks>
/// It starts when it is made, takes invocations at once (they wait until it has said hello), and ends once: by a crash, by being killed when its
/// code does not let go of the processor, or when it is no longer needed. Whatever it ran then ends with it.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "What it owns ends with the process, in OnClosed.")]
internal sealed class Worker
{
    private static readonly TimeSpan WeighPeriod = TimeSpan.FromSeconds(5);

    private readonly WorkerSettings _settings;
    private readonly ReadOnlyMemory<byte> _setup;
    private readonly BundleLease _bundle;
    private readonly Action<IReadOnlyList<Invocation>> _suspect;
    private readonly ConcurrentDictionary<ulong, RunningInvocation> _running = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _starting = new();
    private readonly Lock _invokeGate = new();
    private readonly WorkerPulse _pulse;
    private WorkerProcess? _process;
    private WorkerLink? _link;
    private string _token = "";
    private IReadOnlyDictionary<string, uint>? _tables;
    private ulong _lastId;
    private int _load;
    private volatile bool _isImporting;
    private volatile bool _isRetired;
    private volatile bool _wasStuck;
    private volatile bool _wasTooLarge;
    private long _bornAt;
    private long _weighedAt;
    private long _residentBytes;
    private long _askedAt = long.MaxValue;
    private volatile Exception? _end;

    /// <param name="settings">How it is started and watched.</param>
    /// <param name="setup">What it is told first.</param>
    /// <param name="bundle">What it imports.</param>
    /// <param name="suspect">Told of invocations of which one, unknown which, brought it down.</param>
    public Worker(WorkerSettings settings, ReadOnlyMemory<byte> setup, BundleLease bundle, Action<IReadOnlyList<Invocation>> suspect)
    {
        _settings = settings;
        _setup = setup;
        _bundle = bundle;
        _suspect = suspect;
        _pulse = new WorkerPulse(settings.Time);
        _connected.Task.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        _ = StartAsync();
    }

    /// <summary>Invocations that it has, those included that were ended and of which it has not said so yet.</summary>
    public int Load => Volatile.Read(ref _load);

    /// <summary>Whether it may be given more.</summary>
    public bool IsOpen => !_isRetired && _end is null;

    /// <summary>Whether it has connected.</summary>
    public bool IsReady => _connected.Task.IsCompletedSuccessfully;

    /// <summary>Whether it should have been heard for a while: what is given to it now would wait.</summary>
    public bool IsSilent => _pulse.IsSilent;

    /// <summary>Whether it has lived long enough, or has become large, so that another one should take its place.</summary>
    public bool IsDue
    {
        get
        {
            if (!IsReady) return false;
            var age = _settings.Time.GetElapsedTime(_bornAt);
            return age >= _settings.Lives.MostAge || (age >= _settings.Lives.LeastAge && Volatile.Read(ref _residentBytes) >= _settings.DueBytes);
        }
    }

    /// <summary>When it last had something to do.</summary>
    public long LastUsed { get; private set; }

    /// <summary>Completes when the process is gone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Takes a place in it, to be used by <see cref="RunAsync"/>.</summary>
    public void Reserve() => Interlocked.Increment(ref _load);

    /// <summary>Runs an invocation for which a place was reserved. Null when the worker was gone before it was told of it.</summary>
    public async Task<InvocationResult?> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        try
        {
            if (!_connected.Task.IsCompletedSuccessfully) await _connected.Task.WaitAsync(cancellationToken);
        }
        catch (Exception failure)
        {
            Release();
            if (failure is InvocationAbandonedException) return null;
            throw failure switch
            {
                OperationCanceledException => new InvocationAbandonedException(AbandonReason.Canceled, "The invocation was canceled.", failure),
                // Somebody ended it before it was told of anything: another one may do better.
                IOException => new InvocationAbandonedException(AbandonReason.WorkerLost, failure.Message, failure),
                _ => new InvocationAbandonedException(AbandonReason.Internal, failure.Message, failure),
            };
        }

        var deadline = _settings.WallTime is { } wall ? _settings.Time.GetTimestamp() + (long)(wall.TotalSeconds * _settings.Time.TimestampFrequency) : (long?)null;
        var running = new RunningInvocation(Interlocked.Increment(ref _lastId), invocation, this, deadline);
        _running[running.Id] = running;
        if (_end is not null)
        {
            Forget(running.Id);
            return null;
        }

        if (invocation.Http is { } exchange) Connect(running, exchange);
        Send(running);
        running.RequestSender?.Start();
        await using var registration = cancellationToken.UnsafeRegister(
            static state => ((RunningInvocation)state!).Abandon(AbandonReason.Canceled, "The invocation was canceled."), running);
        return await running.Completion;
    }

    /// <summary>Takes no more, and ends when nothing runs in it.</summary>
    public void Retire()
    {
        _isRetired = true;
        if (Load == 0) End(Retired());
    }

    /// <summary>Ends it now, with what it runs.</summary>
    public void Stop() => End(new OperationCanceledException("The deployment is shutting down."));

    /// <summary>Looks how large it is, now and then.</summary>
    public void Weigh()
    {
        if (!IsReady || _settings.Time.GetElapsedTime(_weighedAt) < WeighPeriod) return;
        _weighedAt = _settings.Time.GetTimestamp();
        Volatile.Write(ref _residentBytes, _process!.Look().ResidentBytes);
    }

    /// <summary>Looks whether its code still lets go of the processor, how large it is, and whose time is over. To be called every tenth of a second while it has something to do.</summary>
    public void Watch()
    {
        var now = _settings.Time.GetTimestamp();
        var hasEnded = false;
        var isRunnable = false;
        foreach (var running in _running.Values)
        {
            if (now >= running.Deadline) running.Abandon(AbandonReason.TimedOut, TimedOutText(running.Invocation));
            hasEnded |= running.HasEnded;
            isRunnable |= running.IsRunnable;
        }

        if (!IsReady) return;
        var look = _process!.Look();
        var isDeterministic = _settings.Kind is WorkerKind.Deterministic;
        if (look.ResidentBytes > _settings.MostBytes)
        {
            _wasTooLarge = true;
            End(new InvalidOperationException("The worker took too much memory."));
            return;
        }

        var limit = _isImporting ? WorkerSettings.ImportTime
            : isDeterministic ? _settings.Limits.UserTime
            : hasEnded ? WorkerSettings.TerminationTime : _settings.Limits.ActionTurnTime;
        // Code of an action may wait for a program that it started; that of a query for nothing.
        var patience = isDeterministic || hasEnded ? limit * 10 : Timeout.InfiniteTimeSpan;
        var isWaitedFor = hasEnded || isRunnable || !isDeterministic;
        switch (_pulse.Judge(isWaitedFor, limit, patience, look))
        {
            case PulseState.Loops:
                _wasStuck = true;
                End(new TimeoutException("The worker's code did not let go of the processor."));
                break;
            case PulseState.Dead:
                End(new TimeoutException("The worker was not heard of any more."));
                break;
            default:
                if (isWaitedFor) Ask();
                break;
        }
    }

    /// <summary>A worker may have nothing to say for long, so it is asked: it answers when it is told of an end, also of an invocation that it does not know.</summary>
    private void Ask()
    {
        if (_end is not null) return;
        // The first question without an answer counts: what the worker was told after it, its code has not seen.
        if (_pulse.IsAnswered) _askedAt = long.MaxValue;
        _link!.Append(FrameKind.Terminate, 0, default);
        _link.Flush();
        if (_askedAt == long.MaxValue) _askedAt = _settings.Time.GetTimestamp();
    }

    /// <summary>Tells the worker that an invocation was ended. It answers, unless its code does not let it.</summary>
    public void Terminate(RunningInvocation running)
    {
        if (_end is not null || _link is null) return;
        _link.Append(FrameKind.Terminate, running.Id, default);
        _link.Flush();
    }

    /// <summary>Answers a syscall.</summary>
    public void Reply(RunningInvocation running, uint sequence, bool isOk, ReadOnlySpan<byte> text)
    {
        Span<byte> head = stackalloc byte[5];
        BinaryPrimitives.WriteUInt32LittleEndian(head, sequence);
        head[4] = isOk ? (byte)1 : (byte)0;
        running.ToldAt = _settings.Time.GetTimestamp();
        _link!.Append(FrameKind.Reply, running.Id, head, text);
        _link.Flush();
    }

    /// <summary>Answers a request for the next document of a query.</summary>
    public void Reply(RunningInvocation running, uint sequence, StreamRows rows)
    {
        running.ToldAt = _settings.Time.GetTimestamp();
        _link!.Append(FrameKind.Rows, running.Id, WorkerMessages.Rows(sequence, rows));
        _link.Flush();
    }

    /// <summary>Sends a frame about an invocation: of its request's body, or about its answer's.</summary>
    public void Tell(RunningInvocation running, FrameKind kind, ReadOnlySpan<byte> payload)
    {
        if (_end is not null || running.HasEnded) return;
        running.ToldAt = _settings.Time.GetTimestamp();
        _link!.Append(kind, running.Id, payload);
        _link.Flush();
    }

    /// <summary>Writes a fault of our own into the log.</summary>
    public void Report(Exception failure, RunningInvocation running, string? operation) =>
        NodeLog.SyscallFailed(_settings.Log, operation ?? "", running.Invocation.Function.Path.Display, failure);

    private async Task StartAsync()
    {
        try
        {
            using var rendezvous = new Rendezvous(_settings.Entropy);
            _token = rendezvous.Token;
            _process = WorkerProcess.Start(NodeExecutable.Locate(_settings.Node), _settings.Files.Program, _settings.Memory, rendezvous);
            NodeLog.Started(_settings.Log, _settings.PoolName, _process.Id);
            using var late = new CancellationTokenSource(WorkerSettings.StartTime, _settings.Time);
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _starting.Token);
            _ = CancelOnExitAsync(_process, giveUp);
            var socket = await rendezvous.AcceptAsync(giveUp.Token);
            _link = new WorkerLink(socket, $"fresnel worker {_process.Id}", Take, _pulse.Beat, OnClosed);
            giveUp.Token.ThrowIfCancellationRequested();
            _link.Start();
        }
        catch (Exception failure)
        {
            var hasExited = _process?.WaitForExit(TimeSpan.FromSeconds(1)) ?? false;
            var words = _process?.LastWords is { Length: > 0 } last ? $" It said: {last}" : "";
            End(failure is not OperationCanceledException ? failure
                : hasExited && words.Length == 0 ? new IOException("A worker was ended while it started.", failure)
                : new NodeUnavailableException($"A Node.js worker did not start.{words}", failure));
            _process?.Kill();
            OnClosed();
        }
    }

    private static async Task CancelOnExitAsync(WorkerProcess process, CancellationTokenSource giveUp)
    {
        try
        {
            await process.WaitForExitAsync(giveUp.Token);
            await giveUp.CancelAsync();
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // It connected.
        }
    }

    /// <summary>Frames come in order, on the reading thread.</summary>
    private bool Take(Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Hello: return Welcome(frame.Payload);
            case FrameKind.Importing: _isImporting = WorkerMessages.ReadImporting(frame.Payload); return true;
            case FrameKind.Retire: _isRetired = true; return true;
            case FrameKind.Terminated: Forget(frame.Invocation); return true;
        }

        // It may speak of what is over; not in words that are none of its own.
        if (!_running.TryGetValue(frame.Invocation, out var running)) return frame.Kind >= FrameKind.Hello && Enum.IsDefined(frame.Kind);
        switch (frame.Kind)
        {
            case FrameKind.Syscall: running.Take(WorkerMessages.ReadSyscall(frame.Payload)); return true;
            case FrameKind.Post when running.Invocation.MayPost: running.Take(WorkerMessages.ReadPost(frame.Payload)); return true;
            case FrameKind.Next: running.Take(WorkerMessages.ReadNext(frame.Payload)); return true;
            case FrameKind.Consumed: running.Take(WorkerMessages.ReadConsumed(frame.Payload)); return true;
            case FrameKind.OpenQuery or FrameKind.CloseQuery: running.Take(WorkerMessages.ReadQuery(frame.Kind, frame.Payload)); return true;
            case FrameKind.Log: running.Take(WorkerMessages.ReadLog(frame.Payload)); return true;
            case FrameKind.Result: TakeResult(running, frame.Payload); return true;
            case FrameKind.ResponseHead: running.Invocation.Http?.Add(WorkerMessages.ReadResponseHead(frame.Payload)); return true;
            case FrameKind.ResponseBody: running.Invocation.Http?.Add(new HttpResponseBody(frame.Payload)); return true;
            case FrameKind.Demand: running.RequestSender?.Grant(WorkerMessages.ReadDemand(frame.Payload)); return true;
            default: return false;
        }
    }

    private bool Welcome(ReadOnlyMemory<byte> hello)
    {
        if (WorkerMessages.ReadHello(hello) != _token) return false;
        _link!.Append(FrameKind.Setup, 0, _setup.Span);
        _link.Flush();
        _bornAt = LastUsed = _settings.Time.GetTimestamp();
        _connected.TrySetResult();
        return true;
    }

    private void TakeResult(RunningInvocation running, ReadOnlyMemory<byte> payload)
    {
        var result = WorkerMessages.ReadResult(payload);
        Forget(running.Id);
        if (result is null) running.Abandon(AbandonReason.TimedOut, TimedOutText(running.Invocation));
        else if (result.Error is { } error) running.Fail(error, result.ObservedTime, result.UserTime);
        else running.Take(new Step(FrameKind.Result) { Result = result });
    }

    private void Send(RunningInvocation running)
    {
        var invocation = running.Invocation;
        running.ToldAt = _settings.Time.GetTimestamp();
        lock (_invokeGate)
        {
            // Tables are sent when they are others than those of the invocation before, so their order on the wire matters.
            var tables = invocation.Function.Kind is FunctionKind.Action or FunctionKind.HttpAction ? _tables : invocation.Scope.TableNumbers;
            var header = WorkerMessages.InvokeHeader(invocation, ReferenceEquals(tables, _tables) ? null : tables);
            _tables = tables;
            _link!.Append(FrameKind.Invoke, running.Id, header, invocation.Arguments.Span);
        }

        _link.Flush();
    }

    /// <summary>Lets the body of an answer flow; before the worker is told of the request, since it answers at once.</summary>
    private void Connect(RunningInvocation running, HttpExchange exchange)
    {
        exchange.Taken = bytes =>
        {
            Span<byte> credit = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(credit, bytes);
            Tell(running, FrameKind.Credit, credit);
        };
        exchange.Stop = () => Tell(running, FrameKind.Stop, default);
    }

    private void Forget(ulong id)
    {
        if (_running.TryRemove(id, out _)) Release();
    }

    private void Release()
    {
        LastUsed = _settings.Time.GetTimestamp();
        if (Interlocked.Decrement(ref _load) == 0 && _isRetired) End(Retired());
    }

    // What was given to it at the same moment is no worse than what a crash takes: it may be run again elsewhere.
    private static InvocationAbandonedException Retired() => new(AbandonReason.WorkerLost, "The worker was retired.");

    private void End(Exception why)
    {
        if (Interlocked.CompareExchange(ref _end, why, null) is not null) return;
        _starting.Cancel();
        _process?.Kill();
        _link?.Dispose();
    }

    /// <summary>The process is gone or going: says to each invocation what that means for it.</summary>
    private void OnClosed(Exception? fault = null)
    {
        if (fault is not null)
        {
            // It still runs, and nothing that it says can be trusted.
            NodeLog.FrameFailed(_settings.Log, fault);
            End(new InvalidOperationException("The worker sent what no worker sends.", fault));
        }

        if (_process?.WaitForExit(TimeSpan.FromSeconds(2)) is false) _process.Kill();
        var outOfMemory = _wasTooLarge || (_process?.RanOutOfMemory ?? false);
        End(new InvalidOperationException(outOfMemory ? "The worker ran out of memory." : $"The worker ended unexpectedly. It said: {_process?.LastWords}"));
        NodeLog.Ended(_settings.Log, _settings.PoolName, _process?.Id ?? 0, _end!.Message);
        _connected.TrySetException(_end!);

        var all = _running.Values.ToList();
        var blamed = _wasStuck || outOfMemory ? all.Where(running => running.IsRunnable && (!_wasStuck || running.ToldAt <= _askedAt)).ToList() : [];
        if (blamed.Count > 1) _suspect([.. blamed.Select(running => running.Invocation)]);
        foreach (var running in all)
        {
            if (blamed is [var culprit] && culprit == running)
            {
                running.Abandon(outOfMemory ? AbandonReason.OutOfMemory : AbandonReason.TimedOut, outOfMemory ? OutOfMemoryText : TimedOutText(running.Invocation));
            }
            else
            {
                running.Abandon(_end is OperationCanceledException ? AbandonReason.Canceled : AbandonReason.WorkerLost, _end!.Message, _end);
            }
        }

        _link?.Dispose();
        _process?.Dispose();
        _bundle.Dispose();
        _ended.TrySetResult();
    }

    private string OutOfMemoryText => $"JavaScript execution ran out of memory (maximum memory usage: {_settings.Memory} MB)";

    private string TimedOutText(Invocation invocation)
    {
        var seconds = (_wasStuck && _settings.WallTime is not null ? _settings.Limits.ActionTurnTime : _settings.WallTime ?? _settings.Limits.UserTime).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return _settings.Kind is WorkerKind.Node
            ? $"Action `{invocation.Function.Path.Display}` execution timed out (maximum duration {seconds}s)"
            : $"Function execution timed out (maximum duration: {seconds}s)";
    }
}
