using Fresnel.Conformance.Cli;
using Fresnel.Conformance.Clients;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.HttpActions;

/// <summary>A server with an app whose HTTP actions the tests call. One per test class.</summary>
public sealed class HttpActionApp : IAsyncLifetime
{
    private const string Http = """
        import { httpRouter } from "convex/server";
        import { ConvexError } from "convex/values";
        import { httpAction } from "./_generated/server";
        import { internal } from "./_generated/api";

        const http = httpRouter();
        const text = (body: string | null, init?: ResponseInit) => httpAction(async () => new Response(body, init));

        // A reply that is streamed and written down at the same time. The model says its next word when it is asked for it.
        http.route({
          path: "/reply", method: "POST",
          handler: httpAction(async (ctx, request) => {
            const { id, model } = await request.json();
            const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
            const write = async () => {
              const writer = writable.getWriter(), encoder = new TextEncoder();
              let reads = true;
              for (let number = 0; number < 4; number++) {
                const word = await (await fetch(`${model}?word=${number}`)).text();
                await ctx.runMutation(internal.notes.append, { id, text: word });
                if (reads) await writer.write(encoder.encode(word)).catch(() => { reads = false; });
              }
              await writer.close().catch(() => {});
            };
            void write();
            return new Response(readable, { headers: { "Content-Type": "text/plain" } });
          }),
        });
        http.route({
          path: "/webhook", method: "POST",
          handler: httpAction(async (ctx, request) => {
            const body = await request.text();
            const key = await crypto.subtle.importKey("raw", new TextEncoder().encode("whsec_test"), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
            const signature = Uint8Array.from(atob(request.headers.get("X-Signature") ?? ""), (character) => character.charCodeAt(0));
            if (!(await crypto.subtle.verify("HMAC", key, signature, new TextEncoder().encode(body)))) return new Response("bad signature", { status: 401 });
            await ctx.runMutation(internal.notes.append, { id: "webhook", text: JSON.parse(body).event });
            return new Response(null, { status: 204 });
          }),
        });
        http.route({
          path: "/echo", method: "POST",
          handler: httpAction(async (_, request) => new Response(request.body, { status: 202, headers: { "Content-Type": request.headers.get("Content-Type") ?? "none" } })),
        });
        http.route({
          path: "/describe", method: "GET",
          handler: httpAction(async (ctx, request) => Response.json({
            url: request.url, header: request.headers.get("X-Test"), identity: await ctx.auth.getUserIdentity(), note: await ctx.runQuery(internal.notes.read, { id: "none" }), site: process.env.CONVEX_SITE_URL,
          })),
        });
        http.route({ path: "/exact", method: "GET", handler: text("exact") });
        http.route({ path: "/exact/", method: "GET", handler: text("exact with a slash") });
        http.route({ pathPrefix: "/deep/", method: "GET", handler: text("deep") });
        http.route({ pathPrefix: "/deep/deeper/", method: "GET", handler: text("deeper") });
        http.route({ path: "/deep/deeper/exact", method: "GET", handler: text("deepest") });
        http.route({ pathPrefix: "/seen/", method: "GET", handler: httpAction(async (_, request) => new Response(request.url)) });
        http.route({ path: "/cookies", method: "GET", handler: httpAction(async () => new Response("cookies", { status: 418, headers: [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"], ["X-Custom", "yes"]] })) });
        http.route({ path: "/cors", method: "OPTIONS", handler: text(null, { status: 204, headers: { "Access-Control-Allow-Origin": "https://app.test", "Access-Control-Allow-Methods": "POST" } }) });
        http.route({ path: "/throws", method: "GET", handler: httpAction(async () => { throw new Error("on purpose"); }) });
        http.route({ path: "/refuses", method: "GET", handler: httpAction(async () => { throw new ConvexError({ code: 7 }); }) });
        http.route({ path: "/nothing", method: "GET", handler: httpAction(async () => undefined as never) });
        http.route({
          path: "/breaks", method: "GET",
          handler: httpAction(async () => new Response(new ReadableStream({
            async pull(controller) { controller.enqueue(new TextEncoder().encode("half")); await new Promise((next) => setTimeout(next, 20)); controller.error(new Error("broke")); },
          }, { highWaterMark: 0 }))),
        });
        http.route({
          path: "/endless", method: "GET",
          handler: httpAction(async (ctx) => new Response(new ReadableStream({
            pull(controller) { controller.enqueue(new Uint8Array(1 << 20)); },
          }, { highWaterMark: 0 }))),
        });
        http.route({
          path: "/leave", method: "GET",
          handler: httpAction(async (ctx, request) => {
            await new Promise((left) => request.signal.addEventListener("abort", left));
            await ctx.runMutation(internal.notes.append, { id: "leave", text: "noticed" });
            return new Response("to nobody");
          }),
        });
        export default http;
        """;

    private const string Notes = """
        import { internalMutation, internalQuery, query } from "./_generated/server";
        import { v } from "convex/values";
        const find = async (ctx: any, id: string) => (await ctx.db.query("notes").collect()).find((note: any) => note.id === id);
        export const append = internalMutation({
          args: { id: v.string(), text: v.string() },
          handler: async (ctx, { id, text }) => {
            const note = await find(ctx, id);
            if (note) await ctx.db.patch(note._id, { text: note.text + text });
            else await ctx.db.insert("notes", { id, text });
          },
        });
        export const read = internalQuery({ args: { id: v.string() }, handler: async (ctx, { id }): Promise<string> => (await find(ctx, id))?.text ?? "" });
        export const shown = query({ args: { id: v.string() }, handler: async (ctx, { id }): Promise<string> => (await find(ctx, id))?.text ?? "" });
        """;

    public CliHost Host { get; } = new();

    private ConvexProject Project { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Host.InitializeAsync();
        Project = await ConvexProject.CreateAsync([("convex/http.ts", Http), ("convex/notes.ts", Notes)]);
        await Host.PushAsync(Project);
    }

    /// <summary>Runs a program to its end; <c>site</c> is where HTTP actions are.</summary>
    internal async Task RunAsync(string program)
    {
        await using var script = ClientScript.Start(Project, $"{ClientApp.Prologue}const site = \"{Host.Host.SiteUrl}\";\n{program}", Host.Url, Host.AdminKey);
        await script.SucceedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Project?.Dispose();
        await Host.DisposeAsync();
    }
}
