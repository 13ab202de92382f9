using Fresnel.Runtime.Environment;
using Fresnel.Server.Auth;
using Fresnel.Server.HttpApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.Deploy;

/// <summary>Sets and lists environment variables. Source: <c>spec/deploy-api.md</c> §6.4.</summary>
internal static class EnvironmentEndpoints
{
    public static void MapEnvironmentVariables(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapApi(HttpMethods.Post, "/api/update_environment_variables", UpdateAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/v1/update_environment_variables", UpdateAsync);
        endpoints.MapApi(HttpMethods.Get, "/api/v1/list_environment_variables", ListAsync);
    }

    private static async Task UpdateAsync(HttpContext http, Runtime.Deployment deployment)
    {
        var body = await DeployBody.ReadOfAdminAsync(http, DeployJson.Default.EnvironmentUpdate, _ => null);
        await deployment.Pushes.ChangeVariablesAsync([.. body.Changes.Select(change => new EnvironmentChange(change.Name, change.Value))], http.RequestAborted);
    }

    private static async Task ListAsync(HttpContext http, Runtime.Deployment deployment)
    {
        HttpAuthentication.RequireAdmin(http, http.RequestServices.GetRequiredService<AdminAccess>());
        var variables = await deployment.Environment.ListAsync(http.RequestAborted);
        await DeployApi.AnswerAsync(http, new EnvironmentList(variables), DeployJson.Default.EnvironmentList);
    }
}

/// <summary>The body of <c>update_environment_variables</c>: all of it takes effect, or nothing.</summary>
/// <param name="Changes">What changes.</param>
internal sealed record EnvironmentUpdate(IReadOnlyList<VariableChange> Changes);

/// <summary>One change.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Value">Its value; null deletes it.</param>
internal sealed record VariableChange(string Name, string? Value = null);

/// <summary>All variables but the built-in ones.</summary>
/// <param name="EnvironmentVariables">By name.</param>
internal sealed record EnvironmentList(IReadOnlyDictionary<string, string> EnvironmentVariables);
