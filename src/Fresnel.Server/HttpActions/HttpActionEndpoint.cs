using System.Text;
using Fresnel.Runtime;
using Fresnel.Runtime.HttpActions;
using Fresnel.Server.Auth;
using Fresnel.Server.Errors;
using Fresnel.Server.HttpApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.HttpActions;

/// <summary>Hands requests of the site to the app's HTTP actions. No headers are added: CORS is the app's own business.</summary>
internal static class HttpActionEndpoint
{
    /// <summary>Where the deployment origin serves them too; functions do not see it.</summary>
    private const string Prefix = "/http";

    /// <summary>Answers a request that came through the site.</summary>
    public static Task AnswerAsync(HttpContext http) => AnswerAsync(http, SentPath(http, "") ?? http.Request.Path.ToUriComponent());

    /// <summary>Answers a request of <c>/http/…</c>.</summary>
    public static Task AnswerUnderPrefixAsync(HttpContext http) => AnswerAsync(http, SentPath(http, Prefix) ?? http.Request.Path.ToUriComponent()[Prefix.Length..]);

    private static async Task AnswerAsync(HttpContext http, string path)
    {
        var host = http.RequestServices.GetRequiredService<HostedDeployment>();
        try
        {
            var deployment = await host.Started.WaitAsync(http.RequestAborted);
            // What an HTTP action may read is bounded by the runtime, which says so in the function's words.
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
            var limit = deployment.Options.Limits.HttpRequestBytes;
            if (http.Request.ContentLength > limit)
            {
                http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                http.Response.Headers.Connection = "close";
                await RequestErrors.WriteJsonAsync(http, "RequestBodyTooLarge", HttpActionRequest.TooLargeText(limit));
                return;
            }

            await deployment.Invoker.AnswerAsync(await ReadAsync(http, path, deployment), new HttpActionResponse(http), host.Stopping);
        }
        catch (OperationCanceledException)
        {
            // The caller left, or the server stops: there is nobody to answer.
            http.Abort();
        }
        catch (IOException)
        {
            http.Abort();
        }
        catch (Exception exception)
        {
            await ApiEndpoints.AnswerFailureAsync(http, exception);
        }
    }

    /// <summary>The path behind the prefix, with the client's own escapes; null when it was sent in another form.</summary>
    private static string? SentPath(HttpContext http, string prefix)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (target is not ['/', ..] || http.Request.PathBase.HasValue || !target.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) return null;
        var path = target[prefix.Length..];
        return path.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? path[..query] : path;
    }

    private static async ValueTask<HttpActionRequest> ReadAsync(HttpContext http, string path, Deployment deployment)
    {
        var request = http.Request;
        var method = request.Method.ToUpperInvariant();
        return new HttpActionRequest
        {
            Method = method,
            Url = $"{Scheme(request)}://{request.Host.ToUriComponent()}{(path.Length == 0 ? "/" : path)}{request.QueryString.ToUriComponent()}",
            Path = path.Length == 0 ? "/" : path,
            Headers = [.. request.Headers.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, AsBytes(value ?? ""))))],
            Body = HttpActionRequest.MayHaveBody(method) && HasBody(http) ? request.Body : null,
            Identity = await HttpAuthentication.IdentifyAsync(http, deployment),
            RequestId = RequestIds.Of(http),
            Origin = (http.Connection.RemoteIpAddress?.ToString(), request.Headers.UserAgent.ToString()),
            ClientLeft = http.RequestAborted,
        };
    }

    /// <summary>The server reads headers as UTF-8; to a function each of their bytes is a character, as on the platform.</summary>
    private static string AsBytes(string value) => Ascii.IsValid(value) ? value : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value));

    private static bool HasBody(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: var canHave } ? canHave : http.Request.ContentLength is not (null or 0);

    /// <summary>The scheme that the client used, as a proxy before this server tells.</summary>
    private static string Scheme(HttpRequest request)
    {
        if (request.Headers["X-Forwarded-Proto"].ToString() is { Length: > 0 } forwarded) return First(forwarded);
        foreach (var part in request.Headers["Forwarded"].ToString().Split(',', ';'))
        {
            if (part.Trim() is var pair && pair.StartsWith("proto=", StringComparison.OrdinalIgnoreCase)) return First(pair["proto=".Length..].Trim('"'));
        }

        return "http";

        static string First(string values) => values.Split(',')[0].Trim() is "https" or "HTTPS" ? "https" : "http";
    }
}
