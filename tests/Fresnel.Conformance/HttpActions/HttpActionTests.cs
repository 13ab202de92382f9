using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.HttpActions;

/// <summary>HTTP actions over real sockets: what a browser, a webhook or a proxy would send, and what they get.</summary>
public sealed class HttpActionTests(HttpActionApp app) : IClassFixture<HttpActionApp>
{
    /// <summary>A model whose next word comes when the test says so, and a reply that waits for it.</summary>
    private const string Model = """
        const asked = [], waiting = [];
        const model = (await import("node:http")).createServer((request, response) => { asked.push(response); waiting.shift()?.(); });
        await new Promise((listening) => model.listen(0, "127.0.0.1", listening));
        const address = `http://127.0.0.1:${model.address().port}/`;
        const say = async (word) => { if (asked.length === 0) await new Promise((come) => waiting.push(come)); asked.shift().end(word); };
        const client = open();
        const reply = (id, init = {}) => fetch(`${site}/reply`, { method: "POST", body: JSON.stringify({ id, model: address }), ...init });

        """;

    [Fact, Spec("function-runtime", 54)]
    public Task A_reader_hears_each_word_as_it_comes_and_the_database_has_the_same_text_at_the_end() => app.RunAsync(Model + """
        const response = await reply("heard");
        assert.equal(response.headers.get("content-type"), "text/plain");
        const reader = response.body.getReader(), shown = follow(client, api.notes.shown, { id: "heard" });
        let heard = "";
        for (const word of ["one ", "two ", "three ", "four"]) {
          // The next word is not said before this one was heard, and seen by whoever watches.
          await say(word);
          const { value } = await reader.read();
          heard += new TextDecoder().decode(value);
          assert.ok(heard.endsWith(word), heard);
          await shown.until((text) => text === heard);
        }
        assert.equal((await reader.read()).done, true);
        await client.close();
        model.close();
        """);

    [Fact, Spec("function-runtime", 55)]
    public Task When_the_reader_leaves_the_rest_of_the_reply_is_written_down_all_the_same() => app.RunAsync(Model + """
        const leaving = new AbortController();
        const response = await reply("left", { signal: leaving.signal });
        await say("one ");
        await response.body.getReader().read();
        leaving.abort();
        for (const word of ["two ", "three ", "four"]) await say(word);
        await follow(client, api.notes.shown, { id: "left" }).until((text) => text === "one two three four");

        const gone = new AbortController();
        const noticed = fetch(`${site}/leave`, { signal: gone.signal }).catch((error) => error.name);
        setTimeout(() => gone.abort(), 100);
        assert.equal(await noticed, "AbortError");
        await follow(client, api.notes.shown, { id: "leave" }).until((text) => text === "noticed");
        await client.close();
        model.close();
        """);

    [Fact]
    public Task A_webhook_is_taken_when_its_signature_is_right() => app.RunAsync("""
        const { createHmac } = await import("node:crypto");
        const body = JSON.stringify({ event: "paid" }), signature = createHmac("sha256", "whsec_test").update(body).digest("base64");
        const send = (signature) => fetch(`${site}/webhook`, { method: "POST", body, headers: { "X-Signature": signature } });
        assert.equal((await send(signature)).status, 204);
        const forged = await send(createHmac("sha256", "another").update(body).digest("base64"));
        assert.deepEqual([forged.status, await forged.text()], [401, "bad signature"]);
        assert.equal(await new ConvexHttpClient(url).query(api.notes.shown, { id: "webhook" }), "paid");
        """);

    [Fact, Spec("function-runtime", 52), Spec("client-protocol", 60, 61)]
    public Task The_exact_path_goes_before_the_longest_prefix_on_both_origins() => app.RunAsync("""
        const get = async (path, init) => { const response = await fetch(path, init); return `${response.status} ${await response.text()}`; };
        for (const origin of [site, `${url}/http`]) {
          assert.equal(await get(`${origin}/exact`), "200 exact");
          assert.equal(await get(`${origin}/exact/`), "200 exact with a slash");
          assert.equal(await get(`${origin}/exact?x=/deep/`), "200 exact");
          assert.equal(await get(`${origin}/deep/x`), "200 deep");
          assert.equal(await get(`${origin}/deep/deeper/x/y`), "200 deeper");
          assert.equal(await get(`${origin}/deep/deeper/exact`), "200 deepest");
          for (const path of ["/", "/Exact", "/deep", "/exactly", "//exact", "/notes:append", "/notes/append", "/api/query", "/http/exact"]) assert.equal(await get(origin + path), "404 No matching routes found", path);
          assert.equal(await get(`${origin}/exact`, { method: "POST" }), "404 No matching routes found");
          const head = await fetch(`${origin}/cookies`, { method: "HEAD" });
          assert.deepEqual([head.status, head.headers.get("x-custom"), await head.text()], [418, "yes", ""]);
        }
        """);

