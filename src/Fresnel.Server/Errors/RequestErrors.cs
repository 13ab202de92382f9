using System.Text.Encodings.Web;
using System.Text.Json;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Live;
using Fresnel.Values;
using Microsoft.AspNetCore.Http;

namespace Fresnel.Server.Errors;

/// <summary>Maps whatever a request threw to what its caller gets. The only place where a status is chosen.</summary>
internal static class RequestErrors
{
    private const string InternalCode = "InternalServerError";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What is told of faults that are nobody's business outside.</summary>
    public const string InternalText = "Your request couldn't be completed. Try again later.";

    /// <summary>The error as callers may see it: what is not meant for them becomes the generic internal one.</summary>
    public static RequestException Classify(Exception exception) => exception switch
    {
        RequestException { Kind: RequestErrorKind.Internal } => new RequestException(RequestErrorKind.Internal, InternalCode, InternalText),
        RequestException request => request,
        LiveQueryFaultException { Error: { SystemCode: { } code } fault } => FaultOf(code, fault.Message),
        DeveloperException developer => RequestException.BadRequest(developer.Code, developer.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => RequestException.BadRequest("BodyTooLarge", "The request body is too large."),
        BadHttpRequestException bad => RequestException.BadRequest("BadRequest", bad.Message),
        _ => new RequestException(RequestErrorKind.Internal, InternalCode, InternalText),
    };

    /// <summary>Throws when an outcome is a fault of the system rather than the function's own end: such a one is answered as a failed request.</summary>
    public static void ThrowIfFault(FunctionOutcome outcome)
    {
        if (outcome.Error is { SystemCode: { } code } fault) throw FaultOf(code, fault.Message);
    }

    private static RequestException FaultOf(string code, string message) =>
        new(code == InternalCode ? RequestErrorKind.Internal : RequestErrorKind.Unavailable, code, message);

    /// <summary>The HTTP status of a kind.</summary>
    public static int StatusOf(RequestErrorKind kind) => kind switch
    {
        RequestErrorKind.BadRequest => StatusCodes.Status400BadRequest,
        RequestErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        RequestErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        RequestErrorKind.NotFound => StatusCodes.Status404NotFound,
        RequestErrorKind.Conflict => StatusCodes.Status409Conflict,
        RequestErrorKind.RateLimited => StatusCodes.Status429TooManyRequests,
        RequestErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        RequestErrorKind.NotBuilt => StatusCodes.Status501NotImplemented,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Answers with <c>{"code","message"}</c>.</summary>
    public static async Task WriteAsync(HttpContext http, RequestException error)
    {
        http.Response.StatusCode = StatusOf(error.Kind);
        await WriteJsonAsync(http, error.Code, error.Message);
    }

    /// <summary>Writes <c>{"code","message"}</c>, whatever the status is.</summary>
    public static async Task WriteJsonAsync(HttpContext http, string code, string message)
    {
        http.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter, Options);
        writer.WriteStartObject();
        writer.WriteString("code", code);
        writer.WriteString("message", message);
        writer.WriteEndObject();
        await writer.FlushAsync(http.RequestAborted);
    }
}
