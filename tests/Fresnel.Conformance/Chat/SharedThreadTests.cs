using Xunit;

namespace Fresnel.Conformance.Chat;

/// <summary>What the chat shows beside the replies: whose message it is, what a thread is about, a reply heard over HTTP, how many more there may be.</summary>
[Collection(ChatCollection.Name)]
public sealed class SharedThreadTests(RunningChat chat)
{
    [Fact]
    public async Task Everybody_sees_whose_message_it_is_and_what_the_thread_is_about()
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();
        await browser.OpenAsync();
        await browser.RenameAsync("Ada", window: 0);
        await browser.WriteAsync("Shared by two", window: 0);
        await browser.FollowAsync("Shared by two");
        await browser.AuthorAsync(null, window: 0);
        await browser.AuthorAsync("Ada", window: 1);
        await browser.SummaryAsync("1 message so far");

        await browser.RenameAsync("Bob", window: 1);
        await browser.WriteAsync("From the other side", window: 1);
        await browser.AuthorAsync("Bob", window: 0);
        await browser.SummaryAsync("2 messages so far, the last one: “From the other side”");
    }

    [Fact]
    public async Task A_reply_is_heard_over_HTTP_by_one_and_watched_by_the_other()
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();
        await browser.OpenAsync();
        var thread = await browser.WriteAsync("By the way", window: 0);
        await browser.FollowAsync("By the way");
        await browser.UntilAsync("done");

        var heard = await browser.WriteOverHttpAsync("By the other way", window: 0);
        var seen = await browser.UntilAsync("done", replies: 2);
        Assert.StartsWith("You wrote: “By the other way”", heard, StringComparison.Ordinal);
        Assert.All(seen, window => Assert.Equal(heard, window.Text));
        Assert.True(seen[1].Steps.Length >= 3, $"It grew in {seen[1].Steps.Length} steps where nobody heard it.");
        Assert.Equal(heard, (await ChatServer.MessagesAsync(chat.Server, thread))[^1].Text);
    }

    [Fact]
    public async Task Who_has_asked_for_too_many_replies_is_told_when_there_may_be_another_and_loses_nothing()
    {
        await ChatServer.SetAsync(chat.Server, "REPLIES_PER_MINUTE", "2");
        try
        {
            await using var browser = await Browser.StartAsync(chat.Server.Url);
            await browser.OpenAsync();
            await browser.WriteAsync("refuse once");
            await browser.WriteAsync("refuse twice");
            var (budget, problem, draft) = await browser.LimitAsync(window: 0);
            Assert.Matches(@"^The next reply may be asked for in \d+ s$", budget);
            Assert.Matches(@"^You have asked for 2 replies in a minute\. The next one may be asked for in \d+ s\.$", problem);
            Assert.Equal("one too many", draft);

            // Another guest is not held up.
            await browser.OpenAsync();
            await browser.WriteAsync("refuse another", window: 1);
        }
        finally
        {
            await ChatServer.SetAsync(chat.Server, "REPLIES_PER_MINUTE", "1000");
        }
    }
}
