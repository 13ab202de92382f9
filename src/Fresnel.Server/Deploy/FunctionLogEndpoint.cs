using System.Globalization;
using System.Text.Json;
using Fresnel.Runtime.Logs;
using Fresnel.Server.Auth;
using Fresnel.Server.Errors;
using Fresnel.Server.HttpApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.Deploy;

/// <summary>The log of functions as a long poll: what <c>npx convex logs</c> and <c>dev</c> follow. Source: <c>spec/deploy-api.md</c> §7.</summary>
internal static class FunctionLogEndpoint
{
    /// <summary>How long a poll is held when there is nothing new. The CLI asks again at once, so an empty answer never comes sooner.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static void MapFunctionLogs(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapApi(HttpMethods.Get, "/api/stream_function_logs", AnswerAsync);
        endpoints.MapApi(HttpMethods.Get, "/api/app_metrics/stream_function_logs", AnswerAsync);
    }

    private static async Task AnswerAsync(HttpContext http, Runtime.Deployment deployment)
    {
        HttpAuthentication.RequireAdmin(http, http.RequestServices.GetRequiredService<AdminAccess>());
        var text = http.Request.Query["cursor"].ToString();
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var cursor) || !double.IsFinite(cursor))
            throw RequestException.BadRequest("InvalidCursor", $"cursor is \"{text}\"; it must be Unix milliseconds.");

        var stopping = http.RequestServices.GetRequiredService<HostedDeployment>().Stopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        FunctionLogPage page;
        try
        {
            page = await deployment.Logs.ReadAsync(cursor, Patience, either.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            page = new FunctionLogPage([], cursor);
        }

        http.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter);
        FunctionLogWriter.Write(writer, page, HasStructuredLines(http));
    }

    /// <summary>Tools of today read lines as objects, older ones as texts.</summary>
    private static bool HasStructuredLines(HttpContext http)
    {
        var client = http.Request.Headers["Convex-Client"].ToString();
        return client.StartsWith("npm-cli", StringComparison.Ordinal) || client.StartsWith("dashboard", StringComparison.Ordinal);
    }
}
