using Fresnel.Conformance.Scripts;
using Xunit;

namespace Fresnel.Conformance.Chat;

/// <summary>The chat as a person sees it: a reply grows while it is written, for everyone who looks.</summary>
[Collection(ChatCollection.Name)]
public sealed class StreamingReplyTests(RunningChat chat)
{
    [Fact]
    public async Task A_reply_grows_in_two_windows_of_a_real_browser_at_once()
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();
        await browser.OpenAsync();

        // Both look at the thread before the reply begins: one that comes late would rightly see it whole.
        await browser.WriteAsync("Hello!");
        await browser.FollowAsync("Hello!");
        await browser.UntilAsync("done");
        await browser.WriteAsync("Good morning!");

        var seen = await browser.UntilAsync("done", replies: 2);

        Assert.Equal(2, seen.Length);
        Assert.All(seen, window =>
        {
            Assert.StartsWith("You wrote: “Good morning!”", window.Text, StringComparison.Ordinal);
            Assert.True(window.Steps.Length >= 3, $"The reply grew in {window.Steps.Length} steps.");
            Assert.Equal(window.Steps.Order(), window.Steps);
            Assert.Equal(window.Text.Length, window.Steps[^1]);
        });
        Assert.Equal(seen[0].Text, seen[1].Text);
    }

    [Fact]
    public async Task A_long_reply_goes_on_from_passage_to_passage()
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();
        await browser.WriteAsync("Tell me at length.");

        // Two passages and a bit.
        await browser.GrownAsync(2_100);
    }

    [Fact]
    public async Task One_conversation_is_shown_at_a_time_whichever_way_one_comes_to_it()
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();
        await browser.WriteAsync("The first of two");
        Assert.Equal(1, await browser.GoAsync(null));
        await browser.WriteAsync("The second of two");
        foreach (var title in (string?[])["The first of two", "The second of two", "The first of two", null, "The second of two"]) Assert.Equal(1, await browser.GoAsync(title));
        Assert.Equal(1, await browser.ReloadAsync());
        Assert.Equal(1, await browser.GoAsync("The first of two"));
    }

    [Fact]
    public async Task A_window_stays_at_the_end_however_quickly_somebody_writes()
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();
        for (var i = 1; i <= 8; i++) await browser.WriteAsync($"Message {i} of many");
        Assert.InRange(await browser.DistanceFromEndAsync(replies: 8), 0, 60);
    }

    [Fact]
    public async Task The_page_says_that_replies_come_from_a_stand_in()
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();

        Assert.Contains("stand-in", await browser.NoteAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_in_Node_sees_the_reply_grow_too()
    {
        var patience = TimeSpan.FromSeconds(30);
        await using var viewer = await NodeScript.StartAsync("chat/viewer.mjs", chat.Server.Url, "Good evening!");
        var passages = new List<string>();
        string? whole = null;
        while (whole is null)
        {
            var told = await viewer.NextAsync(patience);
            if (NodeScript.NameOf(told) == "passage") passages.Add(told.GetProperty("text").GetString()!);
            if (NodeScript.NameOf(told) == "reply" && told.GetProperty("status").GetString() == "done") whole = told.GetProperty("text").GetString();
        }

        Assert.True(passages.Distinct().Count() >= 3, $"The reply grew in {passages.Distinct().Count()} steps.");
        Assert.All(passages, passage => Assert.StartsWith(passage, whole, StringComparison.Ordinal));
        Assert.StartsWith("You wrote: “Good evening!”", whole, StringComparison.Ordinal);
    }
}
