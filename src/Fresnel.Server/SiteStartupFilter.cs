using Fresnel.Runtime;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fresnel.Server;

/// <summary>Puts a fork before the application's pipeline: requests that came through the site are for HTTP actions and see nothing else of it.</summary>
internal sealed class SiteStartupFilter(IOptions<FresnelOptions> options) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, rest) => http.IsSite(options.Value) ? SiteEndpoint.AnswerAsync(http) : rest(http));
        next(app);
    };
}

/// <summary>Answers requests for HTTP actions. They are not run yet; whoever has an <c>http.ts</c> is told so.</summary>
internal static class SiteEndpoint
{
    public static async Task AnswerAsync(HttpContext http)
    {
        try
        {
            var deployment = await http.RequestServices.GetRequiredService<HostedDeployment>().Started.WaitAsync(http.RequestAborted);
            if (await HasHttpActionsAsync(deployment, http.RequestAborted))
            {
                await RequestErrors.WriteAsync(http, RequestException.NotBuilt("HTTP actions are"));
                return;
            }

            http.Response.StatusCode = StatusCodes.Status404NotFound;
            await http.Response.WriteAsync("This Convex deployment does not have HTTP actions enabled.", http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller left.
        }
    }

    private static async ValueTask<bool> HasHttpActionsAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        using var transaction = deployment.Database.BeginRead();
        var code = await deployment.Catalog.LoadAsync(transaction, component: "", cancellationToken);
        return code.Modules.Modules.Any(module => module.Path == "http.js");
    }
}
