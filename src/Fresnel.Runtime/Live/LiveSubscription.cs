using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>A query of a session: what it asks, what it shows, whether it must be looked at again.</summary>
internal sealed class LiveSubscription(LiveSession session, uint queryId, FunctionCall call)
{
    private LiveQueryKey? _key; // The key of the last look.
    private CancellationTokenSource? _wait; // Not null while its result is waited for.

    public uint QueryId => queryId;

    /// <summary>What to run; identity and journal are set for each run.</summary>
    public FunctionCall Call => call;

    /// <summary>Starts as what the client sent back; becomes the journal of the last result.</summary>
    public string? Journal { get; private set; } = call.Journal;

    /// <summary>The result whose end it hears of, with the query that it came from. Starts as null; replaced by each look.</summary>
    public (LiveResult Result, LiveQuery Query)? Held { get; private set; }

    /// <summary>What the client was sent last, or null: a result without a new outcome is not sent again.</summary>
    public FunctionOutcome? Sent { get; set; }

    /// <summary>Whether it left the session.</summary>
    public bool IsGone { get; private set; }

    /// <summary>The live query that this identity asks for.</summary>
    public LiveQueryKey KeyFor(Identity identity)
    {
        if (_key is null || _key.Journal != Journal || _key.IsAdmin != identity.IsAdmin) _key = LiveQueryKey.Of(call, Journal, identity);
        return _key;
    }

    /// <summary>Takes hold of a result in place of the one before; holding the same one again changes nothing.</summary>
    public void HoldLocked(LiveResult result, LiveQuery query)
    {
        if (IsGone || Held?.Result == result) return;
        var before = Held;
        query.UseLocked();
        Held = (result, query);
        if (result.Outcome.Error is null || result.Journal is not null) Journal = result.Journal; // A failure that says nothing of the journal does not end a page.
        result.HoldLocked(this);
        if (before is { } held) LetGoLocked(held);
    }

    /// <summary>Something that it shows is out of date.</summary>
    public void BecomeDueLocked(Timestamp since) => session.BecomeDueLocked(this, since);

    /// <summary>Notes a wait for its result, which ends when it leaves the session.</summary>
    public void BeginWaitLocked(CancellationTokenSource wait) => _wait = wait;

    public void EndWaitLocked() => _wait = null;

    /// <summary>Takes it out of its session. What is returned is to be canceled, outside the gate.</summary>
    public CancellationTokenSource? LeaveLocked()
    {
        IsGone = true;
        if (Held is { } held) LetGoLocked(held);
        Held = null;
        return _wait;
    }

    private void LetGoLocked((LiveResult Result, LiveQuery Query) held)
    {
        held.Result.LetGoLocked(this);
        held.Query.LeaveLocked(session.Live);
    }
}
