using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.HttpActions;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Runs functions of one kind of code. Nothing above it can tell the implementations apart.</summary>
public interface IFunctionRunner
{
    /// <summary>Runs a function whose arguments were checked. The caller checks the result and commits.</summary>
    /// <returns>A value or an error of the function.</returns>
    /// <exception cref="InvocationAbandonedException">It was ended from outside; <see cref="InvocationAbandonedException.Reason"/> says whether it may be run again.</exception>
    ValueTask<InvocationResult> InvokeAsync(Invocation invocation, CancellationToken cancellationToken);
}

/// <summary>One run of one function.</summary>
public sealed class Invocation
{
    /// <summary>Which function.</summary>
    public required FunctionDefinition Function { get; init; }

    /// <summary>The code and environment it runs with.</summary>
    public required ComponentCode Code { get; init; }

    /// <summary>The arguments: a JSON array of one object, canonical.</summary>
    public required ReadOnlyMemory<byte> Arguments { get; init; }

    /// <summary>The <c>requestId</c> that actions send back in their syscalls; unique per invocation.</summary>
    public required string InvocationId { get; init; }

    /// <summary>Unix milliseconds at the start: frozen for queries and mutations.</summary>
    public required double StartMilliseconds { get; init; }

    /// <summary>32 bytes that seed randomness in queries and mutations.</summary>
    public required ReadOnlyMemory<byte> Seed { get; init; }

    /// <summary>The snapshot of the transaction; zero for actions.</summary>
    public Timestamp SnapshotTimestamp { get; init; }

    /// <summary>
    /// Whether its snapshot may move forward. Once the function was told the time or the snapshot's timestamp, the scope must hear of it by <c>1.0/getSnapshotTs</c>.
    /// </summary>
    public bool IsSnapshotMoving { get; init; }

    /// <summary>
    /// Whether its writes may be posted: made without the function waiting for them. One that is refused ends it with <see cref="AbandonReason.PostRefused"/>.
    /// </summary>
    internal bool MayPost { get; init; }

    /// <summary>Whether nobody but the invoker waits for it: no function called it.</summary>
    internal bool IsRoot { get; init; }

    /// <summary>The request that an HTTP action answers; null for all others.</summary>
    internal HttpExchange? Http { get; init; }

    /// <summary>What the function can do to the world.</summary>
    public required InvocationScope Scope { get; init; }
}

/// <summary>How a run ended.</summary>
/// <param name="Value">The result as JSON (not yet checked), when <paramref name="Error"/> is null.</param>
/// <param name="Error">What was thrown, or null.</param>
/// <param name="ObservedTime">Whether it read the clock or randomness.</param>
/// <param name="UserTime">Time in user code, without waiting for syscalls.</param>
public sealed record InvocationResult(ReadOnlyMemory<byte> Value, FunctionError? Error, bool ObservedTime, TimeSpan UserTime);

/// <summary>What a running function can do: the engine's side of its syscalls. One per invocation.</summary>
/// <remarks>
/// The TypeScript runner passes syscalls through as text; the C# runner calls what the implementation offers beside.
/// In queries and mutations syscalls run one at a time, in the order they were issued; in actions side by side.
/// </remarks>
public abstract class InvocationScope
{
    /// <summary>Performs an asynchronous syscall of <c>spec/function-runtime.md</c> §3.</summary>
    /// <param name="operation">E.g. <c>1.0/get</c>.</param>
    /// <param name="arguments">JSON text.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>JSON text.</returns>
    /// <exception cref="DeveloperException">Reaches user code as a rejection.</exception>
    /// <exception cref="InvocationAbandonedException">The invocation must end without its <c>catch</c> blocks running.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> SyscallAsync(string operation, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken);

    /// <summary>Opens a query stream under a number that the worker chose (the synchronous <c>1.0/queryStream</c>); errors surface at the first next.</summary>
    /// <param name="queryId">From 0, counting up per invocation.</param>
    /// <param name="query">The arguments of the syscall as they came: <c>{"query":…,"version":…}</c>.</param>
    public abstract void OpenQuery(int queryId, ReadOnlyMemory<byte> query);

    /// <summary>Reads the next document of a query stream (<c>1.0/queryStreamNext</c>), and looks at some of those behind it.</summary>
    /// <param name="queryId">The number of the stream.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeveloperException">Reaches user code as a rejection.</exception>
    /// <exception cref="InvocationAbandonedException">The invocation must end without its <c>catch</c> blocks running.</exception>
    public abstract ValueTask<StreamRows> NextAsync(int queryId, CancellationToken cancellationToken);

    /// <summary>The function was handed documents that were only looked at before: now they are read. To be said before anything that comes after it.</summary>
    /// <param name="queryId">The number of the stream.</param>
    /// <param name="count">How many; the end of the stream counts as one.</param>
    public abstract void Consume(int queryId, int count);

    /// <summary>Closes a query stream (the synchronous <c>1.0/queryCleanup</c>).</summary>
    public abstract void CloseQuery(int queryId);

    /// <summary>
    /// Numbers of the component's tables by name, for the synchronous <c>1.0/db/normalizeId</c>; the same object as long as the tables are the same.
    /// Nothing is recorded: a runner that answers from it issues the syscall all the same, and need not wait for it.
    /// </summary>
    public abstract IReadOnlyDictionary<string, uint> TableNumbers { get; }

    /// <summary>Takes a log line; bounded as <c>spec/function-runtime.md</c> §7.1 says.</summary>
    public abstract void Log(LogLine line);
}

/// <summary>Documents of a query stream.</summary>
/// <param name="Documents">The JSON of the one that was asked for, and of those behind it that were only looked at: they hold until the function writes. Empty at the end.</param>
/// <param name="IsEnd">Whether nothing comes after these.</param>
public readonly record struct StreamRows(IReadOnlyList<ReadOnlyMemory<byte>> Documents, bool IsEnd);

/// <summary>An invocation was ended from outside; user code saw nothing of it.</summary>
public sealed class InvocationAbandonedException(AbandonReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public AbandonReason Reason => reason;
}

/// <summary>Why an invocation was ended from outside.</summary>
public enum AbandonReason
{
    /// <summary>Its worker died or was retired through no fault of its own: a query or mutation may be run again.</summary>
    WorkerLost,

    /// <summary>What it read was given up meanwhile: a query or mutation is run again on a newer snapshot.</summary>
    SnapshotTooOld,

    /// <summary>A write was refused that the function did not wait for: the mutation is run again, and waits for each.</summary>
    PostRefused,

    /// <summary>It overran its time; the message is the text for the user.</summary>
    TimedOut,

    /// <summary>It used too much memory; the message is the text for the user.</summary>
    OutOfMemory,

    /// <summary>The caller gave up, or the deployment is shutting down.</summary>
    Canceled,

    /// <summary>The engine failed, or no worker can be had; the message says why. To clients: the generic internal text.</summary>
    Internal,
}
