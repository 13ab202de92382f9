using Fresnel.Server.HttpActions;
using System.Reflection;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Fresnel.Runtime;

namespace Fresnel.Server.HttpApi;

/// <summary>Routes without functions. Source: <c>spec/client-protocol.md</c> §3.4 and 3.7.</summary>
internal static class PlainEndpoints
{
    private const long EchoBytes = 128 << 20;
    private const string Keys = "/.well-known/jwks.json";
    private const string Greeting = "This Convex deployment is running. See https://docs.convex.dev/.";

    private static readonly string Version =
        typeof(PlainEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Maps the routes, and the answers for whatever else lies under <c>/api</c>.</summary>
    public static void MapPlain(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapApi(HttpMethods.Get, "/", (http, _) => http.Response.WriteAsync(Greeting, http.RequestAborted)).WithOrder(1); // An application's own page comes first.
        endpoints.MapApi(HttpMethods.Get, "/version", (http, _) => http.Response.WriteAsync(Version, http.RequestAborted));
        endpoints.MapApi(HttpMethods.Get, "/instance_version", (http, _) => http.Response.WriteAsync(Version, http.RequestAborted));
        endpoints.MapApi(HttpMethods.Get, "/instance_name", (http, deployment) => http.Response.WriteAsync(deployment.Options.Name, http.RequestAborted));
        endpoints.MapApi(HttpMethods.Get, "/health", AnswerHealthAsync);
        endpoints.MapApi(HttpMethods.Get, Keys, AnswerKeysAsync).WithOrder(1); // An application may issue tokens of its own.
        endpoints.MapApi(HttpMethods.Post, "/echo", AnswerEchoAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/debug_event", (_, _) => Task.CompletedTask);

        foreach (var pattern in (string[])["/", "/version", "/instance_version", "/instance_name", "/health", Keys, "/echo", "/api/{**path}", "/api/storage/{**path}"])
        {
            endpoints.MapMethods(pattern, [HttpMethods.Options], http =>
            {
                Cors.AnswerPreflight(http);
                return Task.CompletedTask;
            });
        }

        endpoints.Map("/http/{**path}", HttpActionEndpoint.AnswerUnderPrefixAsync);
        endpoints.MapNotBuilt("/api/storage/{**path}", "File storage is");
        endpoints.MapNotBuilt("/api/import/{**path}", "npx convex import is");
        endpoints.MapNotBuilt("/api/export/{**path}", "npx convex export is");
        endpoints.MapNotBuilt("/api/run_test_function", "npx convex run --inline-query is");
        endpoints.Map("/api/{**path}", http => ApiEndpoints.AnswerAsync(http, (_, _) =>
            throw new RequestException(RequestErrorKind.NotFound, "NotFound", $"There is no {http.Request.Method} {http.Request.Path}.")));
    }

    /// <summary>Whoever asks for what is not built hears so at once: a 404 would be asked again six times by the CLI.</summary>
    private static void MapNotBuilt(this IEndpointRouteBuilder endpoints, string pattern, string what) =>
        endpoints.Map(pattern, http => ApiEndpoints.AnswerAsync(http, (_, _) => throw RequestException.NotBuilt(what)));

    private static Task AnswerHealthAsync(HttpContext http, Deployment deployment)
    {
        if (deployment.Database.Stopped is null) return http.Response.WriteAsync("ok", http.RequestAborted);
        throw new RequestException(RequestErrorKind.Unavailable, "CommitsStopped", "Commits have stopped until this process is started again.");
    }

    /// <summary>The public key of the tokens that mutations sign. It changes only with the data, so nobody needs to ask for each token.</summary>
    private static async Task AnswerKeysAsync(HttpContext http, Deployment deployment)
    {
        var keys = deployment.Tokens.PublicKeys;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = keys.Length;
        http.Response.Headers.CacheControl = "public, max-age=300";
        await http.Response.Body.WriteAsync(keys, http.RequestAborted);
    }

    private static async Task AnswerEchoAsync(HttpContext http, Deployment deployment)
    {
        // The whole body first: many clients do not read before they have sent everything.
        var body = await RequestBody.ReadAsync(http, EchoBytes);
        http.Response.ContentType = http.Request.ContentType;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
