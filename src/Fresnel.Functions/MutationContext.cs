using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>What a mutation is given. Whatever takes a <see cref="QueryContext"/> takes it too.</summary>
public abstract class MutationContext : QueryContext
{
    /// <summary>The documents of its component: one snapshot, and what this mutation wrote.</summary>
    public abstract override DatabaseWriter Database { get; }

    /// <summary>Runs functions later. What is scheduled is part of the transaction.</summary>
    public abstract FunctionScheduler Scheduler { get; }

    /// <summary>Runs a mutation within this transaction. When it fails, its writes are undone and this one may go on.</summary>
    /// <inheritdoc cref="QueryContext.RunQueryAsync" path="/param"/>
    /// <exception cref="DeveloperException">There is no such mutation, or it failed; the message holds its whole text.</exception>
    public abstract ValueTask<Value> RunMutationAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default);
}
