using Fresnel.Conformance.Browsers;
using Fresnel.Testing.LanguageModels;
using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>Pattern 3: an action that a client calls and waits for, in the user's own component too; and errors as values.</summary>
[Collection(TextCollection.Name)]
public sealed class DirectActionTests(SeedFixture<TextCollection.Text> fixture)
{
    private SeedApp App => fixture.App;

    [Fact]
    public async Task The_clients_get_the_text()
    {
        App.Model.Answer = request => request.Messages[^1].Content == "nothing" ? new(Text: null) : new("It says " + request.Messages[^1].Content);
        await App.RunAsync("""
            assert.equal(await http.action(api.ai.generateText, { prompt: "hi" }), "It says hi");
            const client = open();
            assert.equal(await client.action(api.ai.generateText, { prompt: "you" }), "It says you");
            assert.equal(await client.action(api.ai.generateText, { prompt: "nothing" }), "");
            await assert.rejects(client.action(api.ai.generateText, { prompt: 1 }), /ArgumentValidationError: Value does not match validator\.\nPath: \.prompt\nValue: 1\.0\nValidator: v\.string\(\)/);
            await client.close();
            """);
    }

    [Fact]
    public async Task A_model_that_fails_comes_back_as_the_other_side_of_the_union()
    {
        App.Model.Answer = request => request.Messages[^1].Content switch
        {
            "refuse" => new(Text: null) { Refusal = (401, "Incorrect API key provided") },
            "too often" => new(Text: null) { Refusal = (429, "Rate limit reached") },
            "broken" => new(Text: null) { Refusal = (500, "The server had an error") },
            "gone" => new(Text: null) { CutBefore = 0 },
            "empty" => new(Text: ""),
            _ => new("fine"),
        };
        await App.RunAsync("""
            assert.deepEqual(await http.action(api.safe.safeGenerate, { prompt: "please" }), { success: true, content: "fine" });
            assert.deepEqual(await http.action(api.safe.safeGenerate, { prompt: "empty" }), { success: false, error: "No content in response" });
            const errors = { refuse: "401 Incorrect API key provided", "too often": "429 Rate limit reached", broken: "500 The server had an error", gone: "Connection error." };
            const asked = Object.keys(errors).map(async (prompt) => assert.deepEqual(await new ConvexHttpClient(url).action(api.safe.safeGenerate, { prompt }), { success: false, error: errors[prompt] }));
            await Promise.all(asked);
            await assert.rejects(http.action(api.ai.generateText, { prompt: "refuse" }), /Server Error\nUncaught (Error|AuthenticationError): 401 Incorrect API key provided\n/);
            """);
        // Once for what asking again does not mend, three times for the rest: the package's own retries go through.
        var counts = App.Model.Requests.Select(request => request.Messages[^1].Content).CountBy(prompt => prompt).ToDictionary();
        Assert.Equal((2, 3, 3, 3), (counts["refuse"], counts["too often"], counts["broken"], counts["gone"]));
    }

    [Fact]
    public async Task The_component_shows_that_it_waits_then_the_reply_or_the_error()
    {
        var chromium = await Chromium.EndpointAsync();
        using var say = new SemaphoreSlim(0);
        App.Model.Answer = request => new(request.Messages[^1].Content == "fail" ? null : "Good day")
        {
            Before = say.WaitAsync(TestContext.Current.CancellationToken),
            Refusal = request.Messages[^1].Content == "fail" ? (400, "I would rather not") : null,
        };
        App.Project.Write("src/main.tsx", """
            import { ConvexProvider, ConvexReactClient } from "convex/react";
            import { createRoot } from "react-dom/client";
            import { AIChat } from "./AIChat";
            createRoot(document.getElementById("root")!).render(<ConvexProvider client={new ConvexReactClient((window as any).url)}><AIChat /></ConvexProvider>);
            """);
        await using var script = App.Start($$"""
            const { build } = await import("esbuild"), { chromium } = await import("playwright-core");
            const { outputFiles: [bundle] } = await build({ entryPoints: ["src/main.tsx"], bundle: true, write: false, jsx: "automatic", format: "esm", define: { "process.env.NODE_ENV": '"production"' } });
            const browser = await chromium.connect({{System.Text.Json.JsonSerializer.Serialize(chromium)}});
            const page = await (await browser.newContext()).newPage();
            for (const event of ["console", "pageerror"]) page.on(event, (said) => console.log(`page: ${said.text?.() ?? said}`));
            // From a real server of this machine: a browser keeps pages that come from anywhere else away from it.
            const server = (await import("node:http")).createServer((request, response) => request.url === "/page.js"
              ? response.setHeader("Content-Type", "text/javascript").end(bundle.text)
              : response.setHeader("Content-Type", "text/html").end(`<div id="root"></div><script>window.url = ${JSON.stringify(url)}</script><script type="module" src="/page.js"></script>`));
            await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
            await page.goto(`http://127.0.0.1:${server.address().port}/`);
            const button = page.getByRole("button"), prompt = page.getByPlaceholder("Enter your prompt...");
            assert.ok(await button.isDisabled());
            await prompt.fill("hello");
            await button.click();
            await page.getByRole("button", { name: "Generating..." }).waitFor();
            assert.ok(await prompt.isDisabled());
            console.log("waiting");
            await page.locator(".response").getByText("Good day").waitFor();
            assert.equal(await button.textContent(), "Generate");
            await prompt.fill("fail");
            await button.click();
            console.log("waiting again");
            await page.locator(".error").waitFor();
            assert.match(await page.locator(".error").textContent(), /\[CONVEX A\(ai:generateText\)\].*400 I would rather not/s);
            assert.ok(await button.isEnabled());
            await browser.close();
            server.close();
            """);
        await script.ExpectAsync("waiting");
        say.Release();
        await script.ExpectAsync("waiting again");
        say.Release();
        await script.SucceedAsync();
    }
}
