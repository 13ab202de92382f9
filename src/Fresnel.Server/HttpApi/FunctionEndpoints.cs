using System.Text;
using System.Text.Json;
using Fresnel.Engine.Snapshots;
using Fresnel.Protocol.Http;
using Fresnel.Runtime;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Auth;
using Fresnel.Server.Errors;
using Fresnel.Values;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.HttpApi;

/// <summary>Calls of functions over HTTP. Source: <c>spec/client-protocol.md</c> §3.1 and 3.2.</summary>
/// <remarks>A mutation or an action that has begun is carried through when its caller leaves; a query is not.</remarks>
internal static class FunctionEndpoints
{
    private const int MostInBatch = 1_000;
    private const long MostBatchBytes = 64 << 20;

    /// <summary>Maps the routes.</summary>
    public static void MapFunctions(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapApi(HttpMethods.Get, "/api/query", async (http, deployment) => await AnswerQueryAsync(http, deployment, ReadFromUrl(http)));
        endpoints.MapApi(HttpMethods.Post, "/api/query", async (http, deployment) => await AnswerQueryAsync(http, deployment, await ReadAsync(http)));
        endpoints.MapApi(HttpMethods.Post, "/api/mutation", AnswerMutationAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/action", AnswerActionAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/function", AnswerFunctionAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/run/{**path}", AnswerRunAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/query_ts", AnswerTimestampAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/query_at_ts", AnswerQueryAtTimestampAsync);
        endpoints.MapApi(HttpMethods.Post, "/api/query_batch", AnswerBatchAsync);
    }

    private static async Task AnswerQueryAsync(HttpContext http, Deployment deployment, FunctionRequest request)
    {
        var (call, format) = await PrepareAsync(http, deployment, request, FunctionCaller.HttpApi);
        var query = await deployment.Invoker.QueryAsync(call, null, http.RequestAborted);
        await FunctionAnswer.WriteAsync(http, deployment, query.Outcome, format);
    }

    private static async Task AnswerMutationAsync(HttpContext http, Deployment deployment)
    {
        var (call, format) = await PrepareAsync(http, deployment, await ReadAsync(http), FunctionCaller.HttpApi);
        var outcome = await deployment.Invoker.Mutate(call, null, CancellationToken.None).Completed;
        await FunctionAnswer.WriteAsync(http, deployment, outcome, format);
    }

    private static async Task AnswerActionAsync(HttpContext http, Deployment deployment)
    {
        var (call, format) = await PrepareAsync(http, deployment, await ReadAsync(http), FunctionCaller.HttpApi);
        var outcome = await deployment.Invoker.ActionAsync(call, CancellationToken.None);
        await FunctionAnswer.WriteAsync(http, deployment, outcome, format);
    }

    private static async Task AnswerFunctionAsync(HttpContext http, Deployment deployment)
    {
        HttpAuthentication.RequireAdmin(http, http.RequestServices.GetRequiredService<AdminAccess>());
        var (call, format) = await PrepareAsync(http, deployment, await ReadAsync(http), FunctionCaller.HttpRun);
        await FunctionAnswer.WriteAsync(http, deployment, await deployment.Invoker.RunAsync(call, CancellationToken.None), format);
    }

    private static async Task AnswerRunAsync(HttpContext http, Deployment deployment)
    {
        var segments = (http.GetRouteValue("path") as string ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length < 2) throw RequestException.BadRequest("MissingIdentifier", "Path or function name not provided in path, e.g. /api/run/messages/list");

        var path = $"{string.Join('/', segments[..^1])}:{segments[^1]}";
        var (call, format) = await PrepareAsync(http, deployment, await ReadAsync(http) with { Path = path }, FunctionCaller.HttpRun);
        await FunctionAnswer.WriteAsync(http, deployment, await deployment.Invoker.RunAsync(call, CancellationToken.None), format);
    }

    private static async Task AnswerTimestampAsync(HttpContext http, Deployment deployment)
    {
        var timestamp = http.RequestServices.GetRequiredService<PinnedSnapshots>().Pin(deployment.Database.Published);
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync($$"""{"ts":"{{timestamp.ToWire()}}"}""", http.RequestAborted);
    }

    private static async Task AnswerQueryAtTimestampAsync(HttpContext http, Deployment deployment)
    {
        var request = await ReadAsync(http);
        if (request.Timestamp is null || !Timestamp.TryParseWire(request.Timestamp, out var timestamp))
        {
            throw RequestException.BadRequest("BadJsonBody", "Expected a timestamp in field `ts`");
        }

        var (call, format) = await PrepareAsync(http, deployment, request, FunctionCaller.HttpApi);
        var snapshot = http.RequestServices.GetRequiredService<PinnedSnapshots>().Find(timestamp, deployment.Database.Published);
        var query = await deployment.Invoker.QueryAsync(call, snapshot, http.RequestAborted);
        await FunctionAnswer.WriteAsync(http, deployment, query.Outcome, format);
    }

    private static async Task AnswerBatchAsync(HttpContext http, Deployment deployment)
    {
        var body = await RequestBody.ReadJsonAsync(http);
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("queries", out var queries) || queries.ValueKind != JsonValueKind.Array)
        {
            throw RequestException.BadRequest("BadJsonBody", "Expected an array in field `queries`");
        }

        if (queries.GetArrayLength() > MostInBatch) throw RequestException.BadRequest("TooManyQueries", $"Only up to {MostInBatch} queries allowed in a batch.");
        ClientHeader.Check(http);
        var identity = await HttpAuthentication.AuthenticateAsync(http, deployment);
        var calls = queries.EnumerateArray().Select(query => Prepare(http, identity, Read(query), FunctionCaller.HttpApi)).ToList();
        var snapshot = deployment.Database.Published;
        var results = new List<(FunctionOutcome, ValueFormat)>(calls.Count);
        long bytes = 0;
        foreach (var (call, format) in calls)
        {
            var outcome = (await deployment.Invoker.QueryAsync(call, snapshot, http.RequestAborted)).Outcome;
            if ((bytes += outcome.Value.Length) > MostBatchBytes) throw RequestException.BadRequest("BatchTooLarge", $"The results of a batch are too large (limit: {MostBatchBytes >> 20} MiB)");
            results.Add((outcome, format));
        }

        await FunctionAnswer.WriteBatchAsync(http, deployment, results);
    }

