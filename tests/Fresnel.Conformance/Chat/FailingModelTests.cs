using Xunit;

namespace Fresnel.Conformance.Chat;

/// <summary>A model that fails: the page says so, the message is marked, and the next one works.</summary>
[Collection(ChatCollection.Name)]
public sealed class FailingModelTests(RunningChat chat)
{
    [Theory]
    [InlineData("Please refuse.", "The model refused:", "")]
    [InlineData("Please hang.", "The model said nothing for 2 seconds.", "I was about to say")]
    [InlineData("Please break off.", "The model broke off in the middle of its reply.", "I was about to say")]
    public async Task What_a_model_does_wrong_is_said_on_the_page(string message, string reason, string beginning)
    {
        await using var browser = await Browser.StartAsync(chat.Server.Url);
        await browser.OpenAsync();
        var thread = await browser.WriteAsync(message);

        var seen = Assert.Single(await browser.UntilAsync("failed"));
        Assert.StartsWith(reason, seen.Reason, StringComparison.Ordinal);
        Assert.StartsWith(beginning, seen.Text, StringComparison.Ordinal);

        var reply = (await ChatServer.MessagesAsync(chat.Server, thread))[^1];
        Assert.Equal(("failed", seen.Reason), (reply.Status, reply.Reason));

        // Trying again fails again, and the thread goes on all the same.
        await browser.PressAsync("Try again");
        await browser.UntilAsync("failed");
        await browser.WriteAsync("Hello?");
        Assert.Contains("Hello?", Assert.Single(await browser.UntilAsync("done")).Text, StringComparison.Ordinal);
    }
}
