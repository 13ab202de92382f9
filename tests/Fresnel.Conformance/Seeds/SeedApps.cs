namespace Fresnel.Conformance.Seeds;

/// <summary>The apps that the user's blocks make, one per clashing <c>convex/ai.ts</c>.</summary>
internal static class SeedApps
{
    /// <summary>A thread whose messages are answered in the background: the minimal blueprint of the first document.</summary>
    public static SeedAppDefinition Blueprint { get; } = new("blueprint",
    [
        new("convex/messages.ts", "000 Minimal blueprint"),
        // The block leaves the model to three lines of comment. Here they are what they say, under the names that they say, in a module that can be called beside the block.
        new("convex/replies.ts", "000 Minimal blueprint", BlueprintSteps, text => text
            .Replace("    // fetch() to LLM, stream or batch, then:\n", BlueprintFetch, StringComparison.Ordinal)
            .Replace("    // await ctx.runMutation(internal.messages.appendAssistantChunk, {...})\n", "", StringComparison.Ordinal)
            .Replace("// await ctx.runMutation(internal.threads.updateSummary, {...})", "await ctx.runMutation(internal.threads.updateSummary, { threadId: args.threadId });", StringComparison.Ordinal)
            .Replace("internal.messages.", "internal.replies.", StringComparison.Ordinal)),
        new("convex/schema.ts", null, """
            import { defineSchema, defineTable } from "convex/server";
            import { v } from "convex/values";
            export default defineSchema({
              threads: defineTable({ title: v.string(), summary: v.optional(v.string()) }),
              messages: defineTable({ threadId: v.id("threads"), role: v.string(), content: v.string(), createdAt: v.number(), repliedTo: v.optional(v.id("messages")) })
                .index("by_thread", ["threadId"]).index("by_question", ["repliedTo"]),
            });
            """),
        new("convex/threads.ts", null, """
            import { internalMutation, mutation, query } from "./_generated/server";
            import { internal } from "./_generated/api";
            import { v } from "convex/values";
            export const create = mutation({ args: { title: v.string() }, handler: async (ctx, args) => await ctx.db.insert("threads", args) });
            export const said = query({
              args: { threadId: v.id("threads") },
              handler: async (ctx, { threadId }) => (await ctx.db.query("messages").withIndex("by_thread", (q) => q.eq("threadId", threadId)).collect()).map(({ role, content }) => `${role}: ${content}`),
            });
            export const summary = query({ args: { threadId: v.id("threads") }, handler: async (ctx, { threadId }) => (await ctx.db.get(threadId))?.summary ?? null });
            export const updateSummary = internalMutation({
              args: { threadId: v.id("threads") },
              handler: async (ctx, { threadId }) => {
                const count = (await ctx.db.query("messages").withIndex("by_thread", (q) => q.eq("threadId", threadId)).collect()).length;
                await ctx.db.patch(threadId, { summary: `${count} messages` });
              },
            });
            export const jobs = query({
              args: {},
              handler: async (ctx) => (await ctx.db.system.query("_scheduled_functions").collect()).map((job) => `${job.name} ${job.state.kind} ${Object.keys(job.args[0]).sort()}`),
            });
            export const sendAndFail = mutation({
              args: { threadId: v.id("threads"), content: v.string() },
              handler: async (ctx, { threadId, content }) => {
                const repliedTo = await ctx.db.insert("messages", { threadId, role: "user", content, createdAt: Date.now() });
                await ctx.scheduler.runAfter(0, internal.replies.generateAndSummarize, { threadId, repliedTo });
                throw new Error("changed my mind");
              },
            });
            """),
    ]);

