using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.HttpActions;

/// <summary>An HTTP request for an HTTP action. Source: <c>spec/client-protocol.md</c> §3.6.</summary>
public sealed record HttpActionRequest
{
    /// <summary>The method, in capitals.</summary>
    public required string Method { get; init; }

    /// <summary>The whole URL as the client asked for it: what <c>request.url</c> says.</summary>
    public required string Url { get; init; }

    /// <summary>The path that is routed, still percent-encoded and without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The headers in their order; a name may come more than once.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>The body, read as the function reads it; null when there is none.</summary>
    public Stream? Body { get; init; }

    /// <summary>On whose behalf: an <see cref="UnverifiedIdentity"/> when the token was refused.</summary>
    public required Identity Identity { get; init; }

    /// <summary>Stands in error texts and the log.</summary>
    public required string RequestId { get; init; }

    /// <summary>The client's address and user agent, where there are any.</summary>
    public (string? Address, string? UserAgent) Origin { get; init; }

    /// <summary>Canceled when the client is gone: <c>request.signal</c> fires, and the function goes on.</summary>
    public CancellationToken ClientLeft { get; init; }

    /// <summary>The methods that are routed.</summary>
    public static bool IsRoutable(string method) => method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS";

    /// <summary>What is said of a request whose body is longer than <see cref="FunctionLimits.HttpRequestBytes"/>.</summary>
    public static string TooLargeText(long limit) => $"The request body is too large: HTTP actions support requests up to {limit >> 20} MiB.";

    /// <summary>Whether requests of this method bring a body.</summary>
    public static bool MayHaveBody(string method) => method is "POST" or "PUT" or "PATCH" or "DELETE";
}

/// <summary>Where the answer of an HTTP action goes. Its methods are called one at a time.</summary>
public interface IHttpActionResponse
{
    /// <summary>Sends status and headers.</summary>
    ValueTask StartAsync(int status, IReadOnlyList<KeyValuePair<string, string>> headers);

    /// <summary>Sends a piece of the body at once; completes when the client can take more.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Breaks the answer off, so that the client knows that it is not whole.</summary>
    void Abort();
}