    [Fact, Spec("function-runtime", 53, 56)]
    public Task Status_headers_and_cookies_are_the_apps_own_and_so_is_CORS() => app.RunAsync("""
        const cookies = await fetch(`${site}/cookies`, { headers: { Origin: "https://app.test" } });
        assert.deepEqual([cookies.status, cookies.headers.getSetCookie(), cookies.headers.get("x-custom")], [418, ["a=1", "b=2"], "yes"]);
        for (const name of cookies.headers.keys()) assert.ok(!name.startsWith("access-control"), name);
        const preflight = await fetch(`${site}/cors`, { method: "OPTIONS", headers: { Origin: "https://app.test" } });
        assert.deepEqual([preflight.status, preflight.headers.get("access-control-allow-origin"), preflight.headers.get("access-control-allow-methods")], [204, "https://app.test", "POST"]);
        assert.equal((await fetch(`${site}/exact`, { method: "OPTIONS" })).status, 404);
        """);

    [Fact]
    public Task The_request_is_what_was_sent() => app.RunAsync("""
        const described = await (await fetch(`${site}/describe?a=%20b`, { headers: { "X-Test": "value", "X-Forwarded-Proto": "https" } })).json();
        assert.deepEqual(described, { url: `${site.replace("http:", "https:")}/describe?a=%20b`, header: "value", identity: null, note: "", site });
        const bytes = Buffer.alloc(3 << 20, "fresnel");
        const echo = await fetch(`${site}/echo`, { method: "POST", body: bytes, headers: { "Content-Type": "application/x-test" } });
        assert.deepEqual([echo.status, echo.headers.get("content-type")], [202, "application/x-test"]);
        assert.ok(Buffer.from(await echo.arrayBuffer()).equals(bytes));
        const refused = await (await fetch(`${site}/describe`, { headers: { Authorization: "Bearer a.b.c" } })).json();
        assert.match(refused.code, /Server Error: Uncaught Error: Could not parse JWT payload\./);
        // Anything else that is not for this deployment is told to who asks for it, and to nobody else.
        for (const [scheme, text] of [["Basic YTpi", "Invalid admin key"], ["Convex no|key", "The provided admin key was invalid for this instance"], ["x", "Invalid authentication header"]]) {
          const told = await (await fetch(`${site}/describe`, { headers: { Authorization: scheme } })).json();
          assert.ok(told.code?.endsWith(`Server Error: Uncaught Error: ${text}`), told.code);
          assert.equal((await fetch(`${site}/exact`, { headers: { Authorization: scheme } })).status, 200);
        }
        // An escape stays an escape, and the other way round: signatures are made over it.
        const seen = "/seen/a%2Fb/100%25/%252F%3B;%40@%41/%C3%A9?q=%2541&r=a+b";
        for (const origin of [site, `${url}/http`]) assert.equal(await (await fetch(origin + seen)).text(), (origin === site ? site : url) + seen);
        // What climbs out of a prefix is not under it.
        const { request: send } = await import("node:http");
        const raw = (path) => new Promise((answer) => send(`${site}`, { path }, (response) => response.resume().on("end", () => answer(response.statusCode))).end());
        assert.deepEqual(await Promise.all(["/seen/x", "/seen/../exact", "/seen/%2e%2E/nowhere", "/exact/../seen/y"].map(raw)), [200, 200, 404, 200]);
        // The bytes of a header, whatever they mean, in both directions.
        const name = Buffer.from("Übung €").toString("latin1");
        assert.equal((await fetch(`${site}/echo`, { method: "POST", body: "x", headers: { "Content-Type": name } })).headers.get("content-type"), name);
        """);

    [Fact]
    public Task What_is_thrown_is_told_before_the_answer_has_begun_and_breaks_it_off_after() => app.RunAsync("""
        const thrown = await fetch(`${site}/throws`), error = await thrown.json();
        assert.equal(thrown.status, 500);
        assert.match(error.code, /^\[Request ID: [0-9a-f]{16}\] Server Error: Uncaught Error: on purpose$/);
        assert.match(error.trace, /^Uncaught Error: on purpose\n    at .*\(\.\.\/convex\/http\.ts:\d+:\d+\)\n/);
        assert.deepEqual((await (await fetch(`${site}/refuses`)).json()).data, { code: 7 });
        assert.match((await (await fetch(`${site}/nothing`)).json()).code, /Uncaught Error: An HTTP action must return a Response\.$/);
        const broken = await fetch(`${site}/breaks`);
        assert.equal(broken.status, 200);
        await assert.rejects(broken.text(), TypeError);
        """);

    [Fact]
    public Task Bodies_beyond_the_limits_are_refused_and_the_server_goes_on() => app.RunAsync("""
        const large = Buffer.alloc(30_000_000);
        const post = (body, more = {}) => fetch(`${site}/echo`, { method: "POST", body, ...more });
        const refused = await post(large).catch(() => null);
        // The server need not read it to its end, so the client may see the connection close before it sees the answer.
        if (refused !== null) assert.deepEqual([refused.status, (await refused.json()).code], [413, "RequestBodyTooLarge"]);
        const streamed = new ReadableStream({ start: (controller) => { for (let at = 0; at < 30; at++) controller.enqueue(large.subarray(0, 1 << 20)); controller.close(); } });
        await post(streamed, { duplex: "half" }).then((response) => response.arrayBuffer()).then(() => assert.fail("it was taken"), () => {});
        let received = 0;
        await assert.rejects(async () => { for await (const chunk of (await fetch(`${site}/endless`)).body) received += chunk.length; });
        assert.ok(received > 15 << 20 && received <= 20 << 20, `${received}`);
        assert.equal(await (await post("small")).text(), "small");
        """);
}