    /// <summary>Checks everything about a request that can be checked before the function runs.</summary>
    private static async ValueTask<(FunctionCall Call, ValueFormat Format)> PrepareAsync(HttpContext http, Deployment deployment, FunctionRequest request, FunctionCaller caller)
    {
        ClientHeader.Check(http);
        return Prepare(http, await HttpAuthentication.AuthenticateAsync(http, deployment), request, caller);
    }

    private static (FunctionCall Call, ValueFormat Format) Prepare(HttpContext http, Identity identity, FunctionRequest request, FunctionCaller caller)
    {
        if (!ValueFormats.TryParse(request.Format, out var format))
        {
            throw RequestException.BadRequest("BadFormat", $"format param must be one of [`json`]. Got {request.Format}");
        }

        if (request.Path is not { } path) throw RequestException.BadRequest("BadJsonBody", "missing field `path`");
        if (request.Arguments is not { } arguments) throw RequestException.BadRequest("BadJsonBody", "missing field `args`");
        if (!FunctionPath.TryParse(path, out var function, out var detail))
        {
            throw RequestException.BadRequest("BadConvexFunctionIdentifier", $"{path} is not a valid path to a Convex function. {detail}");
        }

        if (!string.IsNullOrEmpty(request.ComponentPath) && identity is not { IsAdmin: true, Attributes: null })
        {
            throw RequestException.Fault("Only admin or system users can call functions on non-root components directly");
        }

        var call = new FunctionCall
        {
            Component = request.ComponentPath ?? "",
            Path = function,
            Arguments = FunctionRequest.AsArray(arguments),
            Identity = identity,
            Caller = caller,
            RequestId = RequestIds.Of(http),
            Origin = (http.Connection.RemoteIpAddress?.ToString(), http.Request.Headers.UserAgent.ToString()),
        };
        return (call, format);
    }

    private static async Task<FunctionRequest> ReadAsync(HttpContext http) => Read(await RequestBody.ReadJsonAsync(http));

    private static FunctionRequest Read(JsonElement body)
    {
        try
        {
            return FunctionRequest.Read(body);
        }
        catch (JsonException exception)
        {
            throw RequestBody.BadJson(exception);
        }
    }

    private static FunctionRequest ReadFromUrl(HttpContext http)
    {
        var query = http.Request.Query;
        if (!query.ContainsKey("path") || !query.ContainsKey("args")) throw RequestException.BadRequest("BadQueryArgs", "Expected the query parameters `path` and `args`");
        var arguments = Encoding.UTF8.GetBytes(query["args"].ToString());
        RequestBody.ParseJson(arguments);
        return new FunctionRequest(query["path"], arguments, query.ContainsKey("format") ? query["format"].ToString() : null, null, null);
    }
}
