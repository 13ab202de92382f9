using Fresnel.Server.Deploy;
using Fresnel.Server.HttpApi;
using Fresnel.Server.Sync;
using Microsoft.AspNetCore.Routing;

namespace Fresnel.Server;

/// <summary>Maps the edges of Fresnel into an application.</summary>
public static class FresnelEndpointRouteBuilderExtensions
{
    /// <summary>Maps the sync socket, the HTTP API, the deploy API and the plain routes at the root of the origin, where clients and the CLI expect them.</summary>
    public static IEndpointRouteBuilder MapFresnel(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapSync();
        endpoints.MapFunctions();
        endpoints.MapDeployApi();
        endpoints.MapPlain();
        return endpoints;
    }
}
