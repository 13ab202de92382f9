using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.HttpActions;

/// <summary>What a client is told when an HTTP action failed before it answered. Source: <c>spec/client-protocol.md</c> §3.6.</summary>
internal static class HttpActionFailure
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly KeyValuePair<string, string>[] Json = [new("Content-Type", "application/json")];
    private static readonly KeyValuePair<string, string>[] Text = [new("Content-Type", "text/plain; charset=utf-8")];

    /// <summary>Answers with a text of the system's own.</summary>
    public static async ValueTask AnswerTextAsync(IHttpActionResponse response, int status, string text)
    {
        await response.StartAsync(status, Text);
        await response.WriteAsync(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Answers with <c>{"code","message"}</c>: a failure of the request, not of the function.</summary>
    public static ValueTask AnswerRefusalAsync(IHttpActionResponse response, int status, string code, string message) => AnswerAsync(response, status, json =>
    {
        json.WriteString("code", code);
        json.WriteString("message", message);
    });

    /// <summary>Answers with <c>{"code","trace","data"}</c>: what the function threw.</summary>
    public static ValueTask AnswerErrorAsync(IHttpActionResponse response, FunctionError error, string requestId, bool redacts) => AnswerAsync(response, 500, json =>
    {
        var head = $"[Request ID: {requestId}] Server Error";
        json.WriteString("code", redacts ? head : $"{head}: {error.Message}");
        if (!redacts) json.WriteString("trace", error.FullText);
        if (error.Data is not { } data) return;
        json.WritePropertyName("data");
        json.WriteRawValue(data.Span);
    });

    private static async ValueTask AnswerAsync(IHttpActionResponse response, int status, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        await response.StartAsync(status, Json);
        await response.WriteAsync(body.WrittenMemory);
    }
}
