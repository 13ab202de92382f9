using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fresnel.Testing.LanguageModels;

/// <summary>A language model for tests: an endpoint that speaks OpenAI's chat completions and says what the test wants, when it wants.</summary>
/// <remarks>It answers every path that ends in <c>/chat/completions</c>, so that any provider's base URL can be played.</remarks>
public sealed class ModelEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ModelEndpoint(WebApplication app) => _app = app;

    /// <summary>Its origin.</summary>
    public string Url => _app.Urls.First();

    /// <summary>What it was asked, in order.</summary>
    public ConcurrentQueue<ModelRequest> Requests { get; } = [];

    /// <summary>What it answers; by default the last thing that was said, in capitals.</summary>
    public Func<ModelRequest, ModelReply> Answer { get; set; } = request => new(request.Messages[^1].Content.ToUpperInvariant());

    /// <summary>Starts one on a free port.</summary>
    public static async Task<ModelEndpoint> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var model = new ModelEndpoint(app);
        app.MapPost("/{**path}", model.HandleAsync);
        await app.StartAsync();
        return model;
    }

    /// <summary>Stops it; who is being answered is cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext http)
    {
        var request = await ModelRequest.ReadAsync(http);
        Requests.Enqueue(request);
        var reply = Answer(request);
        if (reply.Before is { } before) await before.WaitAsync(http.RequestAborted);
        if (reply.Refusal is { } refusal)
        {
            http.Response.StatusCode = refusal.Status;
            // The openai package asks again on some statuses; nobody has to wait for it.
            http.Response.Headers["retry-after-ms"] = "1";
            await http.Response.WriteAsJsonAsync(new { error = new { message = refusal.Message, type = "test", code = "test" } }, http.RequestAborted);
        }
        else if (request.IsStreamed)
        {
            await StreamAsync(http, reply);
        }
        else if (reply.CutBefore is not null)
        {
            http.Abort();
        }
        else
        {
            await http.Response.WriteAsJsonAsync(
                new
                {
                    id = "chatcmpl-test",
                    @object = "chat.completion",
                    created = 1,
                    model = request.Model,
                    choices = new[] { new { index = 0, message = new { role = "assistant", content = reply.Text }, finish_reason = "stop" } },
                },
                http.RequestAborted);
        }
    }

    private static async Task StreamAsync(HttpContext http, ModelReply reply)
    {
        http.Response.ContentType = "text/event-stream";
        var words = (reply.Text ?? "").Split(' ');
        for (var number = 0; number < words.Length; number++)
        {
            if (reply.BeforeWord is { } wait) await wait(number).WaitAsync(http.RequestAborted);
            if (reply.CutBefore == number)
            {
                http.Abort();
                return;
            }

            await SendAsync(http, reply.Garbage ?? Part(new { role = "assistant", content = number == 0 ? words[number] : " " + words[number] }, null));
        }

        await SendAsync(http, Part(new { }, "stop"));
        await SendAsync(http, "[DONE]");
    }

    private static string Part(object delta, string? finishReason) => JsonSerializer.Serialize(new
    {
        id = "chatcmpl-test",
        @object = "chat.completion.chunk",
        created = 1,
        model = "test",
        choices = new[] { new { index = 0, delta, finish_reason = finishReason } },
    });

    private static async Task SendAsync(HttpContext http, string data)
    {
        await http.Response.WriteAsync($"data: {data}\n\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}

/// <summary>What the model was asked.</summary>
/// <param name="Path">E.g. <c>/v1/chat/completions</c>.</param>
/// <param name="Authorization">The header with the key.</param>
/// <param name="Model">Which model.</param>
/// <param name="IsStreamed">Whether the answer is to be streamed.</param>
/// <param name="Messages">The conversation.</param>
public sealed record ModelRequest(string Path, string Authorization, string Model, bool IsStreamed, IReadOnlyList<ModelMessage> Messages)
{
    internal static async Task<ModelRequest> ReadAsync(HttpContext http)
    {
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        var root = body.RootElement;
        return new(
            http.Request.Path,
            http.Request.Headers.Authorization.ToString(),
            root.GetProperty("model").GetString()!,
            root.TryGetProperty("stream", out var stream) && stream.GetBoolean(),
            [.. root.GetProperty("messages").EnumerateArray().Select(message => new ModelMessage(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!))]);
    }
}

/// <summary>One thing that was said.</summary>
/// <param name="Role">By whom.</param>
/// <param name="Content">What.</param>
public sealed record ModelMessage(string Role, string Content);

/// <summary>What the model answers.</summary>
/// <param name="Text">The words, with one space between them; null for a completion without content.</param>
public sealed record ModelReply(string? Text)
{
    /// <summary>What is waited for before anything is answered.</summary>
    public Task? Before { get; init; }

    /// <summary>What is waited for before a streamed word; words are numbered from 0.</summary>
    public Func<int, Task>? BeforeWord { get; init; }

    /// <summary>Before which word the connection is cut; null for none. A reply that is not streamed is cut before all of them.</summary>
    public int? CutBefore { get; init; }

    /// <summary>What is streamed in the place of every word: no JSON, for one.</summary>
    public string? Garbage { get; init; }

    /// <summary>Answers with an error.</summary>
    public (int Status, string Message)? Refusal { get; init; }
}
