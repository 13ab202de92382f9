using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Chat.StandIn;

/// <summary>A small endpoint that speaks OpenAI's chat completions: what replies come from where no language model is at hand.</summary>
internal static class StandInEndpoint
{
    /// <summary>What a client of OpenAI is given as its base URL, below the origin.</summary>
    public const string BasePath = "/stand-in/v1";

    public static void MapStandIn(this IEndpointRouteBuilder endpoints, double wordsPerSecond) =>
        endpoints.MapPost($"{BasePath}/chat/completions", (ChatRequest request, HttpContext http) => AnswerAsync(request, http, new Typist(wordsPerSecond)));

    private static async Task AnswerAsync(ChatRequest request, HttpContext http, Typist typist)
    {
        var message = request.Messages.LastOrDefault(one => one.Role == "user")?.Content ?? "";
        var isSummary = request.Messages[0] is { Role: "system", Content: var order } && order.StartsWith("Summarize", StringComparison.Ordinal);
        var script = isSummary ? Script.Summary(message) : Script.For(message);
        if (script.Ending == Ending.Refusal)
        {
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            await http.Response.WriteAsJsonAsync(new { error = new { message = script.Text, type = "insufficient_quota", code = "insufficient_quota" } }, http.RequestAborted);
            return;
        }

        // A reply may take minutes; the server does not wait for that when it is asked to stop.
        using var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(http.Abort);
        try
        {
            if (request.Stream) await StreamAsync(script, http, typist);
            else await AnswerAtOnceAsync(script, http, typist);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
    }

    private static async Task StreamAsync(Script script, HttpContext http, Typist typist)
    {
        var id = $"chatcmpl-{http.TraceIdentifier}";
        http.Response.ContentType = "text/event-stream";
        await foreach (var word in typist.TypeAsync(script.Text, http.RequestAborted)) await SendAsync(http, Part(id, new { role = "assistant", content = word }, finishReason: null));
        await EndAsync(script, http);
        if (http.RequestAborted.IsCancellationRequested) return;
        await SendAsync(http, Part(id, new { }, "stop"));
        await SendAsync(http, "[DONE]");
    }

    private static async Task AnswerAtOnceAsync(Script script, HttpContext http, Typist typist)
    {
        var text = new StringBuilder();
        await foreach (var word in typist.TypeAsync(script.Text, http.RequestAborted)) text.Append(word);
        await EndAsync(script, http);
        if (http.RequestAborted.IsCancellationRequested) return;
        await http.Response.WriteAsJsonAsync(
            new
            {
                id = $"chatcmpl-{http.TraceIdentifier}",
                @object = "chat.completion",
                created = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
                model = "stand-in",
                choices = new[] { new { index = 0, message = new { role = "assistant", content = text.ToString() }, finish_reason = "stop" } },
            },
            http.RequestAborted);
    }

    private static async Task EndAsync(Script script, HttpContext http)
    {
        if (script.Ending == Ending.Silence) await Task.Delay(Timeout.Infinite, http.RequestAborted);
        if (script.Ending == Ending.Cut) http.Abort();
    }

    private static string Part(string id, object delta, string? finishReason) => JsonSerializer.Serialize(new
    {
        id,
        @object = "chat.completion.chunk",
        created = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        model = "stand-in",
        choices = new[] { new { index = 0, delta, finish_reason = finishReason } },
    });

    private static async Task SendAsync(HttpContext http, string data)
    {
        await http.Response.WriteAsync($"data: {data}\n\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}

/// <summary>What a client of chat completions asks, as far as the stand-in looks at it.</summary>
internal sealed record ChatRequest(IReadOnlyList<ChatMessage> Messages, bool Stream = false);

/// <summary>One thing that was said.</summary>
internal sealed record ChatMessage(string Role, string Content);

/// <summary>Types words at a human pace, with a breath after each sentence.</summary>
/// <param name="wordsPerSecond">About how many.</param>
internal sealed class Typist(double wordsPerSecond)
{
    public async IAsyncEnumerable<string> TypeAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var at = 0; at < text.Length;)
        {
            // A word, and the space behind it.
            var end = text.AsSpan(at).IndexOfAny(' ', '\n') is >= 0 and var space ? at + space + 1 : text.Length;
            var word = text[at..end];
            var beats = (0.5 + Random.Shared.NextDouble()) * (word.AsSpan().TrimEnd().EndsWith('.') ? 3 : 1);
            await Task.Delay(TimeSpan.FromSeconds(beats / wordsPerSecond), cancellationToken);
            yield return word;
            at = end;
        }
    }
}
