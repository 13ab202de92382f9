using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>A React Native screen with the official client, built for the web through <c>react-native-web</c>, in Chromium.</summary>
[Collection(ClientCollection.Name)]
public sealed class ReactNativeTests(ClientApp app)
{
    [Fact]
    public Task A_message_is_sent_and_the_scheduled_reply_comes() => app.RunPageAsync("""
        const page = await openPage("native.tsx", { room: "phone" });
        await page.getByText("Nobody has said anything").waitFor();
        await page.getByLabel("Message").fill("Hello");
        await page.press("Send");
        await page.getByText("You said: Hello", { exact: true }).waitFor();
        assert.deepEqual(await page.shows((lines) => lines.length === 2), ["me: Hello", "server: You said: Hello"]);

        // As a keyboard's return key does it; and somebody else is in the room.
        await page.getByLabel("Message").fill("Still there?");
        await page.keyboard.press("Enter");
        await page.getByText("You said: Still there?", { exact: true }).waitFor();
        await new ConvexHttpClient(url, { logger: false }).mutation(api.talk.say, { room: "phone", text: "Me too" });
        await page.getByText("You said: Me too", { exact: true }).waitFor();
        assert.equal((await page.renders()).at(-1).length, 6);
        assert.equal(page.wire.sockets, 1);
        assert.deepEqual(page.errors, []);
        """);
}
