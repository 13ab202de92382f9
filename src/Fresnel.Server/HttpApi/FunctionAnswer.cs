using System.Text.Encodings.Web;
using System.Text.Json;
using Fresnel.Protocol.Http;
using Fresnel.Runtime;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Errors;
using Microsoft.AspNetCore.Http;

namespace Fresnel.Server.HttpApi;

/// <summary>Answers with how a function ended: status 200, also when it failed.</summary>
internal static class FunctionAnswer
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes one outcome.</summary>
    public static async Task WriteAsync(HttpContext http, Deployment deployment, FunctionOutcome outcome, ValueFormat format)
    {
        RequestErrors.ThrowIfFault(outcome);
        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, Options);
        FunctionResponseWriter.Write(FunctionErrors.ResultOf(outcome, Redacts(deployment)), format, json);
    }

    /// <summary>Writes the outcomes of a batch, in the order of its requests.</summary>
    public static async Task WriteBatchAsync(HttpContext http, Deployment deployment, IReadOnlyList<(FunctionOutcome Outcome, ValueFormat Format)> results)
    {
        foreach (var (outcome, _) in results) RequestErrors.ThrowIfFault(outcome);
        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, Options);
        json.WriteStartObject();
        json.WriteStartArray("results"u8);
        foreach (var (outcome, format) in results) FunctionResponseWriter.Write(FunctionErrors.ResultOf(outcome, Redacts(deployment)), format, json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static bool Redacts(Deployment deployment) => deployment.Options.Environment == DeploymentEnvironment.Production;
}
