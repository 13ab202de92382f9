namespace Fresnel.Server.Sync;

/// <summary>Limits of sync sockets. Each one is per socket.</summary>
/// <remarks>Source: <c>spec/client-protocol.md</c> §2.1, 2.2, 2.6 and 2.8.</remarks>
public sealed record SyncLimits
{
    /// <summary>The greatest message that a client may send, in bytes; a greater one ends the session with a FatalError. Default 32 MiB.</summary>
    public int MessageBytes { get; init; } = 32 << 20;

    /// <summary>Mutations received and not yet answered; one more closes the socket with 1013. Default 1,000.</summary>
    public int PendingMutations { get; init; } = 1_000;

    /// <summary>Actions received and not yet answered; one more closes the socket with 1013. Default 1,000.</summary>
    public int PendingActions { get; init; } = 1_000;

    /// <summary>Bytes of requests not yet answered and of answers not yet written; beyond it the socket is not read until enough has gone. Default 64 MiB.</summary>
    public long PendingBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of the arguments of all queries in the query set; more closes the socket with 1013. Default 64 MiB.</summary>
    public long QueryBytes { get; init; } = 64 << 20;

    /// <summary>Queries in the query set; one more closes the socket with 1013. Default 16,384.</summary>
    public int Queries { get; init; } = 16_384;

    /// <summary>Bytes of a transition above which it is sent in chunks to clients that know them, and the size of a chunk. Default 5,000,000.</summary>
    public int TransitionChunkBytes { get; init; } = 5_000_000;

    /// <summary>Silence after which a Ping message is sent. Default 15 s; clients give up after 60 s.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a WebSocket ping frame is sent. Default 5 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a client may leave ping frames without an answer. Default 120 s.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long the server waits for the client's half of a close before it cuts the connection. Default 5 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
