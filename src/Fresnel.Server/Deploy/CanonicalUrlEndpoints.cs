using Fresnel.Runtime.Environment;
using Fresnel.Server.Auth;
using Fresnel.Server.Errors;
using Fresnel.Server.HttpApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.Deploy;

/// <summary>Says where the deployment is reached, and lets an operator say otherwise. Source: <c>spec/deploy-api.md</c> §6.5.</summary>
internal static class CanonicalUrlEndpoints
{
    public static void MapCanonicalUrls(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapApi(HttpMethods.Get, "/api/v1/get_canonical_urls", GetAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/v1/update_canonical_url", UpdateAsync);
    }

    private static Task GetAsync(HttpContext http, Runtime.Deployment deployment)
    {
        HttpAuthentication.RequireAdmin(http, http.RequestServices.GetRequiredService<AdminAccess>());
        var urls = deployment.Options.Urls;
        return DeployApi.AnswerAsync(http, new CanonicalUrlList(urls.Cloud, urls.Site), DeployJson.Default.CanonicalUrlList);
    }

    private static async Task UpdateAsync(HttpContext http, Runtime.Deployment deployment)
    {
        var body = await DeployBody.ReadOfAdminAsync(http, DeployJson.Default.CanonicalUrlUpdate, _ => null);
        var origin = body.RequestDestination switch
        {
            "convexCloud" => CanonicalOrigin.ConvexCloud,
            "convexSite" => CanonicalOrigin.ConvexSite,
            _ => throw RequestException.BadRequest("InvalidRequestDestination", $"requestDestination is \"{body.RequestDestination}\"; it must be \"convexCloud\" or \"convexSite\"."),
        };
        await deployment.Urls.ChangeAsync(origin, body.Url, http.RequestAborted);
    }
}

/// <summary>Where the deployment is reached.</summary>
/// <param name="ConvexCloudUrl">By clients and the CLI.</param>
/// <param name="ConvexSiteUrl">For HTTP actions.</param>
internal sealed record CanonicalUrlList(string ConvexCloudUrl, string ConvexSiteUrl);

/// <summary>The body of <c>update_canonical_url</c>.</summary>
/// <param name="RequestDestination"><c>convexCloud</c> or <c>convexSite</c>.</param>
/// <param name="Url">The URL; null for what the server was configured with.</param>
internal sealed record CanonicalUrlUpdate(string RequestDestination, string? Url = null);
