using Fresnel.Engine.Transactions;

namespace Fresnel.Runtime.Invocations;

/// <summary>Rides along in a mutation's transaction, so that what it notes is in exactly when the mutation's writes are.</summary>
internal interface IMutationRider
{
    /// <summary>Before the function runs. An outcome says that it must not run, and what to answer instead.</summary>
    ValueTask<FunctionOutcome?> BeginAsync(Transaction transaction, CancellationToken cancellationToken);

    /// <summary>After the function returned, before the commit.</summary>
    ValueTask SucceedAsync(Transaction transaction, ReadOnlyMemory<byte> value, IReadOnlyList<LogLine> logLines, CancellationToken cancellationToken);

    /// <summary>After the function failed and its writes were undone. What is written here is committed.</summary>
    ValueTask FailAsync(Transaction transaction, FunctionError error, IReadOnlyList<LogLine> logLines, CancellationToken cancellationToken);
}
