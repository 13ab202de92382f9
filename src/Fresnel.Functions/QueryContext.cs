using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>What a query is given.</summary>
public abstract class QueryContext : FunctionContext
{
    /// <summary>The documents of its component, as of one snapshot.</summary>
    public abstract DatabaseReader Database { get; }

    /// <summary>Runs a query within this transaction.</summary>
    /// <param name="function">Its function path, e.g. <c>messages:list</c>; internal ones are within reach.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeveloperException">There is no such query, or it failed; the message holds its whole text.</exception>
    public abstract ValueTask<Value> RunQueryAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default);
}
