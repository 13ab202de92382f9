namespace Fresnel.Runtime.Live;

/// <summary>All live queries of a deployment. Sessions that watch the same query share one execution, one read set and one result.</summary>
/// <remarks>A live query is (component, function path, canonical arguments, journal, identity if it was looked at). See <c>design.md</c> §4.</remarks>
public sealed class LiveQueries
{
    /// <summary>Opens a session without queries, as nobody.</summary>
    public LiveSession OpenSession() => throw new NotImplementedException();
}
