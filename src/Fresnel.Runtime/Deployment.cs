using Fresnel.Engine;
using Fresnel.Engine.Stores;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Live;

namespace Fresnel.Runtime;

/// <summary>One running backend and its data: the front door of the runtime. It composes the rooms and starts and stops them in order.</summary>
public sealed class Deployment : IAsyncDisposable
{
    /// <summary>Opens the database and starts the job loop. Workers start when they are first needed.</summary>
    /// <exception cref="StoreException">The store cannot be used; the message tells a person why.</exception>
    public static Task<Deployment> StartAsync(ICommitStore store, DeploymentOptions options, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>How it is run.</summary>
    public DeploymentOptions Options => throw new NotImplementedException();

    /// <summary>Its data.</summary>
    public Database Database => throw new NotImplementedException();

    /// <summary>Runs functions.</summary>
    public FunctionInvoker Invoker => throw new NotImplementedException();

    /// <summary>Live queries.</summary>
    public LiveQueries Live => throw new NotImplementedException();

    /// <summary>Stops the jobs and workers, then closes the database.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
