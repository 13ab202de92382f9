using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>What an action is given. It has no database of its own: each function that it runs is a transaction of its own.</summary>
public abstract class ActionContext : FunctionContext
{
    /// <summary>Runs functions later. What is scheduled stands at once, whatever becomes of the action.</summary>
    public abstract FunctionScheduler Scheduler { get; }

    /// <summary>Runs a query on the newest snapshot.</summary>
    /// <inheritdoc cref="QueryContext.RunQueryAsync" path="/param"/>
    /// <exception cref="DeveloperException">There is no such query, or it failed; the message holds its whole text.</exception>
    public abstract ValueTask<Value> RunQueryAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default);

    /// <summary>Runs a mutation and waits until it is durable.</summary>
    /// <inheritdoc cref="QueryContext.RunQueryAsync" path="/param"/>
    /// <exception cref="DeveloperException">There is no such mutation, or it failed; the message holds its whole text.</exception>
    public abstract ValueTask<Value> RunMutationAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default);

    /// <summary>Runs another action and waits for its result.</summary>
    /// <inheritdoc cref="QueryContext.RunQueryAsync" path="/param"/>
    /// <exception cref="DeveloperException">There is no such action, or it failed; the message holds its whole text.</exception>
    public abstract ValueTask<Value> RunActionAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default);
}
