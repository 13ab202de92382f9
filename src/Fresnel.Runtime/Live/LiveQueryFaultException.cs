using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Live;

/// <summary>A live query could not be run, through no fault of its function. It is no result: nobody is shown it and nobody keeps it; the session that asked ends, and its client comes back.</summary>
/// <param name="error">The fault; <see cref="FunctionError.SystemCode"/> is set.</param>
public sealed class LiveQueryFaultException(FunctionError error) : Exception(error.Message)
{
    /// <summary>The fault.</summary>
    public FunctionError Error => error;
}
