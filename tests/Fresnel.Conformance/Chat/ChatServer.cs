using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fresnel.Testing.Hosts;

namespace Fresnel.Conformance.Chat;

/// <summary>The sample as a process, and what its deployment answers.</summary>
internal static class ChatServer
{
    /// <summary>A start may install npm packages, build the page and push.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static Task<HostProcess> StartAsync(int wordsPerSecond = 100) => HostProcess.StartAsync(new HostOptions
    {
        Program = HostProgram.Chat,
        Arguments = ["--words-per-second", $"{wordsPerSecond}"],
        Environment = new Dictionary<string, string?> { ["MODEL_PATIENCE_SECONDS"] = "2", ["OPENAI_MODEL"] = null, ["REPLIES_PER_MINUTE"] = "1000" },
        Patience = Patience,
    });

    /// <summary>Sets a variable of the functions.</summary>
    public static async Task SetAsync(HostProcess server, string name, string value)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Convex", server.AdminKey);
        using var response = await http.PostAsJsonAsync($"{server.Url}/api/update_environment_variables", new { changes = new[] { new { name, value } } });
        response.EnsureSuccessStatusCode();
    }

    /// <summary>The messages of a thread, as anyone sees them.</summary>
    public static async Task<Message[]> MessagesAsync(HostProcess server, string thread) =>
        (await QueryAsync(server, "messages:list", new { threadId = thread })).Deserialize<Message[]>(JsonSerializerOptions.Web)!;

    /// <summary>The newest jobs, as an admin sees them.</summary>
    public static async Task<Job[]> JobsAsync(HostProcess server) =>
        (await QueryAsync(server, "_system/cli/tableData", new { table = "_scheduled_functions", order = "desc", paginationOpts = new { numItems = 1_000, cursor = (string?)null } }))
        .GetProperty("page").Deserialize<Job[]>(JsonSerializerOptions.Web)!;

    private static async Task<JsonElement> QueryAsync(HostProcess server, string path, object args)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Convex", server.AdminKey);
        using var response = await http.PostAsJsonAsync($"{server.Url}/api/query", new { path, args, format = "json" });
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return answer.TryGetProperty("value", out var value) ? value : throw new InvalidOperationException($"{path} answered {answer}");
    }
}

/// <summary>A message of the chat.</summary>
internal sealed record Message(string Role, string Text, string Status, string? Reason, string? JobId);

/// <summary>A scheduled function.</summary>
internal sealed record Job([property: JsonPropertyName("_id")] string Id, JobState State);

/// <summary>How it stands.</summary>
internal sealed record JobState(string Kind);
