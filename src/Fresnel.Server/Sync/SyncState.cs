using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Fresnel.Protocol;
using Fresnel.Protocol.Sync;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Errors;
using Fresnel.Values;
using Microsoft.Extensions.Logging;

namespace Fresnel.Server.Sync;

/// <summary>What one socket has been told by its client. All of it starts from zero on each socket; the client's session id is all that outlives it.</summary>
/// <remarks>Written by the reader alone. The writer reads the clock skew and the expiry, and counts answered actions.</remarks>
internal sealed partial class SyncState(ClientVersion? clientVersion, TimeProvider time, string anonymousSessionId, ILogger log)
{
    private int _actions;
    private long _expires = long.MaxValue; // Ticks of UTC.

    /// <summary>Starts as null; the client's UUID from Connect on. Without it mutations are not recorded.</summary>
    public string? SessionId { get; private set; }

    /// <summary>Whether Connect has come; it may come once.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>The version of the query set received last.</summary>
    public uint QuerySetVersion { get; set; }

    /// <summary>The version of the identity received last.</summary>
    public uint IdentityVersion { get; set; }

    /// <summary>On whose behalf what comes next is run. Starts as nobody.</summary>
    public Identity Identity { get; private set; } = Identity.Anonymous;

    /// <summary>Whether the identity counts no more. An idle socket is not closed for it.</summary>
    public bool HasExpired => time.GetUtcNow().UtcTicks >= Volatile.Read(ref _expires);

    /// <summary>The query set received.</summary>
    public Dictionary<uint, ReceivedQuery> Queries { get; } = [];

    /// <summary>Unless it is a client that is known not to, it puts chunks together.</summary>
    public bool UnderstandsChunks => clientVersion is { UnderstandsChunks: true };

    private double? ClockSkew { get; set; }

    /// <summary>Makes what comes next run on another's behalf.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="expires">Until when; null for ever.</param>
    public void ChangeIdentity(Identity identity, DateTimeOffset? expires)
    {
        Identity = identity;
        Volatile.Write(ref _expires, expires?.UtcTicks ?? long.MaxValue);
    }

    /// <summary>Takes what Connect says.</summary>
    public void Connect(Connect connect)
    {
        if (IsConnected) throw RequestException.BadRequest("AlreadyConnected", "Connect was sent twice on one websocket.");
        IsConnected = true;
        SessionId = connect.SessionId;
        if (connect.ClientMilliseconds is { } client) ClockSkew = client - time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    /// <summary>Both clocks, once the client has told its own.</summary>
    public ClockReading? ReadClock() => ClockSkew is { } skew ? new ClockReading(skew, Timestamp.FromClock(time.GetUtcNow()).Nanoseconds) : null;

    /// <summary>Sixteen hex characters that name a request: the same when it is sent again.</summary>
    public string RequestIdOf(uint requestId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{SessionId ?? anonymousSessionId}/{requestId}"), hash);
        return Convert.ToHexStringLower(hash[..8]);
    }

    /// <summary>The record under which a mutation takes effect once.</summary>
    public RequestKey? KeyOf(uint requestId) => SessionId is { } session ? new RequestKey(session, requestId) : null;

    /// <summary>Counts an action in.</summary>
    /// <exception cref="RequestException">Too many run already.</exception>
    public void BeginAction(int limit)
    {
        if (Interlocked.Increment(ref _actions) <= limit) return;
        throw new RequestException(
            RequestErrorKind.RateLimited, "TooManyInflightActionsForSingleClient", $"Inflight actions overloaded for a single client, max concurrency: {limit}");
    }

    /// <summary>Counts an action out.</summary>
    public void OnActionAnswered() => Interlocked.Decrement(ref _actions);

    /// <summary>How the session ends because of this failure, which is logged when it is the server's own.</summary>
    public SessionEnd EndOf(Exception exception)
    {
        var error = exception is InvalidMessageException ? RequestException.BadRequest("WSMessageInvalidJson", exception.Message) : RequestErrors.Classify(exception);
        if (error.Kind == RequestErrorKind.Internal) LogFailure(log, SessionId, exception);
        return SessionErrors.EndOf(error);
    }

    [LoggerMessage(10, LogLevel.Error, "The sync session {SessionId} failed.")]
    private static partial void LogFailure(ILogger logger, string? sessionId, Exception exception);
}

/// <summary>What is remembered of a query of the query set.</summary>
/// <param name="IsInComponent">Whether it runs in a component other than the app.</param>
/// <param name="ArgumentBytes">The length of its arguments.</param>
internal readonly record struct ReceivedQuery(bool IsInComponent, int ArgumentBytes);
