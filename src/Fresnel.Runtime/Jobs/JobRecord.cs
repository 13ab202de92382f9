using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>Something that is to run, and where it is written down what became of it: a scheduled function, or an occurrence of a cron.</summary>
/// <remarks>It is pending, then in progress, then ended; each step is an ordinary transaction, or a part of the mutation's own.</remarks>
internal abstract class JobRecord
{
    /// <summary>The document.</summary>
    public abstract DocumentId Id { get; }

    /// <summary>What it runs, as it was written down.</summary>
    public abstract string Function { get; }

    /// <summary>For people, in the server's log.</summary>
    public abstract string Display { get; }

    /// <summary>The call that runs it, on nobody's behalf.</summary>
    public abstract FunctionCall Call(FunctionPath path, string requestId);

    /// <summary>Moves it from pending to in progress; false when it is not to run: it was cancelled, removed, or has moved on.</summary>
    public abstract ValueTask<bool> TakeAsync(Transaction transaction, CancellationToken cancellationToken);

    /// <summary>Ends it if it is still in progress in this very run; whatever else it has become, it stays.</summary>
    public abstract ValueTask EndAsync(Transaction transaction, JobEnd end, CancellationToken cancellationToken);

    /// <summary>Its end is durable.</summary>
    /// <param name="kind">What it was run as.</param>
    public abstract void Ended(FunctionKind kind);
}

/// <summary>How a job ended.</summary>
/// <param name="Error">Why it failed, or null.</param>
/// <param name="Value">What it returned: canonical JSON.</param>
/// <param name="LogLines">What it logged.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record JobEnd(string? Error, ReadOnlyMemory<byte> Value, IReadOnlyList<LogLine> LogLines, TimeSpan Elapsed)
{
    /// <summary>One that did not come to run.</summary>
    public static JobEnd Failed(string error) => new(error, default, [], TimeSpan.Zero);

    /// <summary>One that ran.</summary>
    public static JobEnd Of(FunctionOutcome outcome, TimeSpan elapsed) => outcome.Error is { } error
        ? new(error.SystemCode is null ? TextOf(error) : ActionInvoker.TransientError, default, outcome.LogLines, elapsed)
        : new(null, outcome.Value, outcome.LogLines, elapsed);

    /// <summary>An error as documents have it.</summary>
    public static string TextOf(FunctionError error) => error.FullText.TrimEnd('\n');
}
