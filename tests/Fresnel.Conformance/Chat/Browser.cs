using System.Text.Json;
using Fresnel.Conformance.Browsers;
using Fresnel.Conformance.Scripts;

namespace Fresnel.Conformance.Chat;

/// <summary>Windows on the page of the chat.</summary>
internal sealed class Browser : IAsyncDisposable
{
    /// <summary>Longer than anything that the page is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NodeScript _script;

    private Browser(NodeScript script) => _script = script;

    public static async Task<Browser> StartAsync(string address)
    {
        var script = await NodeScript.StartAsync("chat/browser.mjs", address, await Chromium.EndpointAsync());
        await script.NextAsync("ready", Patience);
        return new Browser(script);
    }

    /// <summary>Opens a window.</summary>
    public Task OpenAsync() => DoAsync(new { @do = "open" });

    /// <summary>Opens a thread from the list, in every window but the first.</summary>
    public Task FollowAsync(string title) => DoAsync(new { @do = "follow", title });

    /// <summary>Writes a message in a window; returns the thread.</summary>
    public async Task<string> WriteAsync(string text, int window = 0) => (await DoAsync(new { @do = "write", window, text })).GetProperty("thread").GetString()!;

    /// <summary>Waits until every window shows that many replies and the newest stands so; returns what each of them shows of it.</summary>
    public async Task<SeenReply[]> UntilAsync(string status, int replies = 1) =>
        (await DoAsync(new { @do = "until", status, replies, timeout = 30_000 })).GetProperty("seen").Deserialize<SeenReply[]>(JsonSerializerOptions.Web)!;

    /// <summary>Waits until every window says so about its connection.</summary>
    public Task ConnectionAsync(string state) => DoAsync(new { @do = "connection", state, timeout = 30_000 });

    /// <summary>Waits until the newest reply has grown beyond a length in every window.</summary>
    public Task GrownAsync(int length) => DoAsync(new { @do = "grown", length, timeout = 30_000 });

    /// <summary>Presses a button of the newest reply.</summary>
    public Task PressAsync(string name, int window = 0) => DoAsync(new { @do = "press", window, name });

    /// <summary>Gives the guest of a window another name.</summary>
    public Task RenameAsync(string name, int window) => DoAsync(new { @do = "rename", window, name });

    /// <summary>Waits until the last message of a window is this person's; null for the guest of that window.</summary>
    public Task AuthorAsync(string? name, int window) => DoAsync(new { @do = "author", window, name, timeout = 30_000 });

    /// <summary>Waits until every window shows a summary with these words.</summary>
    public Task SummaryAsync(string text) => DoAsync(new { @do = "summary", text, timeout = 30_000 });

    /// <summary>Writes a message whose reply is heard over HTTP too; returns what was heard.</summary>
    public async Task<string> WriteOverHttpAsync(string text, int window) => (await DoAsync(new { @do = "writeOverHttp", window, text })).GetProperty("heard").GetString()!;

    /// <summary>Writes one message too many, and returns what the page says to that.</summary>
    public async Task<(string Budget, string Problem, string Draft)> LimitAsync(int window)
    {
        var said = await DoAsync(new { @do = "limit", window, timeout = 30_000 });
        return (said.GetProperty("budget").GetString()!, said.GetProperty("problem").GetString()!, said.GetProperty("draft").GetString()!);
    }

    /// <summary>Goes to a thread of the list, or to a new chat when null; returns how many conversations the window then shows.</summary>
    public async Task<int> GoAsync(string? title, int window = 0) => (await DoAsync(new { @do = "go", window, title })).GetProperty("conversations").GetInt32();

    /// <summary>Loads the page again; returns how many conversations the window then shows.</summary>
    public async Task<int> ReloadAsync(int window = 0) => (await DoAsync(new { @do = "go", window })).GetProperty("conversations").GetInt32();

    /// <summary>How many pixels a window is from the end of its conversation, once so many replies are done.</summary>
    public async Task<double> DistanceFromEndAsync(int replies, int window = 0) =>
        (await DoAsync(new { @do = "distance", window, replies, timeout = 30_000 })).GetProperty("pixels").GetDouble();

    /// <summary>What the page says above the conversation.</summary>
    public async Task<string> NoteAsync() => (await DoAsync(new { @do = "note" })).GetProperty("text").GetString()!;

    public ValueTask DisposeAsync() => _script.DisposeAsync();

    private async Task<JsonElement> DoAsync(object command)
    {
        await _script.SayAsync(command);
        var answer = await _script.NextAsync(Patience);
        return NodeScript.NameOf(answer) == "done" ? answer : throw new InvalidOperationException($"The page: {answer.GetProperty("message").GetString()}");
    }
}

/// <summary>A reply as a window shows it.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Reason">Why it failed.</param>
/// <param name="Steps">The lengths that it has had.</param>
internal sealed record SeenReply(string Text, string? Reason, int[] Steps);
