using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.HttpActions;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>The matrix of <c>spec/function-runtime.md</c> §5.1, cell by cell: the same code in each kind of function.</summary>
/// <remarks>Each kind of function runs once, all rows in it; a test compares one row.</remarks>
public sealed class EnvironmentMatrixTests(EnvironmentMatrixTests.Cells cells) : IClassFixture<EnvironmentMatrixTests.Cells>
{
    private const double Now = Bundle.PushedAt + 5_000;

    /// <summary>What each row evaluates. Each is a program of its own, so that one that throws spoils no other.</summary>
    private static readonly Dictionary<string, string> Programs = new(StringComparer.Ordinal)
    {
        // Time
        ["Date.now"] = "return Date.now()",
        ["new Date"] = "return [+new Date(), +new (class extends Date {})(), +new (new Date(0).constructor)(), +Reflect.construct(Date, [])]",
        ["Date()"] = "return Date() === new Date(Date.now()).toString()",
        ["a frozen clock"] = "const first = Date.now(); for (let at = 0; at < 3e6; at++) if (Date.now() !== first) return 'runs'; return 'stands'",
        ["performance.now"] = "const first = performance.now(); for (let at = 0; at < 3e6; at++) if (performance.now() !== first) return 'runs'; return 'stands'",
        ["performance.timeOrigin"] = "return performance.timeOrigin",
        ["the default date of a format"] =
            "const format = new Intl.DateTimeFormat('en', { dateStyle: 'short', timeStyle: 'long' }); return [format.format(), format.formatToParts().map((part) => part.value).join('')]",
        ["an event's time"] = "return new Event('x').timeStamp === performance.now()",
        ["a file's time"] = """
            const form = new FormData();
            form.append("blob", new Blob(["x"]));
            return [new File(["x"], "n").lastModified, form.get("blob").lastModified, new File(["x"], "n", { lastModified: 7 }).lastModified]
            """,
        ["the time zone"] = "return [new Date(0).getTimezoneOffset(), Intl.DateTimeFormat().resolvedOptions().timeZone, new Date(0).getHours(), Intl.DateTimeFormat().resolvedOptions().locale]",
        ["other clocks"] = "return [typeof globalThis.Temporal, typeof Atomics.waitAsync]",

        // Chance
        ["Math.random"] = "return Math.random()",
        ["crypto.randomUUID"] = "return crypto.randomUUID()",
        ["crypto.getRandomValues"] = "return [...crypto.getRandomValues(new Uint8Array(4))]",
        ["the prototype's getRandomValues"] = "return [...Object.getPrototypeOf(crypto).getRandomValues.call(crypto, new Uint8Array(4))]",
        ["a form's boundary"] = "const form = new FormData(); form.append('a', 'b'); return new Response(form).headers.get('content-type')",

        // crypto.subtle
        ["digest"] = "return new Uint8Array(await crypto.subtle.digest('SHA-256', text('x')))[0]",
        ["sign and verify"] = """
            const key = await crypto.subtle.importKey("raw", text("secret"), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
            return crypto.subtle.verify("HMAC", key, await crypto.subtle.sign("HMAC", key, text("x")), text("x"))
            """,
        ["encrypt with a given iv"] = """
            const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"]);
            return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, text("x"))).length
            """,
        ["derive bits"] = """
            const key = await crypto.subtle.importKey("raw", text("p"), "PBKDF2", false, ["deriveBits"]);
            return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: text("s"), iterations: 2 }, key, 64)).length
            """,
        ["generateKey"] = "return (await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])).type",
        ["generateKey by the prototype"] = "return (await SubtleCrypto.prototype.generateKey.call(crypto.subtle, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])).type",
        ["a random pad"] = """
            const jwk = { kty: "RSA", e: "AQAB", n: "1V2FMfLB2wmkV3FKHHgV9n0e6Bl7cU1vKkW9W1MCeGbZ1P9rGfUw6Q0p8i5W2wD9aYF1i9mJc7o2n3m4q5s6t7u8v9w0x1y2z3A4B5C6D7E8F9G0H1I2J3K4L5M6N7O8P9Q0R1S2T3U4V5W6X7Y8Z9a0b1c2d3e4f5g6h7i8j9k0l1m2n3o4p5q6r7s8t9" };
            const key = await crypto.subtle.importKey("jwk", jwk, { name: "RSA-OAEP", hash: "SHA-256" }, false, ["encrypt"]);
            return new Uint8Array(await crypto.subtle.encrypt("RSA-OAEP", key, text("x"))).length > 0
            """,

        // The way out
        ["fetch"] = "return (await fetch('data:text/plain,ok')).text()",
        ["setTimeout"] = "return new Promise((resolve) => setTimeout(() => resolve('fired'), 1))",
        ["setInterval"] = "return new Promise((resolve) => { const timer = setInterval(() => { clearInterval(timer); resolve('fired'); }, 1); })",
        ["clearTimeout"] = "return [clearTimeout(5), clearTimeout(undefined), clearInterval(5)].length",
        ["AbortSignal.timeout"] = "return new Promise((resolve) => { const signal = AbortSignal.timeout(1); signal.onabort = () => resolve(signal.reason.name); })",
        ["a multipart body"] = """
            const body = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n';
            return (await new Request("http://a.b", { method: "POST", body, headers: { "Content-Type": "multipart/form-data; boundary=x" } }).formData()).get("a")
            """,
        ["a form body"] = "return (await new Response(new URLSearchParams({ a: 'b' })).formData()).get('a')",
        ["waiting on memory"] = "try { return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); } catch (error) { return error.name; }",

        // The web platform
        ["Blob and File"] = "return [await new Blob(['h', 'i']).text(), new File(['x'], 'n.txt', { type: 'text/plain' }).name, new File([], 'n') instanceof File]",
        ["FormData"] = "const form = new FormData(); form.append('k', 'v'); form.append('f', new Blob(['x']), 'n'); return [form.get('k'), form.get('f').name, form.get('f') instanceof File]",
        ["Headers, Request, Response"] =
            "return [new Headers([['A', 'b']]).get('a'), new Request('http://a.b/c', { method: 'POST', body: 'x' }).method, await new Response('x', { status: 201 }).text(), Response.json({ a: 1 }).status]",
        ["URL"] = "return [new URL('../d?e=f', 'http://a.b/c/').href, new URLSearchParams('a=1&a=2').getAll('a')]",
        ["text"] = "return [new TextDecoder().decode(new TextEncoder().encode('é')), atob(btoa('x'))]",
        ["streams"] = """
            const source = new ReadableStream({ start(controller) { controller.enqueue(text("a")); controller.enqueue(text("b")); controller.close(); } });
            let read = "";
            for await (const part of source.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({ transform(part, controller) { controller.enqueue(part + "!"); } }))) read += part;
            const reader = new ReadableStream({ start(controller) { controller.enqueue("x"); controller.close(); } }).pipeThrough(new TextEncoderStream()).getReader();
            return [read, (await reader.read()).value.length]
            """,
        ["byte streams"] = """
            const bytes = new ReadableStream({ type: "bytes", pull(controller) { controller.byobRequest.view[0] = 7; controller.byobRequest.respond(1); } });
            const { value } = await bytes.getReader({ mode: "byob" }).read(new Uint8Array(4));
            return [...value]
            """,
        ["AbortController and events"] = """
            const controller = new AbortController(), heard = [];
            controller.signal.addEventListener("abort", () => heard.push("aborted"));
            controller.abort();
            class Target extends EventTarget {}
            const target = new Target();
            target.addEventListener("x", (event) => heard.push(event.type));
            target.dispatchEvent(new Event("x"));
            return [heard, AbortSignal.abort("why").reason]
            """,
        ["structuredClone"] = "return [structuredClone({ a: new Date(5), b: new Map([[1, 2]]) }).a.getTime(), structuredClone(new Map([[1, 2]])).get(1)]",
        ["WebAssembly"] = """
            const add = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
            return [(await WebAssembly.instantiate(add)).instance.exports.add(2, 3), new WebAssembly.Instance(new WebAssembly.Module(add)).exports.add(1, 1)]
            """,
        ["queueMicrotask"] = "return new Promise((resolve) => queueMicrotask(() => resolve('micro')))",
        ["AsyncLocalStorage"] = """
            const [a, b] = [new storage.AsyncLocalStorage(), new AsyncLocalStorage()];
            return a.run("a", () => b.run("b", async () => { await null; return [a.getStore(), b.getStore(), new AsyncResource("x").runInAsyncScope(() => a.getStore()), storage.AsyncLocalStorage === AsyncLocalStorage]; }))
            """,
        ["weak references"] = "return [new WeakRef({ x: 1 }).deref().x, new FinalizationRegistry(() => {}).register({}, 1) === undefined]",

        // The process, and what is Node's
        ["process.env"] = "return [process.env.NAME, process.env.UNSET === undefined, Object.keys(process)]",
        ["globals"] = """
            const names = ["Buffer", "require", "global", "setImmediate", "clearImmediate", "WebSocket", "navigator", "__dirname", "module", "exports", "MessageChannel", "BroadcastChannel", "EventSource"];
            return names.filter((name) => typeof globalThis[name] !== "undefined")
            """,
        ["no browser"] = "return [typeof window, typeof document, globalThis.self === globalThis]",
        ["modules of Node"] = "return (await import('node:' + 'path')).posix.join('a', 'b')",
        ["modules of Node, hidden in a string"] = "return (await new Function('return import(\"node:fs\")')()).constants.F_OK",
        ["its own modules"] = "return (await import('./_deps/OWN.js')).own",
        ["import.meta"] = "return Object.keys(import.meta).includes('url')",
    };

