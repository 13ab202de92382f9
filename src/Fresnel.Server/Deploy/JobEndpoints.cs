using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Jobs;
using Fresnel.Server.Errors;
using Fresnel.Server.HttpApi;
using Fresnel.Values;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fresnel.Server.Deploy;

/// <summary>Cancels and deletes scheduled functions, for a dashboard. Source: <c>spec/deploy-api.md</c> §11.</summary>
internal static class JobEndpoints
{
    private const string App = "";

    public static void MapJobs(this IEndpointRouteBuilder endpoints)
    {
        endpoints.Map("/api/cancel_job", (jobs, body, cancellationToken) => jobs.CancelAsync(App, body.Id ?? throw Missing("id"), cancellationToken));
        endpoints.Map("/api/cancel_all_jobs", (jobs, body, cancellationToken) => jobs.CancelAllAsync(App, PathOf(body), cancellationToken));
        endpoints.Map("/api/delete_scheduled_functions_table", (jobs, _, cancellationToken) => jobs.DeleteAllAsync(App, cancellationToken));
    }

    private static void Map(this IEndpointRouteBuilder endpoints, string path, Func<JobAdministration, JobRequestBody, CancellationToken, Task> handle) =>
        endpoints.MapApi(HttpMethods.Post, path, async (http, deployment) =>
        {
            var body = await DeployBody.ReadOfAdminAsync(http, DeployJson.Default.JobRequestBody, _ => null);
            if (body.ComponentId is { } id && !await IsAppAsync(deployment, id, http.RequestAborted)) throw RequestException.BadRequest("InvalidArgument", $"There is no component with ID {id}.");
            await handle(deployment.JobAdministration, body, http.RequestAborted);
        });

    private static async ValueTask<bool> IsAppAsync(Runtime.Deployment deployment, string componentId, CancellationToken cancellationToken)
    {
        using var transaction = deployment.Database.BeginRead();
        return transaction.FindTable(App, SystemTables.Generations.Name) is { } generations
            && DocumentId.TryParse(componentId, out var id) && id.TableNumber == generations.Number
            && await transaction.GetAsync(generations, id.InternalId, cancellationToken) is { } generation && generation.Fields["component"] == App;
    }

    private static FunctionPath? PathOf(JobRequestBody body) =>
        body.UdfPath is null ? null
        : FunctionPath.TryParse(body.UdfPath, out var path, out var detail) ? path : throw RequestException.BadRequest("InvalidArgument", $"udfPath is \"{body.UdfPath}\". {detail}");

    private static RequestException Missing(string field) => RequestException.BadRequest("InvalidArgument", $"{field} is missing.");
}

/// <summary>Which jobs. The component is the app as long as there are no others.</summary>
/// <param name="Id">One job.</param>
/// <param name="UdfPath">All of one function.</param>
/// <param name="ComponentId">The component, or null for the app.</param>
internal sealed record JobRequestBody(string? Id = null, string? UdfPath = null, string? ComponentId = null);
