using Fresnel.Engine.Transactions;
using Fresnel.Functions;

namespace Fresnel.Runtime.Clr;

/// <summary>What a query of the system's own is given: also the transaction itself, with the system tables. Only functions of <c>_system/</c> modules may ask for it.</summary>
public abstract class SystemQueryContext : QueryContext
{
    /// <summary>The component that it was called in; empty for the app.</summary>
    public abstract string Component { get; }

    /// <summary>How the deployment is run.</summary>
    public abstract DeploymentOptions Deployment { get; }

    /// <summary>Reads through the transaction, when it is this operation's turn. What is read is recorded like any other read.</summary>
    /// <param name="read">Reads; it must be done with the transaction when it returns.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract ValueTask<T> ReadAsync<T>(Func<Transaction, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default);
}
