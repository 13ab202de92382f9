using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>A client without an admin key cannot tell an internal function from one that does not exist, from whichever side it asks.</summary>
/// <remarks>Every question is asked twice, of a function that is there and of one that is not: the answers differ in the name and in no other byte.</remarks>
[Collection(ClientCollection.Name)]
public sealed class InternalFunctionTests(ClientApp app)
{
    private const string Prologue = """
        const { pairs, spellings, someArguments, compare } = await import(process.env.MODULES + "hiding.mjs");
        const { request, converse, connect } = await import(process.env.MODULES + "raw.mjs");
        const kinds = ["query", "mutation", "action"];

        """;

    [Fact, Spec("client-protocol", 55), Spec("function-runtime", 4)]
    public Task Over_HTTP() => app.RunAsync(Prologue + """
        const post = (kind, path, args) => request(url, "POST", `/api/${kind}`, { path, args }).then(({ whole }) => whole);
        for (const pair of pairs) {
          for (const kind of kinds) {
            assert.match(await compare(pair, (path) => post(kind, path, {}), kind), /^200[^]*Could not find public function for 'hidden(:secret|:write|:act)?'\.\\n"/);
            for (const args of someArguments) await compare(pair, (path) => post(kind, path, args), `${kind} ${pair} with ${JSON.stringify(args)}`);
          }
          for (const [number, spell] of spellings.entries()) await compare(pair, (path) => post(kinds[number % 3], spell(path), {}), `${kinds[number % 3]} ${spell(pair[0])}`);
        }
        const [pair] = pairs, ts = JSON.parse((await request(url, "POST", "/api/query_ts", "")).text).ts;
        await compare(pair, async (path) => (await request(url, "GET", `/api/query?path=${encodeURIComponent(path)}&args=%7B%7D`)).whole, "GET");
        await compare(pair, async (path) => (await request(url, "POST", "/api/query_at_ts", { path, args: {}, ts })).whole, "query_at_ts");
        await compare(pair, async (path) => (await request(url, "POST", "/api/query_batch", { queries: [{ path: "items:list", args: { list: "none" } }, { path, args: {} }] })).whole, "query_batch");
        await compare(pair, async (path) => (await request(url, "POST", "/api/function", { path, args: {} })).whole, "function");
        await compare(pair, async (path) => (await request(url, "POST", "/api/query", { path, args: {}, componentPath: "hidden" })).whole, "in a component");
        """);

    [Fact, Spec("client-protocol", 55)]
    public Task By_the_address_of_a_function() => app.RunAsync(Prologue + """
        const addresses = [
          "hidden/secret", "hidden.js/secret", "hidden/default", "hidden/secret/", "hidden//secret", "/hidden/secret", "./hidden/secret", "items/../hidden/secret", "items/%2e%2e/hidden/secret",
          "hidden%2Fsecret", "hidden%3Asecret", "hidden%3Asecret/default", "hidden:secret/default", "hidden%252Fsecret", "hidden\\secret", "hidden%5Csecret", "HIDDEN/SECRET", "hidden/secret%00",
          "hidden/secret%20", "hidden/secret;x", "hidden/secret?path=hidden:secret", "convex/hidden/secret", "..%2fconvex/hidden/secret", "%68idden/%73ecret", "_system/hidden/secret",
        ];
        const absent = (address) => address.replaceAll("secret", "absent").replaceAll("SECRET", "ABSENT").replaceAll("%73ecret", "%61bsent");
        const vanished = (address) => address.replaceAll("hidden", "vanish").replaceAll("HIDDEN", "VANISH").replaceAll("%68idden", "%76anish");
        for (const address of addresses) {
          for (const from of ["/api/run/", "/api/run/../run/", "/api//run/", "/API/run/", "/api/run/%2e/"]) {
            const ask = async (path) => (await request(url, "POST", `${from}${path}`, { args: {} })).whole;
            await compare([address, vanished(address)], ask, from + address);
            if (!address.includes("default")) await compare([address, absent(address)], ask, from + address);
          }
        }
        assert.match((await request(url, "POST", "/api/run/hidden/secret", { args: {} })).text, /Could not find function for 'hidden:secret'/);
        """);

