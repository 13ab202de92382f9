using System.Buffers.Binary;
using Fresnel.Functions;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Clr;

/// <summary>One run of a C# function: what all its contexts have in common.</summary>
/// <remarks>Touched by the function alone; a function that works side by side (in an action) must not share its context's <see cref="Random"/>.</remarks>
internal sealed class ClrInvocation
{
    private readonly Invocation _invocation;
    private readonly TimeProvider _time;
    private readonly UserTimeMeter _meter;
    private readonly bool _isDeterministic;
    private Random? _random;
    private InvocationAbandonedException? _abandoned;

    /// <summary>Begins a run.</summary>
    /// <param name="invocation">What is run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isDeterministic">Whether it is a query or mutation: time stands still and chance is fixed.</param>
    /// <param name="stopped">Stops it from outside.</param>
    public ClrInvocation(Invocation invocation, TimeProvider time, bool isDeterministic, CancellationToken stopped)
    {
        _invocation = invocation;
        _time = time;
        _isDeterministic = isDeterministic;
        _meter = new(time);
        Stopped = stopped;
        Log = new ClrLogger(this);
    }

    /// <summary>Stops it from outside.</summary>
    public CancellationToken Stopped { get; }

    /// <summary>Whether it looked at the clock or at chance; matters in queries and mutations only.</summary>
    public bool ObservedTime { get; private set; }

    /// <summary>Time in the function so far, without what it waited for.</summary>
    public TimeSpan UserTime => _meter.Elapsed;

    /// <inheritdoc cref="FunctionContext.Log"/>
    public FunctionLogger Log { get; }

    /// <inheritdoc cref="FunctionContext.Environment"/>
    public IReadOnlyDictionary<string, string> Environment => _invocation.Code.Environment;

    /// <inheritdoc cref="FunctionContext.Now"/>
    public DateTimeOffset Now
    {
        get
        {
            if (!_isDeterministic) return _time.GetUtcNow();
            ObservedTime = true;
            return DateTimeOffset.UnixEpoch.AddMilliseconds(_invocation.StartMilliseconds);
        }
    }

    /// <inheritdoc cref="FunctionContext.Random"/>
    public Random Random
    {
        get
        {
            ObservedTime = true;
            return _random ??= new Random(BinaryPrimitives.ReadInt32LittleEndian(_invocation.Seed.Span));
        }
    }

    /// <summary>Leaves the function's code for an operation of the engine: its clock stops, and an end from outside is kept in mind even if the function catches it.</summary>
    public async ValueTask<T> OutsideAsync<T>(Func<CancellationToken, ValueTask<T>> operation, CancellationToken cancellationToken)
    {
        _meter.Leave();
        try
        {
            return await operation(cancellationToken.CanBeCanceled ? cancellationToken : Stopped);
        }
        catch (InvocationAbandonedException exception)
        {
            _abandoned ??= exception;
            throw;
        }
        finally
        {
            _meter.Return();
        }
    }

    /// <summary>Throws what ended the invocation from outside, if something did.</summary>
    public void ThrowIfAbandoned()
    {
        if (_abandoned is not null) throw new InvocationAbandonedException(_abandoned.Reason, _abandoned.Message, _abandoned);
    }

    private sealed class ClrLogger(ClrInvocation run) : FunctionLogger
    {
        protected override void Write(string level, string message) =>
            run._invocation.Scope.Log(new LogLine(level, [message], false, run._time.GetUtcNow().ToUnixTimeMilliseconds()));
    }
}