    /// <summary>An action that a client calls and waits for, with the component that calls it; errors as values; variables everywhere.</summary>
    public static SeedAppDefinition Text { get; } = new("text",
    [
        new("convex/ai.ts", "002 Using OpenAI in Actions"),
        new("convex/safe.ts", "002 Error Handling for AI Calls"),
        new("convex/variables.ts", "002 Reading Environment Variables", """
            import { action, internalQuery, mutation, query } from "./_generated/server";
            import { internal } from "./_generated/api";
            const both = () => `${process.env.MY_API_KEY} at ${process.env.MY_SERVICE_URL}`;
            export const imported = query({ args: {}, handler: async () => `${apiKey} at ${baseUrl}` });
            export const inQuery = query({ args: {}, handler: async () => both() });
            export const inMutation = mutation({ args: {}, handler: async () => both() });
            export const inAction = action({ args: {}, handler: async (ctx): Promise<string[]> => [both(), await ctx.runQuery(internal.variables.inside)] });
            export const inside = internalQuery({ args: {}, handler: async () => both() });
            export const elsewhere = query({ args: {}, handler: async () => "no variable" });
            """),
        new("convex/http.ts", null, """
            import { httpRouter } from "convex/server";
            import { httpAction } from "./_generated/server";
            const http = httpRouter();
            http.route({ path: "/variables", method: "GET", handler: httpAction(async () => new Response(`${process.env.MY_API_KEY} at ${process.env.MY_SERVICE_URL}`)) });
            export default http;
            """),
        new("src/AIChat.tsx", "002 React Integration for AI Actions", "export { AIChat };"),
    ]);

    /// <summary>A conversation whose replies know what was said: context by an internal query, saved by an internal mutation, scheduled by a public one.</summary>
    /// <remarks><c>messages.ts</c> schedules the public action through <c>internal</c>, which types do not allow and the scheduler does; and the action's type depends on itself.</remarks>
    public static SeedAppDefinition Context { get; } = new("context",
    [
        new("convex/ai.ts", "002 Chat Completion with Context", """
            import { internalMutation } from "./_generated/server";
            export const saveResponse = internalMutation({
              args: { conversationId: v.id("conversations"), content: v.string() },
              handler: async (ctx, args) => { await ctx.db.insert("messages", { ...args, role: "assistant" }); },
            });
            """),
        new("convex/messages.ts", "002 Scheduling AI Responses"),
        new("convex/conversations.ts", null, """
            import { mutation, query } from "./_generated/server";
            import { v } from "convex/values";
            export const start = mutation({ args: {}, handler: async (ctx) => await ctx.db.insert("conversations", {}) });
            export const fill = mutation({
              args: { conversationId: v.id("conversations"), count: v.number() },
              handler: async (ctx, { conversationId, count }) => {
                for (let number = 0; number < count; number++) await ctx.db.insert("messages", { conversationId, role: "user", content: `message ${number}` });
              },
            });
            export const read = query({
              args: { conversationId: v.id("conversations") },
              handler: async (ctx, { conversationId }) =>
                (await ctx.db.query("messages").withIndex("by_conversation", (q) => q.eq("conversationId", conversationId)).collect()).map(({ role, content }) => `${role}: ${content}`),
            });
            export const jobs = query({
              args: {},
              handler: async (ctx) => (await ctx.db.system.query("_scheduled_functions").collect()).map((job) => `${job.name} ${job.state.kind}`),
            });
            """),
        new("convex/schema.ts", null, """
            import { defineSchema, defineTable } from "convex/server";
            import { v } from "convex/values";
            export default defineSchema({
              conversations: defineTable({}),
              messages: defineTable({ conversationId: v.id("conversations"), role: v.string(), content: v.string() }).index("by_conversation", ["conversationId"]),
            });
            """),
    ], IsTypechecked: false);

    /// <summary>An action that reads a document, asks the model, and writes the document; both helpers are in the same "use node" file.</summary>
    public static SeedAppDefinition Documents { get; } = new("documents",
    [
        new("convex/ai.ts", "002 Pattern: AI with Database Updates"),
        new("convex/documents.ts", null, """
            import { internalMutation, internalQuery, mutation, query } from "./_generated/server";
            import { internal } from "./_generated/api";
            import { v } from "convex/values";
            export const get = internalQuery({ args: { id: v.id("documents") }, handler: async (ctx, { id }) => await ctx.db.get(id) });
            export const updateSummary = internalMutation({ args: { id: v.id("documents"), summary: v.string() }, handler: async (ctx, { id, summary }) => { await ctx.db.patch(id, { summary }); } });
            export const add = mutation({
              args: { content: v.string() },
              handler: async (ctx, { content }) => {
                const documentId = await ctx.db.insert("documents", { content });
                await ctx.scheduler.runAfter(0, internal.ai.processWithAI, { documentId });
                return documentId;
              },
            });
            export const read = query({ args: { id: v.id("documents") }, handler: async (ctx, { id }) => (await ctx.db.get(id))?.summary ?? null });
            export const rewrite = mutation({
              args: { id: v.id("documents"), summary: v.string() },
              handler: async (ctx, args) => { await ctx.runMutation(internal.ai.updateSummary, args); },
            });
            """),
        new("convex/schema.ts", null, """
            import { defineSchema, defineTable } from "convex/server";
            import { v } from "convex/values";
            export default defineSchema({ documents: defineTable({ content: v.string(), summary: v.optional(v.string()) }) });
            """),
    ]);