    [Fact, Spec("client-protocol", 55)]
    public Task Over_a_socket_frame_by_frame() => app.RunAsync(Prologue + """
        const frames = {
          query: (udfPath, args) => ({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications: [{ type: "Add", queryId: 0, udfPath, args }] }),
          mutation: (udfPath, args) => ({ type: "Mutation", requestId: 0, udfPath, args }),
          action: (udfPath, args) => ({ type: "Action", requestId: 0, udfPath, args }),
        };
        const answers = { query: "Transition", mutation: "MutationResponse", action: "ActionResponse" };
        // A transition that changes no query comes whenever others commit.
        const tellsTime = ({ type, modifications }) => type === "Transition" && modifications.length === 0;
        const say = async (kind, path, args) => {
          const { heard, code, reason } = await converse(url, [connect(), frames[kind](path, args)], (message) => message.type === answers[kind] && !tellsTime(message));
          return [...heard.filter((message) => !tellsTime(JSON.parse(message))), code, reason].join("\n");
        };
        for (const pair of pairs) for (const kind of kinds) assert.match(await compare(pair, (path) => say(kind, path, [{}]), `${kind} ${pair}`), /Could not find public function for 'hidden/);
        for (const [number, spell] of spellings.entries()) await compare(pairs[0], (path) => say(kinds[number % 3], spell(path), [{}]), spell(pairs[0][0]));
        for (const [number, args] of someArguments.entries()) await compare(pairs[0], (path) => say(kinds[number % 3], path, args), JSON.stringify(args));
        """);

    [Fact, Spec("client-protocol", 55)]
    public Task Through_the_official_clients() => app.RunAsync(Prologue + """
        const http = new ConvexHttpClient(url, { logger: false }), socket = open({ logger: false });
        const reasonOf = (promise) => promise.then((value) => assert.fail(`It answered ${value}`), (error) => `${error.name}: ${error.message} ${"data" in error}`);
        for (const pair of pairs) {
          for (const kind of kinds) {
            await compare(pair, (path) => reasonOf(http[kind](path, {})), `http ${kind}`);
            await compare(pair, (path) => reasonOf(socket[kind](path, {})), `socket ${kind}`);
          }
          await compare(pair, (path) => reasonOf(http.consistentQuery(path, {})), "consistent");
          await compare(pair, (path) => reasonOf(http.function(path, undefined, {})), "function");
          await compare(pair, (path) => new Promise((resolve, reject) => socket.onUpdate(path, {}, reject, ({ message }) => resolve(message))), "live");
        }
        await socket.close();
        """);

    [Fact, Spec("client-protocol", 55)]
    public Task In_a_React_page() => app.RunPageAsync(Prologue + """
        const failureOf = async (query) => JSON.stringify((await (await openPage("boundary.tsx", { query, args: "{}" })).shows(({ failure }) => failure)).failure);
        assert.match(await compare(pairs[0], failureOf), /Could not find public function for 'hidden:secret'/);
        """);

    [Fact, Spec("client-protocol", 46)]
    public Task They_are_there_all_the_same() => app.RunAsync("""
        const admin = new ConvexHttpClient(url, { logger: false }), anyone = new ConvexHttpClient(url, { logger: false });
        admin.setAdminAuth(adminKey);
        assert.equal(await admin.query(api.hidden.secret, {}), "hidden");
        assert.equal(await admin.query("hidden", {}), "hidden by default");
        assert.equal(await admin.action(api.hidden.act, {}), "acted");
        assert.equal(await anyone.action(api.hidden.door, {}), "hidden", "what the app itself calls");
        assert.deepEqual(await anyone.query(api.items.list, { list: "hidden" }), [], "nothing was written by those who asked");
        await admin.mutation(api.hidden.write, {});
        assert.deepEqual(await anyone.query(api.items.list, { list: "hidden" }), ["written"]);
        """);
}