    public static TheoryData<string, string, string, string, string> Rows { get; } = Expect();

    [Theory]
    [MemberData(nameof(Rows))]
    [Spec("function-runtime", 38, 39, 40, 47)]
    public void A_capability_is_what_the_matrix_says(string row, string query, string mutation, string action, string node)
    {
        Assert.Equal(
            [$"query {query}", $"mutation {mutation}", $"action {action}", $"HTTP action {action}", $"use node {node}"],
            [
                $"query {cells.Show("query", row, query)}", $"mutation {cells.Show("mutation", row, mutation)}", $"action {cells.Show("action", row, action)}",
                $"HTTP action {cells.Show("http", row, action)}", $"use node {cells.Show("node", row, node)}",
            ]);
    }

    [Fact]
    public void Every_program_is_a_row() => Assert.Equal(Programs.Keys.Order(StringComparer.Ordinal), Rows.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    private static TheoryData<string, string, string, string, string> Expect()
    {
        const string Any = "*";
        var rows = new TheoryData<string, string, string, string, string>();
        void Row(string row, string query, string mutation, string action, string node) => rows.Add(row, query, mutation, action, node);
        void Same(string row, string everywhere) => Row(row, everywhere, everywhere, everywhere, everywhere);
        void Refused(string row, string what, string elsewhere) => Row(row, RefusalOf(what), RefusalOf(what), elsewhere, elsewhere);

        Row("Date.now", "1700000005000", "1700000005000", "~", "~");
        Row("new Date", "[1700000005000,1700000005000,1700000005000,1700000005000]", "[1700000005000,1700000005000,1700000005000,1700000005000]", "~", "~");
        Same("Date()", "true");
        Row("a frozen clock", "\"stands\"", "\"stands\"", "\"runs\"", "\"runs\"");
        Row("performance.now", "\"stands\"", "\"runs\"", "\"runs\"", "\"runs\"");
        Row("performance.timeOrigin", "1700000000000", "1700000000000", "1700000000000", "~");
        Row("the default date of a format", Format, Format, Any, Any);
        Row("an event's time", "true", "false", Any, Any);
        Row("a file's time", "[1700000005000,1700000005000,7]", "[1700000005000,1700000005000,7]", Any, Any);
        Same("the time zone", "[0,\"UTC\",0,\"en-US\"]");
        Row("other clocks", "[\"undefined\",\"undefined\"]", "[\"undefined\",\"undefined\"]", "[\"undefined\",\"undefined\"]", Any);

        foreach (var drawn in (string[])["Math.random", "crypto.randomUUID", "crypto.getRandomValues", "the prototype's getRandomValues", "a form's boundary"]) Row(drawn, "=", "=", "!=", "!=");

        Same("digest", "45");
        Same("sign and verify", "true");
        Same("encrypt with a given iv", "17");
        Same("derive bits", "8");
        Refused("generateKey", "cryptographic randomness", "\"secret\"");
        Refused("generateKey by the prototype", "cryptographic randomness", "\"secret\"");
        Refused("a random pad", "cryptographic randomness", "true");

        Refused("fetch", "fetch()", "\"ok\"");
        Refused("setTimeout", "setTimeout", "\"fired\"");
        Refused("setInterval", "setInterval", "\"fired\"");
        Same("clearTimeout", "3");
        Refused("AbortSignal.timeout", "AbortSignal.timeout()", "\"TimeoutError\"");
        Refused("a multipart body", "formData()", "\"b\"");
        Same("a form body", "\"b\"");
        Row("waiting on memory", "\"TypeError\"", "\"TypeError\"", "\"TypeError\"", "\"timed-out\"");

        Same("Blob and File", "[\"hi\",\"n.txt\",true]");
        Same("FormData", "[\"v\",\"n\",true]");
        Same("Headers, Request, Response", "[\"b\",\"POST\",\"x\",200]");
        Same("URL", "[\"http://a.b/d?e=f\",[\"1\",\"2\"]]");
        Same("text", "[\"é\",\"x\"]");
        Same("streams", "[\"a!b!\",1]");
        Same("byte streams", "[7]");
        Same("AbortController and events", "[[\"aborted\",\"x\"],\"why\"]");
        Same("structuredClone", "[5,2]");
        Same("WebAssembly", "[5,2]");
        Same("queueMicrotask", "\"micro\"");
        Same("AsyncLocalStorage", "[\"a\",\"b\",\"a\",true]");
        Same("weak references", "[1,true]");

        Row("process.env", "[\"value\",true,[\"env\"]]", "[\"value\",true,[\"env\"]]", "[\"value\",true,[\"env\"]]", Any);
        Row("globals", "[]", "[]", "[]", Any);
        Row("no browser", "[\"undefined\",\"undefined\",true]", "[\"undefined\",\"undefined\",true]", "[\"undefined\",\"undefined\",true]", Any);
        const string NoNode = "Cannot import 'node:path' in m.js: modules of Node.js are there for actions in files that begin with \"use node\"";
        Row("modules of Node", ImportRefusalOf("node:path"), ImportRefusalOf("node:path"), NoNode, "\"a/b\"");
        Row("modules of Node, hidden in a string", ImportRefusalOf("node:fs"), ImportRefusalOf("node:fs"), NoNode.Replace("path", "fs", StringComparison.Ordinal), "0");
        Row("its own modules", ImportRefusalOf("_deps/OWN.js"), ImportRefusalOf("_deps/OWN.js"), "1700000000000", Any);
        Same("import.meta", "true");
        return rows;
    }

    private const string Format = "[\"11/14/23, 10:13:25 PM UTC\",\"11/14/23, 10:13:25 PM UTC\"]";

    private static string RefusalOf(string what) =>
        $"Can't use {what} in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.";

    private static string ImportRefusalOf(string what) => $"Can't dynamically import \"{what}\" in a query or mutation";

    /// <summary>What came of every cell.</summary>
    public sealed class Cells : IAsyncLifetime
    {
        private readonly RunnerFixture _node = new();
        private readonly Dictionary<string, JsonElement[]> _runs = [];

        /// <summary>A cell as a row expects it: <c>*</c> is not looked at, <c>~</c> about the present, <c>=</c> the same for the same seed and another for another, <c>!=</c> another each time.</summary>
        public string Show(string kind, string row, string expected)
        {
            var seen = _runs[kind].Select(run => run.GetProperty(row).GetString()!.Replace("\u202f", " ", StringComparison.Ordinal)).ToArray();
            return expected switch
            {
                "*" => "*",
                "~" => IsPresent(seen[0]) ? "~" : seen[0],
                "=" => seen[0] == seen[1] && seen[0] != seen[2] ? "=" : string.Join(" | ", seen),
                "!=" => seen.Distinct().Count() == 3 ? "!=" : string.Join(" | ", seen),
                _ => seen[0],
            };
        }

        public async ValueTask InitializeAsync()
        {
            var isolate = RunnerFixture.Code(Bundle.Of(Module(ModuleEnvironment.Isolate), Own), Variables);
            var node = RunnerFixture.Code(Bundle.Of(Module(ModuleEnvironment.Node), Own), Variables);
            foreach (var kind in (string[])["query", "mutation", "action", "http", "node"])
            {
                var code = kind == "node" ? node : isolate;
                var runs = new List<JsonElement>();
                foreach (var seed in (int[])[1, 1, 2]) runs.Add(JsonElement.Parse(await RunAsync(code, kind, seed)));
                _runs[kind] = [.. runs];
            }
        }

        public ValueTask DisposeAsync() => _node.DisposeAsync();

        private static Dictionary<string, string> Variables => new() { ["NAME"] = "value" };

        private static Module Own => Bundle.Module("_deps/OWN.js", "export const own = Date.now();");

        private static Module Module(ModuleEnvironment environment)
        {
            var text = new StringBuilder(environment is ModuleEnvironment.Node ? "\"use node\";\n" : "");
            text.AppendLine("import { query, mutation, action } from \"./_deps/LIB.js\";");
            text.AppendLine("import * as storage from \"node:async_hooks\";");
            if (environment is ModuleEnvironment.Node) text.AppendLine("import { AsyncLocalStorage, AsyncResource } from \"async_hooks\";");
            text.AppendLine("const text = (characters) => new TextEncoder().encode(characters);\nconst programs = {");
            foreach (var (name, program) in Programs) text.Append(JsonSerializer.Serialize(name)).Append(": async () => {\n").Append(program).AppendLine("\n},");
            text.AppendLine("""
                };
                const run = async () => {
                  const cells = {};
                  for (const [name, program] of Object.entries(programs)) {
                    try { cells[name] = JSON.stringify(await program()) ?? "undefined"; } catch (error) { cells[name] = error.message; }
                  }
                  return cells;
                };
                """);
            text.AppendLine(environment is ModuleEnvironment.Node
                ? "export const actionCells = action(run);"
                : """
                  export const queryCells = query(run);
                  export const mutationCells = mutation(run);
                  export const actionCells = action(run);
                  export const httpCells = {
                    isRouter: true,
                    lookup: (path, method) => [null, method, path],
                    runRequest: async () => JSON.stringify(Convex.jsSyscall("convexJsonFromResponse", { response: Response.json(await run()) })),
                  };
                  """);
            return Bundle.Module("m.js", text.ToString(), environment: environment);
        }

        private async Task<string> RunAsync(ComponentCode code, string kind, int seed)
        {
            if (kind != "http") return await _node.ValueOf(code, (kind == "node" ? "action" : kind) + "Cells", adjust: sketch => (sketch.Now, sketch.Seed) = (Now, RunnerFixture.Seed(seed)));
            var request = new HttpActionRequest { Method = "GET", Url = "http://a.b/", Path = "/", Headers = [], Identity = Identity.Anonymous, RequestId = "one" };
            using var exchange = new HttpExchange(request, long.MaxValue);
            var function = new FunctionDefinition(new FunctionPath("m", "httpCells"), FunctionKind.HttpAction, FunctionVisibility.Public, ModuleEnvironment.Isolate, Validator.Any, null);
            var result = await _node.Runner.InvokeAsync(
                new Invocation
                {
                    Function = function,
                    Code = code,
                    Arguments = ReadOnlyMemory<byte>.Empty,
                    InvocationId = "http",
                    StartMilliseconds = Now,
                    Seed = RunnerFixture.Seed(seed),
                    Scope = new FakeScope(),
                    Http = exchange,
                },
                TestContext.Current.CancellationToken);
            Assert.Null(result.Error?.FullText);
            await exchange.EndAsync();
            var body = new StringBuilder();
            await foreach (var part in exchange.ReadAsync())
            {
                if (part is HttpResponseBody piece) body.Append(Encoding.UTF8.GetString(piece.Bytes.Span));
            }

            return body.ToString();
        }

        private static bool IsPresent(string value)
        {
            var present = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            var times = JsonElement.Parse(value) is { ValueKind: JsonValueKind.Array } several ? several.EnumerateArray().Select(time => time.GetDouble()) : [JsonElement.Parse(value).GetDouble()];
            return times.All(time => Math.Abs(time - present) < 300_000);
        }
    }
}
