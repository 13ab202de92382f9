using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>The live queries of one sync session. It says what the session must be told so that everything it shows is of one snapshot.</summary>
/// <remarks>
/// Changes come from the session's reader, transitions are taken by its writer; both may run at once.
/// Source: <c>spec/client-protocol.md</c> §2.7 (T1 to T11).
/// </remarks>
public sealed class LiveSession : IDisposable
{
    /// <summary>Adds and removes queries and moves the version of the query set. A covering transition will follow, even when nothing changed.</summary>
    public void ChangeQueries(uint version, IReadOnlyList<LiveQueryChange> changes) => throw new NotImplementedException();

    /// <summary>Changes on whose behalf the queries run and moves the version of the identity. Every query is looked at again.</summary>
    public void ChangeIdentity(uint version, Identity identity) => throw new NotImplementedException();

    /// <summary>Asks for a transition whose timestamp is at least this one, even an empty one: after a mutation's or an action's response.</summary>
    public void RequireTransition(Timestamp atLeast) => throw new NotImplementedException();

    /// <summary>Waits until there is something to tell, and computes it at the newest snapshot. One call at a time.</summary>
    public ValueTask<LiveTransition> NextAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Ends the session's watches.</summary>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>A change of a session's query set.</summary>
/// <param name="QueryId">The client's number.</param>
/// <param name="Call">What to run (its identity is the session's), or null to remove the query.</param>
public readonly record struct LiveQueryChange(uint QueryId, FunctionCall? Call);

/// <summary>What a session must be told next.</summary>
/// <param name="QuerySetVersion">The version of the query set that it covers.</param>
/// <param name="IdentityVersion">The version of the identity that it covers.</param>
/// <param name="Timestamp">The snapshot of everything the client holds afterwards.</param>
/// <param name="Modifications">At most one per query.</param>
public sealed record LiveTransition(uint QuerySetVersion, uint IdentityVersion, Timestamp Timestamp, IReadOnlyList<LiveModification> Modifications);

/// <summary>One query's part of a transition.</summary>
/// <param name="QueryId">The client's number.</param>
/// <param name="Outcome">Its new outcome, or null when it was removed.</param>
/// <param name="Journal">The journal for its next run.</param>
public readonly record struct LiveModification(uint QueryId, FunctionOutcome? Outcome, string? Journal);