    /// <summary>The <c>openai</c> package in the default runtime, with the variables of Chef; and streaming there, which is ours.</summary>
    public static SeedAppDefinition Chef { get; } = new("chef",
    [
        new("convex/ai.ts", "002 Bundled OpenAI (Chef Environment)"),
        new("convex/stream.ts", null, """
            import { action, internalMutation, query } from "./_generated/server";
            import { internal } from "./_generated/api";
            import { v } from "convex/values";
            import OpenAI from "openai";
            const openai = new OpenAI({ baseURL: process.env.CONVEX_OPENAI_BASE_URL, apiKey: process.env.CONVEX_OPENAI_API_KEY, maxRetries: 0 });
            export const write = action({
              args: { prompt: v.string() },
              handler: async (ctx, { prompt }): Promise<number> => {
                const parts = await openai.chat.completions.create({ model: "gpt-4.1-nano", messages: [{ role: "user", content: prompt }], stream: true });
                let count = 0;
                for await (const part of parts) {
                  const text = part.choices[0]?.delta.content ?? "";
                  if (text === "") continue;
                  count++;
                  await ctx.runMutation(internal.stream.append, { prompt, text });
                }
                return count;
              },
            });
            export const append = internalMutation({
              args: { prompt: v.string(), text: v.string() },
              handler: async (ctx, { prompt, text }) => {
                const reply = (await ctx.db.query("replies").collect()).find((one) => one.prompt === prompt);
                if (reply === undefined) await ctx.db.insert("replies", { prompt, text });
                else await ctx.db.patch(reply._id, { text: reply.text + text });
              },
            });
            export const read = query({ args: { prompt: v.string() }, handler: async (ctx, { prompt }) => (await ctx.db.query("replies").collect()).find((one) => one.prompt === prompt)?.text ?? "" });
            """),
        new("convex/schema.ts", null, """
            import { defineSchema, defineTable } from "convex/server";
            import { v } from "convex/values";
            export default defineSchema({ replies: defineTable({ prompt: v.string(), text: v.string() }) });
            """),
    ]);

    /// <summary>The rate limit as it is written: it uses names that it never imports, so it cannot load.</summary>
    public static SeedAppDefinition RateLimitAsWritten { get; } = new("rate limit as written", [new("convex/ai.ts", "002 Rate Limiting AI Calls"), .. RateLimitSurroundings], IsTypechecked: false);

    /// <summary>The rate limit with the smallest repair: the imports that it lacks, and a client of the model.</summary>
    public static SeedAppDefinition RateLimit { get; } = new("rate limit",
    [
        new("convex/ai.ts", "002 Rate Limiting AI Calls", """
            import { internalMutation, internalQuery } from "./_generated/server";
            import { internal } from "./_generated/api";
            import OpenAI from "openai";
            const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY, baseURL: process.env.OPENAI_BASE_URL });
            """),
        new("convex/clock.ts", null, """
            import { internalMutation } from "./_generated/server";
            export const passAMinute = internalMutation({
              args: {},
              handler: async (ctx) => { for (const request of await ctx.db.query("aiRequests").collect()) await ctx.db.patch(request._id, { timestamp: request.timestamp - 60_001 }); },
            });
            """),
        .. RateLimitSurroundings,
    ]);

