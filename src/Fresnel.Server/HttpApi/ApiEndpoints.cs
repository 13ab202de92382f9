using Fresnel.Runtime;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fresnel.Server.HttpApi;

/// <summary>Answers a request of the deployment's own API. What it throws becomes <c>{"code","message"}</c> with the right status.</summary>
internal delegate Task ApiHandler(HttpContext http, Deployment deployment);

/// <summary>Maps routes of the deployment origin: each waits for the deployment, carries CORS headers, and answers errors in one form.</summary>
internal static partial class ApiEndpoints
{
    /// <summary>Maps a route.</summary>
    public static IEndpointConventionBuilder MapApi(this IEndpointRouteBuilder endpoints, string method, string pattern, ApiHandler handler) =>
        endpoints.MapMethods(pattern, [method], http => AnswerAsync(http, handler)).WithDisplayName($"Fresnel {method} {pattern}");

    /// <summary>Runs a handler with all that its route needs around it.</summary>
    internal static async Task AnswerAsync(HttpContext http, ApiHandler handler)
    {
        Cors.Allow(http);
        try
        {
            var host = http.RequestServices.GetRequiredService<HostedDeployment>();
            await handler(http, await host.Started.WaitAsync(http.RequestAborted));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller left; there is nobody to answer.
        }
        catch (InvocationAbandonedException)
        {
            http.Abort(); // Whether it took effect is not known: any answer could be a lie.
        }
        catch (Exception exception)
        {
            await AnswerFailureAsync(http, exception);
        }
    }

    /// <summary>Answers what a request threw, as far as it can still be answered.</summary>
    internal static async Task AnswerFailureAsync(HttpContext http, Exception exception)
    {
        var error = RequestErrors.Classify(exception);
        if (error.Kind == RequestErrorKind.Internal) LogFailure(http.RequestServices.GetRequiredService<ILogger<HostedDeployment>>(), http.Request.Path, exception);
        if (http.Response.HasStarted) http.Abort();
        else await RequestErrors.WriteAsync(http, error);
    }

    [LoggerMessage(1, LogLevel.Error, "A request to {Path} failed.")]
    private static partial void LogFailure(ILogger logger, string path, Exception exception);
}
