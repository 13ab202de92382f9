using System.Diagnostics;
using System.Text.Json;
using Fresnel.Conformance.Scripts;
using Xunit;

namespace Fresnel.Conformance.Chat;

/// <summary>SIGKILL while replies are being written: nothing acknowledged is lost, nothing is there twice, everyone goes on by themselves.</summary>
public sealed class KilledServerTests(MortalChat chat, ITestOutputHelper output) : IClassFixture<MortalChat>, IDisposable
{
    private const int Rounds = 5;
    private const string Interrupted = "The server stopped while this reply was being written.";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Whatever a test ends with, the server's words are part of it.</summary>
    public void Dispose() => output.WriteLine(chat.Server.Output);

    [Fact]
    public async Task Every_acknowledged_message_survives_a_kill_and_none_is_there_twice()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var acknowledged = new List<string>();
        var threads = new Dictionary<int, string>();
        var ended = 0;

        await using var writer = await NodeScript.StartAsync("chat/writer.mjs", chat.Server.Url);
        await writer.NextAsync("ready", Patience, Note);
        for (var round = 0; round < Rounds; round++)
        {
            await writer.SayAsync(new { round });
            while (!threads.ContainsKey(round)) Note(await writer.NextAsync(Patience));

            // The moment is random on purpose; nothing is waited for.
            await Task.Delay(random.Next(20, 600), TestContext.Current.CancellationToken);
            await chat.KillAsync();
            while (writer.TryNext(out var told)) Note(told);
            output.WriteLine($"round {round}: killed after {acknowledged.Count} acknowledgements in all");

            await chat.RestartAsync();
            // The client finds the server again by itself, and sends what it has not been answered.
            while (ended <= round) Note(await writer.NextAsync(Patience));
        }

        var jobs = (await ChatServer.JobsAsync(chat.Server)).ToDictionary(job => job.Id, job => job.State.Kind);
        foreach (var (round, thread) in threads)
        {
            var messages = await ChatServer.MessagesAsync(chat.Server, thread);
            var said = messages.Where(message => message.Role == "user").Select(message => message.Text).ToList();
            Assert.Equal(said.Distinct(), said);
            Assert.Equal(acknowledged.Where(text => text.StartsWith($"refuse {round}/", StringComparison.Ordinal)), said.Skip(1));

            var interrupted = messages[1];
            Assert.Equal(("failed", Interrupted), (interrupted.Status, interrupted.Reason));
            Assert.Equal("failed", jobs[interrupted.JobId!]);
            Assert.DoesNotContain(messages, message => message.Status == "streaming");
        }

        void Note(JsonElement told)
        {
            if (NodeScript.NameOf(told) != "acknowledged") output.WriteLine($"{told}");
            switch (NodeScript.NameOf(told))
            {
                case "began":
                    threads.Add(told.GetProperty("round").GetInt32(), told.GetProperty("thread").GetString()!);
                    break;
                case "acknowledged":
                    acknowledged.Add(told.GetProperty("text").GetString()!);
                    break;
                case "ended":
                    ended++;
                    break;
            }
        }
    }

    [Fact]
    public async Task The_page_finds_the_server_again_and_shows_the_interrupted_reply_as_broken_off()
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();
        var thread = await browser.WriteAsync("Tell me at length.");
        await browser.GrownAsync(100);

        await chat.KillAsync();
        await browser.ConnectionAsync("reconnecting");
        await chat.RestartAsync();
        await browser.ConnectionAsync("live");

        var seen = Assert.Single(await browser.UntilAsync("failed"));
        Assert.Equal(Interrupted, seen.Reason);
        Assert.True(seen.Text.Length > 100);
        Assert.Equal("failed", (await ChatServer.MessagesAsync(chat.Server, thread))[^1].Status);

        await browser.WriteAsync("Are you there?");
        Assert.Contains("Are you there?", Assert.Single(await browser.UntilAsync("done")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asked_to_stop_in_the_middle_of_a_reply_it_ends_at_once_and_the_reply_counts_as_broken_off()
    {
        await using var viewer = await NodeScript.StartAsync("chat/viewer.mjs", chat.Server.Url, "Tell me at length.");
        var thread = (await viewer.NextAsync("sent", Patience)).GetProperty("thread").GetString()!;
        await viewer.NextAsync("passage", Patience);

        var asked = Stopwatch.GetTimestamp();
        Assert.Equal(0, await chat.StopAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(10));

        await chat.RestartAsync();
        Assert.Equal("failed", (await ChatServer.MessagesAsync(chat.Server, thread))[^1].Status);
    }
}