    /// <summary>The quick reference: conversations with their messages, for the client that it sketches.</summary>
    public static SeedAppDefinition Conversation { get; } = new("conversation",
    [
        new("client.mjs", "001 Short Example (JS)"),
        new("convex/messages.ts", null, """
            import { mutation, query } from "./_generated/server";
            import { paginationOptsValidator } from "convex/server";
            import { v } from "convex/values";
            export const add = mutation({
              args: { conversationId: v.id("conversations"), userId: v.string(), text: v.string() },
              returns: v.id("messages"),
              handler: async (ctx, { conversationId, userId, text }) => {
                if (text.trim() === "") throw new Error("A message has words.");
                return await ctx.db.insert("messages", { conversationId, userId, text, number: (await ctx.db.query("messages").collect()).length });
              },
            });
            export const start = mutation({ args: {}, returns: v.id("conversations"), handler: async (ctx) => await ctx.db.insert("conversations", {}) });
            const shown = v.object({ userId: v.string(), text: v.string() });
            export const forConversation = query({
              args: { conversationId: v.id("conversations") },
              returns: v.array(shown),
              handler: async (ctx, { conversationId }) =>
                (await ctx.db.query("messages").withIndex("by_conversation", (q) => q.eq("conversationId", conversationId)).collect()).map(({ userId, text }) => ({ userId, text })),
            });
            export const after = query({
              args: { conversationId: v.id("conversations"), number: v.number() },
              handler: async (ctx, { conversationId, number }) =>
                (await ctx.db.query("messages").withIndex("by_conversation", (q) => q.eq("conversationId", conversationId).gt("number", number)).order("desc").take(50)).map(({ text }) => text),
            });
            export const page = query({
              args: { conversationId: v.id("conversations"), paginationOpts: paginationOptsValidator },
              handler: async (ctx, { conversationId, paginationOpts }) =>
                await ctx.db.query("messages").withIndex("by_conversation", (q) => q.eq("conversationId", conversationId)).paginate(paginationOpts),
            });
            export const wrong = query({ args: {}, returns: v.array(shown), handler: async (ctx) => (await ctx.db.query("messages").take(1)) as never });
            """),
        new("convex/schema.ts", null, """
            import { defineSchema, defineTable } from "convex/server";
            import { v } from "convex/values";
            export default defineSchema({
              conversations: defineTable({}),
              messages: defineTable({ conversationId: v.id("conversations"), userId: v.string(), text: v.string(), number: v.number() }).index("by_conversation", ["conversationId", "number"]),
            });
            """),
    ]);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SeedAppDefinition> All { get; } = [Blueprint, Text, Context, Documents, Chef, RateLimitAsWritten, RateLimit, Conversation];

    /// <summary>The model's words, read with <c>fetch</c> alone from its event stream, each written as it comes.</summary>
    private const string BlueprintFetch = """
            const response = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
              method: "POST",
              headers: { Authorization: `Bearer ${process.env.OPENAI_API_KEY}`, "Content-Type": "application/json" },
              body: JSON.stringify({ model: "gpt-4o-mini", stream: true, messages: [{ role: "user", content: await ctx.runQuery(internal.messages.question, args) }] }),
            });
            let rest = "";
            for await (const bytes of response.body!.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
              const events = (rest + bytes).split("\n\n");
              rest = events.pop()!;
              for (const event of events) {
                const text = event === "data: [DONE]" ? "" : (JSON.parse(event.slice("data: ".length)).choices[0].delta.content ?? "");
                if (text !== "") await ctx.runMutation(internal.messages.appendAssistantChunk, { ...args, text });
              }
            }

        """;

    /// <summary>The functions that the comments of the block name, and what they need.</summary>
    private const string BlueprintSteps = """
        import { internalMutation, internalQuery } from "./_generated/server";
        export const question = internalQuery({
          args: { threadId: v.id("threads"), repliedTo: v.id("messages") },
          returns: v.string(),
          handler: async (ctx, { repliedTo }) => (await ctx.db.get(repliedTo))!.content,
        });
        export const appendAssistantChunk = internalMutation({
          args: { threadId: v.id("threads"), repliedTo: v.id("messages"), text: v.string() },
          handler: async (ctx, { threadId, repliedTo, text }) => {
            const reply = await ctx.db.query("messages").withIndex("by_question", (q) => q.eq("repliedTo", repliedTo)).unique();
            if (reply === null) await ctx.db.insert("messages", { threadId, repliedTo, role: "assistant", content: text, createdAt: Date.now() });
            else await ctx.db.patch(reply._id, { content: reply.content + text });
          },
        });
        """;

    private static IReadOnlyList<SeedFile> RateLimitSurroundings =>
    [
        new("convex/schema.ts", null, """
            import { defineSchema, defineTable } from "convex/server";
            import { v } from "convex/values";
            export default defineSchema({ aiRequests: defineTable({ userId: v.string(), timestamp: v.number() }).index("by_user_and_time", ["userId", "timestamp"]) });
            """),
        new("convex/auth.config.ts", null, """
            export default { providers: [{ type: "customJwt", issuer: "https://issuer.test", jwks: process.env.ISSUER_JWKS!, algorithm: "ES256" }] };
            """),
    ];
}
