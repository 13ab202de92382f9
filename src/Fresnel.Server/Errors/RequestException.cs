namespace Fresnel.Server.Errors;

/// <summary>What kind of failure a request met; decides the HTTP status and how a socket ends.</summary>
/// <remarks>Source: <c>spec/client-protocol.md</c> §2.13 and 5.1.</remarks>
public enum RequestErrorKind
{
    /// <summary>The caller's mistake.</summary>
    BadRequest,

    /// <summary>Who the caller is could not be established.</summary>
    Unauthenticated,

    /// <summary>The caller may not do this.</summary>
    Forbidden,

    /// <summary>What was asked for is not there.</summary>
    NotFound,

    /// <summary>It collides with something else under way.</summary>
    Conflict,

    /// <summary>Too much at once from one caller.</summary>
    RateLimited,

    /// <summary>The server is too busy, or part of it cannot be reached; later it may work.</summary>
    Unavailable,

    /// <summary>This part of Fresnel is not built yet.</summary>
    NotBuilt,

    /// <summary>A fault of the server; its text never travels.</summary>
    Internal,
}

/// <summary>A request that cannot be answered: not the failure of a function, but one of the request around it. Its text may travel to the caller.</summary>
/// <param name="kind">Decides the status.</param>
/// <param name="code">Short and stable, e.g. <c>BadJsonBody</c>.</param>
/// <param name="message">What people read.</param>
public sealed class RequestException(RequestErrorKind kind, string code, string message) : Exception(message)
{
    /// <summary>Decides the status.</summary>
    public RequestErrorKind Kind => kind;

    /// <summary>Short and stable.</summary>
    public string Code => code;

    /// <summary>The caller's mistake, with its code: 400.</summary>
    public static RequestException BadRequest(string code, string message) => new(RequestErrorKind.BadRequest, code, message);

    /// <summary>Answered like a fault of the server: 500, with the generic text. This text is for the log.</summary>
    public static RequestException Fault(string message) => new(RequestErrorKind.Internal, "InternalServerError", message);

    /// <summary>A part of Fresnel that is not built yet; names it. 501.</summary>
    public static RequestException NotBuilt(string what) =>
        new(RequestErrorKind.NotBuilt, "NotBuiltYet", $"{what} not built yet in this version of Fresnel.");
}
