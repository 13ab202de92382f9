using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>What is too large or no value at all is refused with a reason, and the server goes on for everybody else.</summary>
[Collection(ClientCollection.Name)]
public sealed class BadInputTests(ClientApp app)
{
    [Fact, Spec("client-protocol", 47)]
    public Task Arguments_of_17_MiB_are_refused_by_their_own_call_alone() => app.RunAsync("""
        let opened = 0;
        class CountedSocket extends WebSocket { constructor(...rest) { super(...rest); opened++; } }
        const client = open({ webSocketConstructor: CountedSocket, logger: false }), http = new ConvexHttpClient(url, { logger: false });
        const large = "x".repeat(17 << 20), list = follow(client, api.items.list, { list: "large" });
        await list.until(() => true);
        const tooLarge = (kind) => new RegExp(`Arguments for items\\.js:${kind} are too large \\(actual: 17\\.\\d+ MiB, limit: 16 MiB\\)`);
        await assert.rejects(client.mutation(api.items.add, { list: "large", text: large }), tooLarge("add"));
        await assert.rejects(client.action(api.items.shout, { list: "large", text: large }), tooLarge("shout"));
        await assert.rejects(new Promise((_, reject) => client.onUpdate(api.items.echo, { value: large }, assert.fail, reject)), tooLarge("echo"));
        for (const kind of ["query", "mutation", "action"]) await assert.rejects(http[kind]("items:add", { list: "large", text: large }), /BodyTooLarge.*larger than 16779216 bytes/);
        await client.mutation(api.items.add, { list: "large", text: "small" });
        assert.deepEqual(await list.until((texts) => texts.length > 0), ["small"]);
        assert.equal(opened, 1, "the socket stayed");
        await client.close();
        """);

    [Fact]
    public Task What_is_no_value_is_refused_and_others_hear_nothing_of_it() => app.RunAsync("""
        const { request, converse, connect } = await import(process.env.MODULES + "raw.mjs");
        const client = open({ logger: false }), list = follow(client, api.items.list, { list: "malformed" });
        await list.until(() => true);
        const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);
        const args = (value) => `{"path":"items:echo","format":"convex_encoded_json","args":[{"value":${value}}]}`;
        const bodies = [
          ["", 400], ["{", 400], ["null", 400], ["[]", 400], ['{"path":"items:echo"}', 400], ['{"path":7,"args":{}}', 400], [args("1") + "}", 400], [args("01"), 400], [args("NaN"), 400],
          [Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400], [args(nested(100_000)), 400], [args('"\\ud800"'), 200],
          [args('{"$integer":"AA=="}'), 200], [args('{"$integer":7}'), 200], [args('{"$bytes":"%"}'), 200], [args('{"$float":"AAAA"}'), 200], [args('{"$what":1}'), 200], [args('{"a":1,"$b":2}'), 200],
          [args(nested(65)), 200], [args(`[${"1,".repeat(8192)}1]`), 200],
        ];
        for (const [body, status] of bodies) {
          const about = body.toString().slice(0, 80);
          const answer = await request(url, "POST", "/api/query", body);
          assert.equal(answer.status, status, `${about}: ${answer.text}`);
          assert.match(answer.text, status === 200 ? /"status":"error","errorMessage":"\[Request ID: 0123456789abcdef\] Server Error\\nInvalid arguments for items\.js:echo: / : /^\{"code":"BadJsonBody","message":".+"\}$/, about);
        }
        const frames = ["", "{", "null", '{"type":"Mutation"}', nested(100_000), '{"type":"Mutation","requestId":0,"udfPath":"items:add","args":[{"$":1}]', "\u0000"];
        for (const frame of frames) {
          const { heard, code } = await converse(url, [connect(), frame], () => false);
          assert.match(heard.at(-1), /^\{"type":"FatalError","error":".+"/, frame.slice(0, 80));
          assert.equal(code, 1005);
        }
        await client.mutation(api.items.add, { list: "malformed", text: "fine" });
        assert.deepEqual(await list.until((texts) => texts.length > 0), ["fine"]);
        await client.close();
        """);
}
