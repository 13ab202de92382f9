using System.Collections.Concurrent;
using System.Reflection;

namespace Fresnel.Simulation.Worlds;

/// <summary>Runs the tasks of one life of a process on the thread that made it, one step at a time. Which of those that could run comes next, the seed says.</summary>
/// <remarks>
/// A step is what a task does between two awaits. Nothing is ever run inline, so between any two steps the world can be cut off: that is a crash.
/// A continuation that comes from another thread has left the world on its way, and what happens then is not the seed's doing: the run fails and shows where it came from.
/// </remarks>
internal sealed class SeededScheduler : TaskScheduler
{
    /// <summary>What a step takes.</summary>
    private static readonly TimeSpan StepTime = TimeSpan.FromMicroseconds(4);

    /// <summary>How long a run that is stuck waits for those that left it, to tell who it was. Of the machine's clock; a run that is well never waits.</summary>
    private static readonly TimeSpan Search = TimeSpan.FromMilliseconds(500);

    private readonly Course _course;
    private readonly VirtualTime _time;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<Task> _runnable = [];
    private readonly ConcurrentQueue<string> _escapes = new();

    public SeededScheduler(Course course, VirtualTime time)
    {
        _course = course;
        _time = time;
        time.Enter(this);
    }

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => 1;

    /// <summary>What the latest steps were, once somebody asks for it: names of the methods that went on.</summary>
    public List<string>? Trace { get; set; }

    /// <summary>Starts something on it.</summary>
    public Task Start(Func<Task> run) => Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Makes steps until it is enough. When nothing can run, time passes to the next timer.</summary>
    /// <exception cref="EscapedException">Something went on elsewhere.</exception>
    /// <exception cref="StuckException">Nothing will ever happen any more.</exception>
    public void Run(Func<bool> isEnough)
    {
        while (!isEnough())
        {
            if (!_escapes.IsEmpty) throw new EscapedException(string.Join("\n\n", _escapes));
            if (_runnable.Count > 0) Step();
            else if (!_time.PassToNextTimer())
            {
                SpinWait.SpinUntil(() => !_escapes.IsEmpty, Search);
                if (_escapes.IsEmpty) throw new StuckException("Nothing can run and no timer waits: somebody waits for what never comes.");
            }
        }
    }

    /// <summary>Takes note of whoever asks the world for something from another thread.</summary>
    public void RequireHere(string what)
    {
        if (Environment.CurrentManagedThreadId != _thread) _escapes.Enqueue($"{what}, on another thread than the simulation's:\n{Environment.StackTrace}");
    }

    protected override void QueueTask(Task task)
    {
        if (Environment.CurrentManagedThreadId == _thread) _runnable.Add(task);
        else _escapes.Enqueue($"A continuation came back from another thread than the simulation's:\n{Environment.StackTrace}");
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _runnable;

    private void Step()
    {
        var at = _course.Die.Next(_runnable.Count);
        _course.Note(at);
        _course.Note(_runnable.Count);
        var task = _runnable[at];
        _runnable[at] = _runnable[^1];
        _runnable.RemoveAt(_runnable.Count - 1);
        _course.CountStep();
        Trace?.Add(NameOf(task));
        TryExecuteTask(task);
        _time.Pass(StepTime);
    }

    /// <summary>What a task will run. The runtime tells it to debuggers only.</summary>
    private static string NameOf(Task task)
    {
        var action = typeof(Task).GetField("m_action", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(task) as Delegate;
        var state = typeof(Task).GetField("m_stateObject", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(task);
        var target = (state as Delegate)?.Target ?? state ?? action?.Target;
        return target?.GetType() is { IsGenericType: true } box ? box.GetGenericArguments()[^1].ToString() : target?.ToString() ?? action?.Method.Name ?? "?";
    }
}

/// <summary>Part of the simulated process went on outside the simulation.</summary>
internal sealed class EscapedException(string message) : Exception(message);

/// <summary>The simulated process waits for ever.</summary>
internal sealed class StuckException(string message) : Exception(message);
