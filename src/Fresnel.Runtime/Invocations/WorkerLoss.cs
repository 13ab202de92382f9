namespace Fresnel.Runtime.Invocations;

/// <summary>What is done when a worker is lost under an invocation that was not at fault. Source: <c>spec/function-runtime.md</c> §10.1.</summary>
internal static class WorkerLoss
{
    /// <summary>How often a query or mutation is run again: a function that loses every worker it runs in must not take them all.</summary>
    public const int MostRunsAgain = 3;
}
