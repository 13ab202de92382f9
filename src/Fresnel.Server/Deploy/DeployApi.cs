using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fresnel.Runtime.Pushes;
using Fresnel.Server.Auth;
using Fresnel.Server.Errors;
using Fresnel.Server.HttpApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.Deploy;

/// <summary>What the official CLI asks of a deployment over HTTP. Source: <c>spec/deploy-api.md</c>.</summary>
internal static class DeployApi
{
    /// <summary>Maps the push, environment variables, canonical URLs, logs, jobs and the check of keys.</summary>
    public static IEndpointRouteBuilder MapDeployApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPush();
        endpoints.MapEnvironmentVariables();
        endpoints.MapCanonicalUrls();
        endpoints.MapFunctionLogs();
        endpoints.MapJobs();
        endpoints.MapApi(HttpMethods.Get, "/api/check_admin_key", CheckAdminKey.AnswerAsync);
        return endpoints;
    }

    private static void MapPush(this IEndpointRouteBuilder endpoints)
    {
        var json = PushJson.Default;
        endpoints.MapPost("/api/get_config_hashes", json.ConfigHashesRequest, request => request.AdminKey, json.ConfigHashes, (pushes, _, cancellationToken) =>
            pushes.GetConfigHashesAsync(cancellationToken));
        endpoints.MapPost("/api/deploy2/evaluate_schema", json.PushRequest, request => request.AdminKey, json.SchemaEvaluation, (pushes, request, cancellationToken) =>
            pushes.EvaluateSchemaAsync(request, cancellationToken));
        endpoints.MapPost("/api/deploy2/evaluate_push", json.PushRequest, request => request.AdminKey, json.PushEvaluation, (pushes, request, cancellationToken) =>
            pushes.EvaluateAsync(request, cancellationToken));
        endpoints.MapPost("/api/deploy2/start_push", json.PushRequest, request => request.AdminKey, json.StartedPush, (pushes, request, cancellationToken) =>
            pushes.StartAsync(request, cancellationToken));
        endpoints.MapPost("/api/deploy2/wait_for_schema", json.WaitForSchemaRequest, request => request.AdminKey, json.SchemaStatus, (pushes, request, cancellationToken) =>
            pushes.WaitForSchemaAsync(request, cancellationToken));
        endpoints.MapPost("/api/deploy2/finish_push", json.FinishPushRequest, request => request.AdminKey, json.PushDiff, (pushes, request, cancellationToken) =>
            pushes.FinishAsync(request, cancellationToken));

        // The CLI's own timings: it wants to hear that they came, and nothing depends on them.
        endpoints.MapApi(HttpMethods.Post, "/api/deploy2/report_push_completed", async (http, _) =>
        {
            await DeployBody.ReadOfAdminAsync(http, json.PushReport, report => report.AdminKey);
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("null", http.RequestAborted);
        });
    }

    private static void MapPost<TRequest, TAnswer>(
        this IEndpointRouteBuilder endpoints,
        string path,
        JsonTypeInfo<TRequest> request,
        Func<TRequest, string?> keyIn,
        JsonTypeInfo<TAnswer> answer,
        Func<Runtime.Pushes.Pushes, TRequest, CancellationToken, Task<TAnswer>> handle)
        where TRequest : class =>
        endpoints.MapApi(HttpMethods.Post, path, async (http, deployment) =>
        {
            var body = await DeployBody.ReadOfAdminAsync(http, request, keyIn);
            try
            {
                await AnswerAsync(http, await handle(deployment.Pushes, body, http.RequestAborted), answer);
            }
            catch (ModuleConflictException conflict)
            {
                throw new RequestException(RequestErrorKind.Conflict, conflict.Code, conflict.Message);
            }
        });

    /// <summary>Writes an answer.</summary>
    internal static Task AnswerAsync<T>(HttpContext http, T answer, JsonTypeInfo<T> type)
    {
        http.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(http.Response.Body, answer, type, http.RequestAborted);
    }
}
